//! Breaks a market part by part while people trade in it, and counts what it lost. `scripts/chaos` of the checkout calls it.

pub mod client;
pub mod compare;
pub mod door;
pub mod fault;
pub mod injury;
pub mod ledger;
pub mod market;
pub mod metrics;
pub mod observe;
pub mod options;
pub mod picture;
pub mod quiet;
pub mod record;
pub mod report;
pub mod run;
pub mod seen;
pub mod trader;

pub use options::Options;

/// What went wrong, for people.
pub type Fault = Box<dyn std::error::Error + Send + Sync>;
/// What can go wrong.
pub type Result<T> = std::result::Result<T, Fault>;
