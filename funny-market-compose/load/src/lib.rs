//! Buyers and sellers who use a market for as long as somebody wants: they come at a rate whatever the answers do, think between two
//! clicks, and do the same in the same order for the same seed. `scripts/load` of the checkout calls it.

mod action;
mod load;
mod people;
mod plan;
mod record;
mod report;
mod visitor;

pub use action::Action;
pub use load::{Load, Settings};
pub use people::clean;
pub use plan::{Plan, Session, Step, Who};
pub use report::{Line, Report};
