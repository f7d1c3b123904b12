//! Breaks a market part by part while people trade in it, and counts what it lost. `scripts/chaos` of the checkout calls it.

pub mod compare;
pub mod fault;
pub mod injection;
pub mod ledger;
pub mod metrics;
pub mod observe;
pub mod options;
pub mod quiet;
pub mod record;
pub mod report;
pub mod run;
pub mod seen;
pub mod trader;

pub use options::Options;

pub use market::Result;

use market::Caller;
use std::time::Duration;

/// How long one attempt may take; the gateway waits longer.
const ATTEMPT: Duration = Duration::from_secs(8);

/// Calls a port of this machine, over kept connections.
pub fn caller(port: u16) -> Caller {
    Caller::new(format!("http://127.0.0.1:{port}")).keep_alive(ATTEMPT)
}
