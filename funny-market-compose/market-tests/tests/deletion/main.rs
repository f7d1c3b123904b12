//! An account is deleted while parts of the market are stopped or killed: nothing of it is left, and nothing is done twice.
#![expect(clippy::unwrap_used, reason = "a test stops where the market does not keep its word")]

mod in_flight;
mod killed;
mod scene;
mod stopped;
mod witness;
