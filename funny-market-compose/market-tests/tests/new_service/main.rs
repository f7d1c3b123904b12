//! A repository made by scripts/new-service: built alone, run in the market, called, and seen leaving.
#![expect(clippy::unwrap_used, reason = "a test stops where the market does not keep its word")]

mod life;
mod newcomer;
