//! The supervisors of the connections: from the first attempt to the close.

mod subscriber;
pub(super) mod supervisor;
mod verification;

pub(super) use subscriber::Subscriber;
