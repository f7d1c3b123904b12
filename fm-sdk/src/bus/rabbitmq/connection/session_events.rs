use std::sync::Arc;

/// What the supervisor of a session is told by those who work in it.
pub(in super::super) enum SessionEvent {
    /// The session cannot go on; without a reason the connection was lost, and closing it tells why.
    Ended(Option<String>),
    /// Messages that waited can be sent.
    Flush,
}

/// Tells the supervisor of one session.
#[derive(Clone)]
pub(in super::super) struct SessionEvents {
    /// Grows with every connection.
    pub session: u64,
    tell: Arc<dyn Fn(SessionEvent) + Send + Sync>,
}

impl SessionEvents {
    pub fn new(session: u64, tell: impl Fn(SessionEvent) + Send + Sync + 'static) -> Self {
        SessionEvents { session, tell: Arc::new(tell) }
    }
    pub fn ended(&self, why: impl Into<Option<String>>) {
        (self.tell)(SessionEvent::Ended(why.into()));
    }
    pub fn flush(&self) {
        (self.tell)(SessionEvent::Flush);
    }
}
