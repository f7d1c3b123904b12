use super::{
    super::{connection::session_events::SessionEvents, publish::publisher::Publisher},
    in_flight::InFlight,
    mailbox::Mailbox,
};
use crate::bus::transport::{Audience, Retry};
use std::sync::Arc;
use tokio::{runtime::Handle, sync::watch};

/// One queue that one worker consumes from in one session.
pub(in super::super) struct Subscription {
    pub service: String,
    pub audience: Audience,
    pub queue: String,
    pub retry: Retry,
    /// Stores the copies of messages that failed.
    pub publisher: Arc<Publisher>,
    pub mailbox: Arc<Mailbox>,
    pub in_flight: Arc<InFlight>,
    pub stopping: watch::Receiver<bool>,
    pub events: SessionEvents,
    /// Where copies are stored and waits end: they outlive a worker.
    pub runtime: Handle,
}
