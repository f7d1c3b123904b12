//! The bus in this process: for `FM_BUS=memory` and for tests that run several services side by side. Keeps RabbitMQ's promises but one:
//! it dies with the process.

use super::transport::{Audience, Consume, DeadLetter, Delivery, Handler, Incoming, Outcome, Transport, Worker};
use crate::{BoxFuture, ConnectionState, Envelope, Error, Fault, Kind, MessageKind, Result, message::owner};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{Notify, Semaphore, oneshot, watch},
    time::Instant,
};

/// Events that nobody listens to are kept up to this number.
const UNROUTED: usize = 10_000;

type Answer = oneshot::Sender<std::result::Result<String, Fault>>;

struct Item {
    message: Envelope,
    deadline: Option<Instant>,
    reply: Option<Answer>,
    redelivered: bool,
}

/// A queue that instances compete for.
#[derive(Default)]
struct Queue {
    waiting: Mutex<VecDeque<Item>>,
    more: Notify,
}
impl Queue {
    fn push(&self, item: Item) {
        lock(&self.waiting).push_back(item);
        self.more.notify_one();
    }
    fn put_back(&self, item: Item) {
        lock(&self.waiting).push_front(Item { redelivered: true, ..item });
        self.more.notify_one();
    }
    async fn next(&self) -> Item {
        loop {
            if let Some(item) = lock(&self.waiting).pop_front() {
                return item;
            }
            self.more.notified().await;
        }
    }
}

#[derive(Default)]
struct Broker {
    /// `(service, audience)` -> queue; made by the first instance that consumes, stays.
    queues: HashMap<(String, Audience), Arc<Queue>>,
    /// Event name -> services that listen.
    bindings: HashMap<&'static str, Vec<String>>,
    /// Event name -> the queue of each instance that listens.
    feeds: HashMap<&'static str, Vec<Arc<Queue>>>,
    dead_letters: HashMap<String, Vec<DeadLetter>>,
    unrouted: VecDeque<Envelope>,
}

/// A connection to an in-process broker. [`Memory::default`] makes a broker; [`Memory::connect`] is a second connection to it.
pub struct Memory {
    broker: Arc<Mutex<Broker>>,
    stop: watch::Sender<bool>,
    up: watch::Sender<ConnectionState>,
}
impl Default for Memory {
    fn default() -> Self {
        Memory::on(Arc::default())
    }
}

fn lock<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Memory {
    fn on(broker: Arc<Mutex<Broker>>) -> Self {
        Memory { broker, stop: watch::Sender::new(false), up: watch::Sender::new(ConnectionState::Up) }
    }
    /// Connects to the same broker once more, as another instance or service does.
    #[must_use]
    pub fn connect(&self) -> Self {
        Memory::on(self.broker.clone())
    }
    /// How many events nobody listened to.
    pub fn unrouted(&self) -> usize {
        lock(&self.broker).unrouted.len()
    }
    fn open(&self) -> Result<()> {
        match *self.up.borrow() {
            ConnectionState::Up => Ok(()),
            ConnectionState::Down(_) => Err(Error::new(Kind::Unavailable, "bus-closed", "the bus was closed by this process")),
        }
    }
    fn queue(&self, service: &str, audience: Audience) -> Option<Arc<Queue>> {
        lock(&self.broker).queues.get(&(service.to_string(), audience)).cloned()
    }
    fn route(&self, message: Envelope) -> Result<()> {
        let item = |message| Item { message, deadline: None, reply: None, redelivered: false };
        if message.kind != MessageKind::Event {
            let queue = self.queue(owner(&message.name), Audience::Command).ok_or_else(|| unroutable(&message.name))?;
            queue.push(item(message));
            return Ok(());
        }
        let mut broker = lock(&self.broker);
        let name = message.name.as_str();
        let services = broker.bindings.get(name).into_iter().flatten();
        let mut to: Vec<_> = services.filter_map(|s| broker.queues.get(&(s.clone(), Audience::Service)).cloned()).collect();
        to.extend(broker.feeds.get(name).into_iter().flatten().cloned());
        if to.is_empty() {
            broker.unrouted.push_back(message);
            if broker.unrouted.len() > UNROUTED {
                broker.unrouted.pop_front();
            }
            return Ok(());
        }
        to.iter().for_each(|q| q.push(item(message.clone())));
        Ok(())
    }
    fn consumer(&self, what: &Consume, audience: Audience, queue: Arc<Queue>, worker: &Worker) -> Result<()> {
        let consumer = Consumer { broker: self.broker.clone(), what: what.clone(), audience, queue };
        let permits = Arc::new(Semaphore::new(what.prefetch_of(audience).max(1).into()));
        let stop = self.stop.subscribe();
        worker.spawn(move |handler| consumer.run(permits, handler, stop))
    }
}

struct Consumer {
    broker: Arc<Mutex<Broker>>,
    what: Consume,
    audience: Audience,
    queue: Arc<Queue>,
}
impl Consumer {
    async fn run(self, permits: Arc<Semaphore>, handler: Handler, mut stop: watch::Receiver<bool>) {
        let me = Arc::new(self);
        let mut stopped = std::pin::pin!(async move { drop(stop.wait_for(|s| *s).await) });
        while let Ok(permit) = permits.clone().acquire_owned().await {
            let item = tokio::select! { biased; () = &mut stopped => return, item = me.queue.next() => item };
            if item.deadline.is_some_and(|d| d <= Instant::now()) {
                continue;
            }
            let (acknowledger, outcome) = oneshot::channel();
            let (message, redelivered) = (item.message.clone(), item.redelivered);
            let delivery =
                Delivery { message, audience: me.audience, deadline: item.deadline, redelivered, acknowledger: acknowledger.into() };
            handler(Incoming::Message(Box::new(delivery)));
            let me = me.clone();
            tokio::spawn(async move {
                me.acknowledge(item, outcome.await.unwrap_or(Outcome::Requeue));
                drop(permit);
            });
        }
    }
    fn acknowledge(&self, item: Item, outcome: Outcome) {
        let answer = |reply: Option<Answer>, with| reply.map(|r| r.send(with));
        let outcome = match outcome {
            Outcome::Retry(e) | Outcome::Reject(e) if self.audience == Audience::Call => Outcome::Fault(e.fault()),
            v => v,
        };
        match outcome {
            Outcome::Ack => {}
            Outcome::Reply(text) => drop(answer(item.reply, Ok(text))),
            Outcome::Fault(fault) => drop(answer(item.reply, Err(fault))),
            Outcome::Requeue => self.queue.put_back(item),
            Outcome::Retry(e) => match self.what.retry_of(self.audience, &item.message.name).after(item.message.attempt) {
                None => self.reject(item.message, &e),
                Some(wait) => {
                    let queue = self.queue.clone();
                    tokio::spawn(async move {
                        tokio::time::sleep(wait).await;
                        let message = Envelope { attempt: item.message.attempt + 1, ..item.message };
                        queue.push(Item { message, ..item });
                    });
                }
            },
            Outcome::Reject(e) => self.reject(item.message, &e),
        }
    }
    fn reject(&self, message: Envelope, e: &Error) {
        if matches!(self.audience, Audience::EachInstance | Audience::Call) {
            return;
        }
        let (code, cause, dead_lettered_at_ms) = (e.code().to_string(), e.chain(), crate::time::now_ms());
        let dead_letter = DeadLetter { message, audience: self.audience, code, cause, dead_lettered_at_ms };
        lock(&self.broker).dead_letters.entry(self.what.service.clone()).or_default().push(dead_letter);
    }
}

fn unroutable(name: &str) -> Error {
    Error::new(Kind::Unroutable, "unroutable", format!("no service answers to {name}"))
}

impl Transport for Memory {
    fn system(&self) -> &'static str {
        "memory"
    }
    fn publish(&self, message: Envelope) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            self.open()?;
            self.route(message)
        })
    }

    fn request(&self, message: Envelope, within: Duration) -> BoxFuture<'_, Result<String>> {
        Box::pin(async move {
            self.open()?;
            let queue = self.queue(owner(&message.name), Audience::Call).ok_or_else(|| unroutable(&message.name))?;
            let (tx, rx) = oneshot::channel();
            queue.push(Item { message, deadline: Some(Instant::now() + within), reply: Some(tx), redelivered: false });
            match tokio::time::timeout(within, rx).await {
                Ok(Ok(answer)) => answer.map_err(Into::into),
                _ => Err(Error::timed_out(true)),
            }
        })
    }

    fn consume(&self, what: Consume, workers: Vec<Worker>) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            let mut wanted = HashMap::new();
            {
                let mut broker = lock(&self.broker);
                let feed = Arc::new(Queue::default());
                for s in &what.subscriptions {
                    let queue = match s.audience {
                        Audience::EachInstance => {
                            broker.feeds.entry(s.name).or_default().push(feed.clone());
                            feed.clone()
                        }
                        a => broker.queues.entry((what.service.clone(), a)).or_default().clone(),
                    };
                    wanted.insert(s.audience, queue);
                    if s.audience == Audience::Service {
                        let services = broker.bindings.entry(s.name).or_default();
                        if !services.contains(&what.service) {
                            services.push(what.service.clone());
                        }
                    }
                }
            }
            for (audience, queue) in wanted {
                for worker in &workers {
                    self.consumer(&what, audience, queue.clone(), worker)?;
                }
            }
            Ok(())
        })
    }

    fn stop_consuming(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.stop.send_replace(true);
        })
    }

    fn connection(&self) -> watch::Receiver<ConnectionState> {
        self.up.subscribe()
    }

    fn dead_letters(&self, service: &str, limit: usize) -> BoxFuture<'_, Result<Vec<DeadLetter>>> {
        let service = service.to_string();
        Box::pin(async move { Ok(lock(&self.broker).dead_letters.get(&service).into_iter().flatten().take(limit).cloned().collect()) })
    }

    fn drop_dead_letter(&self, service: &str, id: &str) -> BoxFuture<'_, Result<Option<DeadLetter>>> {
        let (service, id) = (service.to_string(), id.to_string());
        Box::pin(async move {
            let mut broker = lock(&self.broker);
            let Some(dead_letters) = broker.dead_letters.get_mut(&service) else { return Ok(None) };
            Ok(dead_letters.iter().position(|p| p.message.id == id).map(|i| dead_letters.remove(i)))
        })
    }

    fn deliver_to(&self, service: &str, audience: Audience, message: Envelope) -> BoxFuture<'_, Result<()>> {
        let queue = self.queue(service, audience);
        Box::pin(async move {
            self.open()?;
            queue.ok_or_else(|| unroutable(&message.name))?.push(Item { message, deadline: None, reply: None, redelivered: false });
            Ok(())
        })
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.stop.send_replace(true);
            self.up.send_replace(ConnectionState::Down("closed".into()));
        })
    }
}
