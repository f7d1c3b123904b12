//! fm-profile on the bus of a test.
#![expect(clippy::unwrap_used, reason = "a test that is wired wrongly must stop")]

mod accounts;
mod administration;
mod bad_input;
mod contracts;
mod conversations;
mod crashes;
mod deletion;
mod favourites;
mod mail;
mod market;
mod profiles;
mod reports;
mod revocation;
mod schemas;
mod searches;
mod secrets;
mod sessions;
mod smtp;
mod text;
mod throttling;

pub use market::{Market, PASSWORD, Person};
