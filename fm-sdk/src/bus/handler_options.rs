//! What a handler may want otherwise than the rest of its service: tries, waits, messages at once, time.

use std::time::Duration;

/// Waits between attempts; when they are used up the message becomes a dead letter.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Retry {
    /// Tries in all, the first one included.
    pub attempts: u32,
    /// The wait after the n-th failed try; the last one repeats.
    pub waits: Vec<Duration>,
}
impl Retry {
    /// How often a service tries a message unless it is told otherwise, the first attempt included; in production and in a `MockBus`.
    pub const ATTEMPTS: u32 = 6;
}
impl Default for Retry {
    /// Six tries: after 1 s, 10 s, 10 s, 1 min, 10 min.
    fn default() -> Self {
        let s = Duration::from_secs;
        Retry { attempts: Retry::ATTEMPTS, waits: vec![s(1), s(10), s(10), s(60), s(600)] }
    }
}
impl Retry {
    /// The wait after the given failed attempt (1 = first); `None` when the tries are used up.
    pub fn after(&self, attempt: u32) -> Option<Duration> {
        if attempt >= self.attempts {
            return None;
        }
        let i = (attempt.max(1) as usize - 1).min(self.waits.len().saturating_sub(1));
        Some(self.waits.get(i).copied().unwrap_or(Duration::from_secs(1)))
    }
}

/// What one handler of a service wants otherwise than the rest; `docs/handlers.md` tells all of it.
///
/// ```
/// # use fm_sdk::{Cx, Handled, HandlerOptions, Reply, Service, messages};
/// # use std::time::Duration;
/// messages! {
///     event "car.listed" from "fm-cars" CarListed { car: String }
///     command "fm-mail/send" from any SendMail { to: String }
/// }
/// async fn index(m: CarListed, cx: Cx<()>) -> Handled { Ok(()) }
/// async fn send(m: SendMail, cx: Cx<()>) -> Handled { Ok(()) }
///
/// // The mail server is slow, wants one connection, and may be unreachable for an hour.
/// let mail = HandlerOptions::new()
///     .concurrency(1)
///     .timeout(Duration::from_secs(20))
///     .attempts(8)
///     .backoff([Duration::from_secs(5), Duration::from_secs(60), Duration::from_secs(600)]);
/// let service = Service::new("fm-mail", ()).on(index).command_with(mail, send);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[must_use = "options do nothing until a handler has them"]
pub struct HandlerOptions {
    pub(crate) attempts: Option<u32>,
    pub(crate) backoff: Option<Vec<Duration>>,
    pub(crate) prefetch: Option<u16>,
    pub(crate) concurrency: Option<u16>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) snapshot: bool,
    pub(crate) batch_size: Option<u16>,
    pub(crate) batch_wait: Option<Duration>,
}

impl HandlerOptions {
    /// The most attempts that a handler may have.
    pub const MAX_ATTEMPTS: u32 = 100;
    /// The longest wait between two attempts.
    pub const MAX_WAIT: Duration = Duration::from_secs(24 * 3600);
    /// The most messages in flight per worker.
    pub const MAX_PREFETCH: u16 = 256;
    /// The longest that a batch may wait to be full: a service that stops waits for it.
    pub const MAX_BATCH_WAIT: Duration = Duration::from_secs(10);
    const BATCH_SIZE: u16 = 100;
    const BATCH_WAIT: Duration = Duration::from_millis(100);

    /// Starts from what the rest of the service has.
    pub fn new() -> Self {
        HandlerOptions::default()
    }
    /// Tries a message this often, the first attempt included; 1 never tries again. Up to [`HandlerOptions::MAX_ATTEMPTS`].
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = Some(attempts);
        self
    }
    /// Waits this long after the first failed attempt, the second one and so on; the last wait repeats. Up to [`HandlerOptions::MAX_WAIT`]
    /// each.
    ///
    /// RabbitMQ gets a delay queue for each distinct wait, which stays and is shared by all services, so take round numbers.
    pub fn backoff(mut self, waits: impl Into<Vec<Duration>>) -> Self {
        self.backoff = Some(waits.into());
        self
    }
    /// Lets this many messages be in flight per worker, up to [`HandlerOptions::MAX_PREFETCH`]. All handlers of one kind (events, commands,
    /// calls) share a queue: the largest number that one of them asks for counts.
    pub fn prefetch(mut self, messages: u16) -> Self {
        self.prefetch = Some(messages);
        self
    }
    /// Handles this many messages at once on an instance. The next ones wait in it and count as in flight, so a slow handler can hold up
    /// others of its queue: raise [`HandlerOptions::prefetch`] then.
    pub fn concurrency(mut self, messages: u16) -> Self {
        self.concurrency = Some(messages);
        self
    }
    /// Cuts an attempt off after this time: it failed, with the code `handler-timeout`, and is tried again as others are. What the handler
    /// calls inherits what remains of it. The wait for [`HandlerOptions::concurrency`] does not count.
    pub fn timeout(mut self, time: Duration) -> Self {
        self.timeout = Some(time);
        self
    }

    /// Takes a snapshot of what the event is about before the first live event is handled: its owner serves it with
    /// [`Service::snapshot`](crate::Service::snapshot). For handlers of [`Service::on_with`](crate::Service::on_with), of events with one
    /// declared sender; `docs/snapshots.md` tells all of it.
    pub fn snapshot(mut self) -> Self {
        self.snapshot = true;
        self
    }

    /// Takes at most this many messages at once (100 if not set), 1 to [`HandlerOptions::MAX_PREFETCH`]: for handlers of batches
    /// ([`Service::on_batch_with`](crate::Service::on_batch_with)). As many are in flight per worker at least.
    pub fn batch_size(mut self, messages: u16) -> Self {
        self.batch_size = Some(messages);
        self
    }
    /// Waits at most this long for a batch to be full, from its first message on (100 ms if not set), up to [`HandlerOptions::MAX_BATCH_WAIT`].
    pub fn batch_wait(mut self, time: Duration) -> Self {
        self.batch_wait = Some(time);
        self
    }

    /// How many messages a batch has at most, and how long it waits for them.
    pub(crate) fn batch(&self) -> (u16, Duration) {
        (self.batch_size.unwrap_or(Self::BATCH_SIZE), self.batch_wait.unwrap_or(Self::BATCH_WAIT))
    }
    /// Whether it says anything about batches.
    pub(crate) fn has_batch(&self) -> bool {
        self.batch_size.is_some() || self.batch_wait.is_some()
    }

    /// What follows a failed attempt, where the rest of the service does this.
    pub fn retry(&self, rest: &Retry) -> Retry {
        Retry { attempts: self.attempts.unwrap_or(rest.attempts), waits: self.backoff.clone().unwrap_or_else(|| rest.waits.clone()) }
    }

    /// What cannot be meant.
    pub(crate) fn fault(&self) -> Option<&'static str> {
        if self.attempts.is_some_and(|n| n == 0 || n > Self::MAX_ATTEMPTS) {
            return Some("has attempts out of 1..=100");
        }
        if self.backoff.as_ref().is_some_and(|waits| waits.is_empty() || waits.iter().any(|w| w.as_millis() == 0 || *w > Self::MAX_WAIT)) {
            return Some("has no backoff, or a wait out of 1ms..=24h");
        }
        if self.prefetch.is_some_and(|n| n == 0 || n > Self::MAX_PREFETCH) {
            return Some("has a prefetch out of 1..=256");
        }
        if self.batch_size.is_some_and(|n| n == 0 || n > Self::MAX_PREFETCH) {
            return Some("has a batch size out of 1..=256");
        }
        if self.batch_wait.is_some_and(|t| t > Self::MAX_BATCH_WAIT) {
            return Some("has a batch wait of more than 10s");
        }
        if self.concurrency == Some(0) {
            return Some("has a concurrency of 0");
        }
        self.timeout.is_some_and(|t| t.is_zero()).then_some("has a timeout of 0")
    }
}
