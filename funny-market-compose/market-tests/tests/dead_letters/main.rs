//! Messages that fm-tracker cannot handle become dead letters, are looked at, replayed and dropped.
#![expect(clippy::unwrap_used, reason = "a test stops where the market does not keep its word")]

mod broker;
mod example;
mod hostile;
mod tracker;
