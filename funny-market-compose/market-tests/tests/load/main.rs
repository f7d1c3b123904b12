//! The load generator beside nothing else.
#![expect(clippy::unwrap_used, reason = "a test stops where the market does not keep its word")]

mod generator;
