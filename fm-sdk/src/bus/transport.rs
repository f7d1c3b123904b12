//! The back end of the bus. RabbitMQ and the in-process transport implement it; the suite of `fm-sdk-testing` checks any other.

pub use super::handler_options::{HandlerOptions, Retry};

use crate::{BoxFuture, ConnectionState, Envelope, Error, Fault, Kind, Result};
use actix_rt::ArbiterHandle;
use serde::{Deserialize, Serialize};
use std::{collections::HashSet, fmt, future::Future, sync::Arc, time::Duration};
use tokio::{sync::oneshot, time::Instant};

/// The code of a message that the broker did not take: a queue that it goes to is full. Other queues may have it.
pub const REFUSED: &str = "bus-refused";

/// How a subscriber wants a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Audience {
    /// An event, to one instance of this service, at least once.
    Service,
    /// An event, to every instance that is up; not kept for those that are unreachable.
    EachInstance,
    /// A command that this service owns.
    Command,
    /// A call that this service answers.
    Call,
}
impl Audience {
    /// The value of the label `audience` of metrics.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Audience::Service => "service",
            Audience::EachInstance => "instance",
            Audience::Command => "command",
            Audience::Call => "call",
        }
    }
}

/// One name that a service listens to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Subscription {
    /// How it wants the message.
    pub audience: Audience,
    /// The message's name.
    pub name: &'static str,
    /// What its handler wants otherwise than the rest.
    pub options: HandlerOptions,
}
impl Subscription {
    /// Listens to a message name.
    pub fn new(audience: Audience, name: &'static str) -> Self {
        Subscription { audience, name, options: HandlerOptions::new() }
    }
    /// Sets what its handler wants otherwise than the rest.
    #[must_use]
    pub fn with(mut self, options: HandlerOptions) -> Self {
        self.options = options;
        self
    }
}

/// What a service wants from the transport.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Consume {
    /// The service's name; its instances share queues of this name.
    pub service: String,
    /// This instance's name.
    pub instance: String,
    /// The names it listens to.
    pub subscriptions: Vec<Subscription>,
    /// Messages in flight per queue and worker, where no handler wants another number: see [`Consume::prefetch_of`].
    pub prefetch: u16,
    /// What follows a failed attempt, where the handler does not say: see [`Consume::retry_of`].
    pub retry: Retry,
}
impl Consume {
    /// Messages in flight per queue and worker unless told otherwise: few, so that a slow instance holds few that others could have done by now.
    pub const PREFETCH: u16 = 8;

    /// Subscribes one instance of a service, with the defaults of [`Retry`] and of [`Consume::PREFETCH`].
    pub fn new(service: impl Into<String>, instance: impl Into<String>, subscriptions: Vec<Subscription>) -> Self {
        let (service, instance) = (service.into(), instance.into());
        Consume { service, instance, subscriptions, prefetch: Consume::PREFETCH, retry: Retry::default() }
    }

    /// What follows a failed attempt at this message: what its handler says, else what the service does.
    pub fn retry_of(&self, audience: Audience, name: &str) -> Retry {
        let own = self.subscriptions.iter().find(|s| s.audience == audience && s.name == name);
        own.map_or_else(|| self.retry.clone(), |s| s.options.retry(&self.retry))
    }

    /// All waits between two attempts that there may be.
    pub fn waits(&self) -> impl Iterator<Item = Duration> {
        let own = self.subscriptions.iter().filter(|s| s.audience != Audience::Call).map(|s| s.options.retry(&self.retry));
        let retries: HashSet<Retry> = own.chain([self.retry.clone()]).collect();
        retries.into_iter().flat_map(|retry| (1..retry.attempts).filter_map(|n| retry.after(n)).collect::<Vec<_>>())
    }

    /// Messages in flight per worker of the queue that all handlers of this audience share: the largest number that one of them asks for, and
    /// [`Consume::prefetch`] if none does.
    pub fn prefetch_of(&self, audience: Audience) -> u16 {
        let asked = self.subscriptions.iter().filter(|s| s.audience == audience).filter_map(|s| s.options.prefetch);
        asked.max().unwrap_or(self.prefetch)
    }
}

/// What a worker does with what arrives. It runs on the worker's thread and must not block: it starts a task.
pub type Handler = Arc<dyn Fn(Incoming) + Send + Sync>;

/// A thread that handles messages. A transport takes messages in on this thread, so that they need not change it.
#[derive(Clone)]
pub struct Worker {
    arbiter: ArbiterHandle,
    handler: Handler,
}

impl Worker {
    /// Takes a thread (`Arbiter::current()` for this one), and what it does with what arrives.
    pub fn new(arbiter: ArbiterHandle, handler: impl Fn(Incoming) + Send + Sync + 'static) -> Self {
        Worker { arbiter, handler: Arc::new(handler) }
    }
    /// Does something else with what arrives, on the same thread.
    #[must_use]
    pub fn with(&self, handler: impl Fn(Incoming) + Send + Sync + 'static) -> Self {
        Worker::new(self.arbiter.clone(), handler)
    }
    /// What it does with what arrives.
    pub fn handler(&self) -> &Handler {
        &self.handler
    }
    /// Runs a task on this thread; it need not be `Send`.
    ///
    /// # Errors
    /// The thread has ended.
    pub fn spawn<F: Future<Output = ()> + 'static>(&self, task: impl FnOnce(Handler) -> F + Send + 'static) -> Result<()> {
        let handler = self.handler.clone();
        let ended = || Error::new(Kind::Unavailable, "worker-ended", "the thread that handles messages has ended");
        self.arbiter.spawn_fn(move || drop(actix_rt::spawn(task(handler)))).then_some(()).ok_or_else(ended)
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Worker")
    }
}

/// What a transport hands to the service.
#[derive(Debug)]
pub enum Incoming {
    /// A message.
    Message(Box<Delivery>),
    /// Messages for [`Audience::EachInstance`] may have been missed (the connection was lost): rebuild what is kept from them.
    Gap,
}

/// A message handed to the service.
#[derive(Debug)]
#[non_exhaustive]
pub struct Delivery {
    /// The message.
    pub message: Envelope,
    /// Which of the service's queues it came by.
    pub audience: Audience,
    /// For a call: when the caller stops waiting. An expired call is not executed.
    pub deadline: Option<Instant>,
    /// Whether it may have been delivered before without an acknowledgement; `false` = surely not.
    pub redelivered: bool,
    /// Takes the outcome of its handler.
    pub acknowledger: Acknowledger,
}
impl Delivery {
    /// Hands over a message for the first time, without a deadline.
    pub fn new(message: Envelope, audience: Audience, acknowledger: impl Into<Acknowledger>) -> Self {
        Delivery { message, audience, deadline: None, redelivered: false, acknowledger: acknowledger.into() }
    }
}

/// Takes the outcome of one message's handler. Dropped unused it means [`Outcome::Requeue`]: not handled, so delivered again.
pub struct Acknowledger(Option<Box<Take>>);
type Take = dyn FnOnce(Outcome) -> std::result::Result<(), Outcome> + Send;

impl Acknowledger {
    /// Does this with the outcome, on the thread that gives it: it must not block. A outcome that came too late is given back.
    pub fn new(f: impl FnOnce(Outcome) -> std::result::Result<(), Outcome> + Send + 'static) -> Self {
        Acknowledger(Some(Box::new(f)))
    }
    /// Gives the outcome.
    ///
    /// # Errors
    /// The outcome, if it came too late: the message will come again.
    pub fn send(mut self, outcome: Outcome) -> std::result::Result<(), Outcome> {
        match self.0.take() {
            Some(f) => f(outcome),
            None => Err(outcome),
        }
    }
}
impl From<oneshot::Sender<Outcome>> for Acknowledger {
    fn from(sender: oneshot::Sender<Outcome>) -> Self {
        Acknowledger::new(|v| sender.send(v))
    }
}
impl Drop for Acknowledger {
    fn drop(&mut self) {
        if let Some(f) = self.0.take() {
            let _ = f(Outcome::Requeue);
        }
    }
}
impl fmt::Debug for Acknowledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Acknowledger")
    }
}

/// How the handler of a message ended: what becomes of the message.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// Done.
    Ack,
    /// The reply of a call, JSON text.
    Reply(String),
    /// The typed failure of a call.
    Fault(Fault),
    /// Try again later; a dead letter when the attempts are used up.
    Retry(Error),
    /// Make it a dead letter now.
    Reject(Error),
    /// Hand it to somebody else, uncounted: this instance is stopping.
    Requeue,
}

/// What happened between a transport and its broker since the start; never reset.
///
/// Fields may be added: begin with `TransportMetrics::default()`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TransportMetrics {
    /// Connections opened after the first one of each kind.
    pub reconnects: u64,
    /// Messages sent again because the connection was lost before the broker had confirmed them.
    pub resent: u64,
    /// Messages that the broker delivered before without an acknowledgement.
    pub redelivered: u64,
    /// Calls thrown away unexecuted, because their deadline had passed.
    pub expired: u64,
    /// Replies that came when nobody waited for them any more.
    pub vanished: u64,
    /// Messages put aside to be tried again later.
    pub retried: u64,
    /// Messages that became dead letters.
    pub dead_lettered: u64,
}

/// A message that could not be handled, with its cause.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeadLetter {
    /// The message as it was; unreadable ones have an empty name and their raw text as body.
    pub message: Envelope,
    /// `Service`, `Command`: which queue it came from and is replayed to.
    pub audience: Audience,
    /// The last error's code.
    pub code: String,
    /// The last error and its sources.
    pub cause: String,
    /// When it became a dead letter, in milliseconds since the Unix epoch.
    #[serde(alias = "parked_at_ms")]
    pub dead_lettered_at_ms: i64,
}

/// A queue that a broker keeps for a service, whether an instance runs or not.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServiceQueue {
    /// Its name on the broker.
    pub name: String,
    /// Messages that lie in it.
    pub messages: u64,
    /// Who consumes from it.
    pub consumers: u32,
}
impl ServiceQueue {
    /// Names a queue that is empty and that nobody consumes from.
    pub fn new(name: impl Into<String>) -> Self {
        ServiceQueue { name: name.into(), messages: 0, consumers: 0 }
    }
}

/// Carries messages. Object safe: boxed, lazy futures, no generics.
pub trait Transport: Send + Sync + 'static {
    /// The value of the attribute `messaging.system` of spans.
    fn system(&self) -> &'static str {
        "_OTHER"
    }

    /// Publishes an event or sends a command. `Ok` = stored by the broker (an event that nobody listens to is kept aside).
    ///
    /// # Errors
    /// `Unroutable` for a command whose service is not known to the broker; `Unavailable` while the broker is unreachable.
    fn publish(&self, message: Envelope) -> BoxFuture<'_, Result<()>>;

    /// Sends a call and waits for its reply, at most `within`.
    ///
    /// # Errors
    /// The callee's fault; `Unroutable` if no such service is known, within one round trip; `TimedOut` at the deadline, always,
    /// whatever the broker does; `Unavailable` if the connection was lost.
    fn request(&self, message: Envelope, within: Duration) -> BoxFuture<'_, Result<String>>;

    /// Declares what the service needs and starts to consume on these workers, again after every reconnect, until `stop_consuming`. Resolves
    /// when the first messages can flow. The workers must outlive [`Transport::close`], or what they have in flight is delivered again.
    fn consume(&self, what: Consume, workers: Vec<Worker>) -> BoxFuture<'_, Result<()>>;

    /// Takes no new messages; those in flight can still be acknowledged. Resolves when the broker has confirmed it.
    fn stop_consuming(&self) -> BoxFuture<'_, ()>;

    /// How the connection is, now and from now on.
    fn connection(&self) -> tokio::sync::watch::Receiver<ConnectionState>;

    /// What happened since the start, for metrics. Nothing of it can happen where there is no broker.
    fn metrics(&self) -> TransportMetrics {
        TransportMetrics::default()
    }

    /// The oldest dead letters of a service, up to `limit`; they stay there.
    fn dead_letters(&self, service: &str, limit: usize) -> BoxFuture<'_, Result<Vec<DeadLetter>>>;

    /// Takes one dead letter out for good; `None` if it is not there (any more). Replay = publish anew to its queue, then drop.
    fn drop_dead_letter(&self, service: &str, id: &str) -> BoxFuture<'_, Result<Option<DeadLetter>>>;

    /// Puts a message straight into a service's queue: how a dead letter is replayed.
    fn deliver_to(&self, service: &str, audience: Audience, message: Envelope) -> BoxFuture<'_, Result<()>>;

    /// The queues that the broker keeps for a service, for `<service> forget`. None where nothing outlives the process.
    fn queues(&self, _service: &str) -> BoxFuture<'_, Result<Vec<ServiceQueue>>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// Deletes a queue of [`Transport::queues`] with all that is in it; one that is gone already is fine.
    ///
    /// # Errors
    /// `Conflict`, code `queue-in-use`, if somebody consumes from it.
    fn delete_queue(&self, _name: &str) -> BoxFuture<'_, Result<()>> {
        Box::pin(async { Ok(()) })
    }

    /// Waits until all that was handed over is confirmed or lost, then closes the connections.
    fn close(&self) -> BoxFuture<'_, ()>;
}
