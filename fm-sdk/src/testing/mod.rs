//! What tests need: real servers of their own, and suites that hold any implementation of a seam against its promises.

pub mod conformance;
pub mod crash;
pub mod identities;
pub mod servers;

pub use identities::TestIdentities;
