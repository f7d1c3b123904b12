//! Real servers for tests, and the suites that every back end of fm-sdk passes.
//!
//! Most tests of a service need neither: `fm_sdk::testing::MockBus` runs it without a broker.
#![forbid(unsafe_code)]

pub mod conformance;
pub mod servers;

// The macros of the suites name them.
#[doc(hidden)]
pub use fm_sdk;
