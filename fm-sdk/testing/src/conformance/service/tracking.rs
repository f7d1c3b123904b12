//! Wraps any transport and counts what it still owes: knows when all is quiet without waiting for a time.

use super::Ending;
use fm_sdk::{
    BoxFuture, ConnectionState, Envelope, Result, Transport,
    bus::transport::{Acknowledger, Audience, Consume, DeadLetter, Delivery, Incoming, Outcome, TransportMetrics, Worker},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::{Notify, watch};

#[derive(Default)]
struct Track {
    subscriptions: Vec<(Audience, &'static str)>,
    owed: usize,
    log: Vec<Envelope>,
    endings: HashMap<String, Ending>,
}

#[derive(Clone)]
pub(super) struct Tracking {
    inner: Arc<dyn Transport>,
    track: Arc<Mutex<Track>>,
    less: Arc<Notify>,
}

impl Tracking {
    pub fn around(inner: Arc<dyn Transport>) -> Self {
        Tracking { inner, track: Arc::default(), less: Arc::default() }
    }
    fn lock(&self) -> MutexGuard<'_, Track> {
        self.track.lock().unwrap_or_else(PoisonError::into_inner)
    }
    pub fn log(&self, name: &str) -> Vec<Envelope> {
        let mut seen = std::collections::HashSet::new();
        self.lock().log.iter().filter(|m| m.name == name && seen.insert(m.id.clone())).cloned().collect()
    }
    /// Waits until every delivery that was caused has ended; gives how this message did.
    pub async fn handled(&self, id: &str) -> Ending {
        loop {
            let less = self.less.notified();
            let now = {
                let track = self.lock();
                (track.owed, track.endings.get(id).cloned())
            };
            if let (0, Some(ending)) = now {
                return ending;
            }
            less.await;
        }
    }
    pub fn quiet(&self) -> bool {
        self.lock().owed == 0
    }
    pub fn forget(&self, id: &str) {
        self.lock().endings.remove(id);
    }
    fn ended(&self, m: &Envelope, audience: Audience, outcome: &Outcome, last: bool) {
        let ending = match outcome {
            Outcome::Ack => Some(Ending::Done),
            Outcome::Reject(e) => Some(Ending::DeadLetter(e.code().into(), m.attempt)),
            Outcome::Retry(e) if last => Some(Ending::DeadLetter(e.code().into(), m.attempt)),
            _ => None,
        };
        if let (Some(ending), false) = (ending, audience == Audience::Call) {
            let mut track = self.lock();
            track.owed = track.owed.saturating_sub(1);
            // What an instance cannot handle it gives up alone: the service's own handler decides, if it has one.
            if audience == Audience::EachInstance {
                track.endings.entry(m.id.clone()).or_insert(ending);
            } else {
                track.endings.insert(m.id.clone(), ending);
            }
            drop(track);
            self.less.notify_waiters();
        }
    }
}

impl Tracking {
    /// The same delivery; what becomes of it is noted.
    fn tracked(&self, d: Delivery, what: &Consume) -> Delivery {
        let (me, m, audience) = (self.clone(), d.message.clone(), d.audience);
        let last = what.retry_of(audience, &m.name).after(m.attempt).is_none();
        let acknowledger = d.acknowledger;
        let tracked = Acknowledger::new(move |outcome| {
            let copy = outcome.clone();
            // The broker hears it first, so that all is done when the case goes on.
            let handled = acknowledger.send(outcome);
            me.ended(&m, audience, &copy, last);
            handled
        });
        let mut same = Delivery::new(d.message, d.audience, tracked);
        (same.deadline, same.redelivered) = (d.deadline, d.redelivered);
        same
    }
}

impl Transport for Tracking {
    fn publish(&self, m: Envelope) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            {
                let mut track = self.lock();
                track.owed += track.subscriptions.iter().filter(|(_, name)| *name == m.name).count();
                track.log.push(m.clone());
            }
            self.inner.publish(m).await
        })
    }
    fn request(&self, m: Envelope, within: Duration) -> BoxFuture<'_, Result<String>> {
        self.inner.request(m, within)
    }
    fn consume(&self, what: Consume, workers: Vec<Worker>) -> BoxFuture<'_, Result<()>> {
        self.lock().subscriptions = what.subscriptions.iter().map(|s| (s.audience, s.name)).collect();
        let tracked = |worker: &Worker| {
            let (me, what, inner) = (self.clone(), what.clone(), worker.handler().clone());
            worker.with(move |incoming| {
                inner(match incoming {
                    Incoming::Message(d) => Incoming::Message(Box::new(me.tracked(*d, &what))),
                    Incoming::Gap => Incoming::Gap,
                });
            })
        };
        let workers = workers.iter().map(tracked).collect();
        self.inner.consume(what, workers)
    }
    fn stop_consuming(&self) -> BoxFuture<'_, ()> {
        self.inner.stop_consuming()
    }
    fn metrics(&self) -> TransportMetrics {
        self.inner.metrics()
    }
    fn connection(&self) -> watch::Receiver<ConnectionState> {
        self.inner.connection()
    }
    fn dead_letters(&self, service: &str, limit: usize) -> BoxFuture<'_, Result<Vec<DeadLetter>>> {
        self.inner.dead_letters(service, limit)
    }
    fn drop_dead_letter(&self, service: &str, id: &str) -> BoxFuture<'_, Result<Option<DeadLetter>>> {
        self.inner.drop_dead_letter(service, id)
    }
    fn deliver_to(&self, service: &str, audience: Audience, message: Envelope) -> BoxFuture<'_, Result<()>> {
        self.inner.deliver_to(service, audience, message)
    }
    fn close(&self) -> BoxFuture<'_, ()> {
        self.inner.close()
    }
}
