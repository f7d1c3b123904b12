//! fm-profile on the bus of a test.

mod accounts;
mod administration;
mod bad_input;
mod crashes;
mod deletion;
mod market;
mod profiles;
mod revocation;
mod secrets;
mod sessions;
mod throttling;

pub use market::{Market, PASSWORD, Person};
