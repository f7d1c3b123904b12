//! Services that start before what they need.
#![expect(clippy::unwrap_used, reason = "a test stops where the market does not keep its word")]

mod late;
