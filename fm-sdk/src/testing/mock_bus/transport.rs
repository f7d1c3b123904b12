use crate::{
    BoxFuture, ConnectionState, Envelope, Error, Kind, MessageKind, Result, Transport,
    bus::transport::{Audience, Consume, DeadLetter, Subscription, Worker},
};
use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{Notify, oneshot, watch},
    time::Instant,
};

/// Gives the body of a reply for that of a call.
type Answer = dyn Fn(&str) -> Result<String> + Send + Sync;

/// What answers the calls of one name, and after how long.
#[derive(Clone)]
pub(super) struct Stub {
    pub after: Duration,
    pub answer: Arc<Answer>,
}

/// A message that waits to be handled.
pub(super) struct Job {
    pub message: Envelope,
    pub audience: Audience,
    pub deadline: Option<Instant>,
    pub reply: Option<oneshot::Sender<Result<String>>>,
}

#[derive(Default)]
pub(super) struct Inner {
    pub subscriptions: Vec<Subscription>,
    pub queue: VecDeque<Job>,
    pub log: Vec<Envelope>,
    pub stubs: HashMap<String, Stub>,
}

/// Keeps what is sent until the test's loop takes it.
#[derive(Clone, Default)]
pub(super) struct MockTransport {
    inner: Arc<Mutex<Inner>>,
    pub wake: Arc<Notify>,
}

impl MockTransport {
    pub fn listening(subscriptions: Vec<Subscription>) -> Self {
        let me = MockTransport::default();
        me.lock().subscriptions = subscriptions;
        me
    }
    pub fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
    pub fn stub(&self, at: &str, stub: Stub) {
        self.lock().stubs.insert(at.into(), stub);
    }
    /// Queues a message for every handler that listens; how many.
    pub fn push(&self, m: &Envelope) -> usize {
        let mut inner = self.lock();
        let to: Vec<_> =
            inner.subscriptions.iter().filter(|s| s.name == m.name && s.audience != Audience::Call).map(|s| s.audience).collect();
        for &audience in &to {
            inner.queue.push_back(Job { message: m.clone(), audience, deadline: None, reply: None });
        }
        drop(inner);
        self.wake.notify_one();
        to.len()
    }
    /// A broker may see one message twice, a consumer's inbox does not: each once.
    pub fn sent(&self, kind: MessageKind, name: &str) -> Vec<Envelope> {
        let mut seen = HashSet::new();
        self.lock().log.iter().filter(|m| m.kind == kind && m.name == name && seen.insert(m.id.clone())).cloned().collect()
    }
    pub fn wire(&self, name: &str) -> Vec<Envelope> {
        self.lock().log.iter().filter(|m| m.name == name).cloned().collect()
    }
}

impl Transport for MockTransport {
    fn publish(&self, m: Envelope) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            self.lock().log.push(m.clone());
            self.push(&m);
            Ok(())
        })
    }
    fn request(&self, message: Envelope, within: Duration) -> BoxFuture<'_, Result<String>> {
        Box::pin(async move {
            let answer = {
                let mut inner = self.lock();
                if let Some(stub) = inner.stubs.get(&message.name).cloned() {
                    drop(inner);
                    // The other side has done it, and the answer comes when nobody waits any more.
                    let answer = (stub.answer)(&message.body).map_err(|e| e.fault().into());
                    return if stub.after > within { Err(Error::timed_out(true)) } else { answer };
                }
                if !inner.subscriptions.iter().any(|s| s.name == message.name && s.audience == Audience::Call) {
                    return Err(Error::new(Kind::Unroutable, "unroutable", format!("no service answers to {}", message.name)));
                }
                let (tx, rx) = oneshot::channel();
                let deadline = Some(Instant::now() + within);
                inner.queue.push_back(Job { message, audience: Audience::Call, deadline, reply: Some(tx) });
                rx
            };
            self.wake.notify_one();
            match tokio::time::timeout(within, answer).await {
                Ok(Ok(reply)) => reply,
                _ => Err(Error::timed_out(true)),
            }
        })
    }
    fn consume(&self, _: Consume, _: Vec<Worker>) -> BoxFuture<'_, Result<()>> {
        Box::pin(async { Ok(()) })
    }
    fn stop_consuming(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }
    fn connection(&self) -> watch::Receiver<ConnectionState> {
        watch::channel(ConnectionState::Up).1
    }
    fn dead_letters(&self, _: &str, _: usize) -> BoxFuture<'_, Result<Vec<DeadLetter>>> {
        Box::pin(async { Ok(Vec::new()) })
    }
    fn drop_dead_letter(&self, _: &str, _: &str) -> BoxFuture<'_, Result<Option<DeadLetter>>> {
        Box::pin(async { Ok(None) })
    }
    fn deliver_to(&self, _: &str, _: Audience, message: Envelope) -> BoxFuture<'_, Result<()>> {
        self.publish(message)
    }
    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }
}
