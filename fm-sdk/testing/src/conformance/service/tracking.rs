//! Wraps any transport and counts what it still owes: knows when all is quiet without waiting for a time.

use super::Ending;
use fm_sdk::{
    BoxFuture, Envelope, Result, Transport,
    bus::transport::{Audience, Connection, Consume, Counters, Delivery, Incoming, Parked, Retry, Settle, Verdict, Worker},
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
    pub async fn settled(&self, id: &str) -> Ending {
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
    fn ended(&self, m: &Envelope, audience: Audience, verdict: &Verdict, last: bool) {
        let ending = match verdict {
            Verdict::Ack => Some(Ending::Done),
            Verdict::Park(e) => Some(Ending::Parked(e.code().into(), m.attempt)),
            Verdict::Retry(e) if last => Some(Ending::Parked(e.code().into(), m.attempt)),
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
    fn tracked(&self, d: Delivery, retry: &Retry) -> Delivery {
        let Delivery { message, audience, deadline, redelivered, settle } = d;
        let (me, m, last) = (self.clone(), message.clone(), retry.after(message.attempt).is_none());
        let settle = Settle::new(move |verdict| {
            let copy = verdict.clone();
            // The broker hears it first, so that all is done when the case goes on.
            let settled = settle.send(verdict);
            me.ended(&m, audience, &copy, last);
            settled
        });
        Delivery { message, audience, deadline, redelivered, settle }
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
            let (me, retry, inner) = (self.clone(), what.retry.clone(), worker.handler().clone());
            worker.with(move |incoming| {
                inner(match incoming {
                    Incoming::Message(d) => Incoming::Message(Box::new(me.tracked(*d, &retry))),
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
    fn counters(&self) -> Counters {
        self.inner.counters()
    }
    fn connection(&self) -> watch::Receiver<Connection> {
        self.inner.connection()
    }
    fn parked(&self, service: &str, limit: usize) -> BoxFuture<'_, Result<Vec<Parked>>> {
        self.inner.parked(service, limit)
    }
    fn drop_parked(&self, service: &str, id: &str) -> BoxFuture<'_, Result<Option<Parked>>> {
        self.inner.drop_parked(service, id)
    }
    fn deliver_to(&self, service: &str, audience: Audience, message: Envelope) -> BoxFuture<'_, Result<()>> {
        self.inner.deliver_to(service, audience, message)
    }
    fn close(&self) -> BoxFuture<'_, ()> {
        self.inner.close()
    }
}
