//! Sending: confirmed publishes, and calls with their replies.

pub(super) mod calls;
pub(super) mod outgoing;
pub(super) mod publisher;
pub(super) mod session;
mod unconfirmed;
