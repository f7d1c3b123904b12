use super::{RabbitMq, connection::address};
use crate::{Result, tls::TlsFiles};
use std::time::Duration;

/// How the broker keeps a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueKind {
    /// Replicated over the nodes of a cluster, on disk (Raft).
    Quorum,
    /// On one node.
    Classic,
}

/// Settings of [`RabbitMq`]. All services that share a virtual host need the same queue kinds.
#[derive(Clone, Debug)]
pub struct Options {
    pub(super) urls: String,
    pub(super) tls: TlsFiles,
    pub(super) name: String,
    pub(super) queues: QueueKind,
    pub(super) calls: QueueKind,
    pub(super) publish_within: Duration,
}

impl Options {
    /// Starts from the defaults: durable queues are quorum queues, the queues of calls are classic and transient.
    pub fn new(urls: impl Into<String>) -> Self {
        Options {
            urls: urls.into(),
            tls: TlsFiles::default(),
            name: format!("fm-sdk/{}", std::process::id()),
            queues: QueueKind::Quorum,
            calls: QueueKind::Classic,
            publish_within: Duration::from_secs(10),
        }
    }
    /// Names the connections as the operators of the broker see them; `service/instance` is a good name.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }
    /// Sets whom `amqps://` trusts and what it shows.
    #[must_use]
    pub fn tls(mut self, files: TlsFiles) -> Self {
        self.tls = files;
        self
    }
    /// Sets the kind of the durable queues: events, commands, dead letters, delays.
    #[must_use]
    pub fn queues(mut self, kind: QueueKind) -> Self {
        self.queues = kind;
        self
    }
    /// Sets the kind of the queues of calls: quorum lets calls survive the loss of a node of a cluster, and costs some milliseconds.
    #[must_use]
    pub fn calls(mut self, kind: QueueKind) -> Self {
        self.calls = kind;
        self
    }
    /// Sets how long a publish waits for the broker's confirmation, reconnects included, before it fails with `Unavailable`. 10 s.
    #[must_use]
    pub fn publish_within(mut self, time: Duration) -> Self {
        self.publish_within = time;
        self
    }
    /// Starts to connect, in the background, again and again.
    ///
    /// # Errors
    /// An address is not one, or a file for TLS cannot be used.
    pub fn connect(self) -> Result<RabbitMq> {
        RabbitMq::start(address::parse(&self.urls, &self.tls)?, self)
    }
}
