//! Suites written once and run against every implementation of a back end.

#[expect(clippy::expect_used, reason = "a case that cannot go on fails, and says where")]
pub mod bus;
#[expect(clippy::expect_used, reason = "a case that cannot go on fails, and says where")]
pub mod registry;
#[expect(clippy::expect_used, reason = "a case that cannot go on fails, and says where")]
pub mod service;
#[expect(clippy::expect_used, reason = "a case that cannot go on fails, and says where")]
pub mod store;
