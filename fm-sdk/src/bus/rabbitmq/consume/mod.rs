//! Receiving: the loop of a worker that owns its channel, and what becomes of a message after its handler.

mod delivery;
pub(super) mod dispatcher;
pub(super) mod in_flight;
pub(super) mod mailbox;
mod outcome;
pub(super) mod subscription;
