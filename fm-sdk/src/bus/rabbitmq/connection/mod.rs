//! Connections to the broker: how they are opened, watched and opened again.

pub(super) mod address;
pub(super) mod dialer;
pub(super) mod link;
pub(super) mod session_events;
pub(super) mod signals;
mod socket;
pub(super) mod state;
mod stream;
pub(super) mod timeout_guard;
mod utf8;
