use super::{
    super::{connection::session_events::SessionEvents, publish::publisher::Publisher},
    in_flight::InFlight,
    mailbox::Mailbox,
};
use crate::{
    Envelope,
    bus::transport::{Audience, Consume},
};
use std::{sync::Arc, time::Duration};
use tokio::{runtime::Handle, sync::watch};

/// One queue that one worker consumes from in one session.
pub(in super::super) struct Subscription {
    pub what: Arc<Consume>,
    pub audience: Audience,
    pub queue: String,
    /// Stores the copies of messages that failed.
    pub publisher: Arc<Publisher>,
    pub mailbox: Arc<Mailbox>,
    pub in_flight: Arc<InFlight>,
    pub stopping: watch::Receiver<bool>,
    pub events: SessionEvents,
    /// Where copies are stored and waits end: they outlive a worker.
    pub runtime: Handle,
}

impl Subscription {
    /// The wait before the next attempt; `None` when they are used up.
    pub(super) fn wait(&self, failed: &Envelope) -> Option<Duration> {
        self.what.retry_of(self.audience, &failed.name).after(failed.attempt)
    }
}
