//! What tests need: real servers of their own, and suites that hold any implementation of a seam against its promises.

mod clock;
pub mod conformance;
mod eventually;
pub mod identities;
#[expect(clippy::expect_used, reason = "a test that is wired wrongly must stop")]
mod mock_bus;
mod openapi;
pub mod servers;

pub use crate::store::crash;
pub use clock::FakeClock;
pub use eventually::eventually;
pub use identities::TestIdentities;
pub use mock_bus::{HttpReply, MockBus, Published, Settled};
pub use openapi::assert_routes_are_described;
