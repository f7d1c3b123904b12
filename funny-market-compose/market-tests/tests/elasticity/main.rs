//! Instances come, go and die under load.
#![expect(clippy::unwrap_used, reason = "a test stops where the market does not keep its word")]

mod instances;
