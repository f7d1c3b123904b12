//! The market as a whole. One file per case; see README.md for how they run.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where the market does not keep its word")]

mod api;
mod bad_input;
mod health;
mod journey;
mod live;
mod pictures;
mod tour;
mod traces;
mod uploads;
