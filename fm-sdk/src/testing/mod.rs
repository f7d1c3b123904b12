//! What the tests of a service need: [`MockBus`] runs it without a broker, [`FakeClock`] turns its time, [`TestIdentities`] sign its users in,
//! [`Contracts`] replay what its consumers read.
//!
//! Real servers, and the suites for back ends of others, are in the crate `fm-sdk-testing`.

mod clock;
mod contracts;
mod eventually;
pub mod identities;
#[expect(clippy::expect_used, reason = "a test that is wired wrongly must stop")]
mod mock_bus;
mod openapi;
mod schemas;

pub use crate::store::crash;
pub use clock::FakeClock;
pub use contracts::{Contracts, RecordedRequest};
pub use eventually::eventually;
pub use identities::TestIdentities;
pub use mock_bus::{Delivered, HttpReply, MockBus, Published};
pub use openapi::assert_routes_are_described;
