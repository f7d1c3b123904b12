use super::{
    super::{
        Shared,
        connection::state::{Part, State},
        metrics::count,
    },
    calls::PendingCalls,
    outgoing::Outgoing,
    session::Session,
    unconfirmed::{Pending, Unconfirmed},
};
use crate::{Error, Kind, Result};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, atomic::Ordering::Relaxed};
use tokio::sync::{Semaphore, oneshot};

/// Unconfirmed messages at one time, large ones counted by their size; the next ones wait for a place.
const MAX_UNCONFIRMED: u32 = 1024;
/// Calls that wait for their replies at one time, counted alike.
const MAX_CALLS: u32 = 4096;

/// Publishes and calls, on the thread that asks for it: what is sent goes straight to the connection. Never blocks for the broker: while
/// there is no connection, or the broker takes no data, messages wait here.
pub(in super::super) struct Publisher {
    pub shared: Arc<Shared>,
    unconfirmed: Mutex<Unconfirmed>,
    calls: Mutex<PendingCalls>,
    session: RwLock<Option<Session>>,
    /// Why the broker blocks the connection.
    blocked: Mutex<Option<String>>,
    publish_window: Semaphore,
    pub(super) call_window: Semaphore,
}

impl Publisher {
    pub fn new(shared: Arc<Shared>) -> Arc<Self> {
        Arc::new(Publisher {
            shared,
            unconfirmed: Mutex::default(),
            calls: Mutex::default(),
            session: RwLock::default(),
            blocked: Mutex::default(),
            publish_window: Semaphore::new(MAX_UNCONFIRMED as usize),
            call_window: Semaphore::new(MAX_CALLS as usize),
        })
    }

    /// Sends a message; `Ok` = stored by the broker.
    pub async fn publish(&self, message: Outgoing) -> Result<()> {
        let (done, confirmed) = oneshot::channel();
        let places = message.weight().min(MAX_UNCONFIRMED);
        let pending = Pending::new(message, done);
        let sent = pending.sent.clone();
        let stored = async {
            let _places = self.publish_window.acquire_many(places).await.map_err(|_| closed())?;
            // A statement of its own: no lock is held while others have their turn.
            let gathers = self.unconfirmed().push(pending);
            if gathers {
                tokio::task::yield_now().await;
            }
            self.send_published();
            confirmed.await.map_err(|_| closed())?
        };
        match tokio::time::timeout(self.shared.options.publish_within, stored).await {
            Ok(result) => result,
            Err(_) if sent.load(Relaxed) => {
                Err(Error::new(Kind::Unavailable, "bus-silent", "the message broker did not confirm the message in time").maybe_done())
            }
            Err(_) => Err(self.unreachable()),
        }
    }

    /// Sends all that waits.
    pub fn flush(&self) {
        self.send_published();
        self.send_calls();
    }

    pub(super) fn send_published(&self) {
        let session = self.session.read().unwrap_or_else(PoisonError::into_inner);
        let Some(session) = session.as_ref().filter(|s| !s.signals.is_congested() && self.blocked().is_none()) else { return };
        // LeasedKey from the tag to the sending: the broker counts in the order of readable.
        let channel = lock(&session.confirming);
        // A second statement, so that the I/O thread can note confirms while this one sends.
        while let Some(message) = { self.unconfirmed().next() } {
            if message.send(&channel).is_err() {
                // The session is over, and its end sends this message again.
                return;
            }
        }
    }

    pub(super) fn send_calls(&self) {
        let session = self.session.read().unwrap_or_else(PoisonError::into_inner);
        let Some(session) = session.as_ref().filter(|s| !s.signals.is_congested() && self.blocked().is_none()) else { return };
        let channel = lock(&session.calling);
        while let Some(message) = { self.calls().next(&session.reply_to) } {
            if message.send_once(&channel).is_err() {
                return;
            }
        }
    }

    /// Gives a reply to the call that waits for it.
    pub(super) fn answer(&self, correlation: Option<&str>, with: Result<String>) {
        // A statement of its own: the lock is free again when the caller wakes up.
        let answer = self.calls().answered(correlation);
        match answer {
            Some(answer) => drop(answer.send(with)),
            None => {
                count(&self.shared.metrics.vanished);
                log::debug!("bus: a reply came when nobody waited for it any more, dropping it");
            }
        }
    }

    /// A new session: unconfirmed messages are sent again, before all others.
    pub(super) fn start(&self, session: Session) {
        *self.session.write().unwrap_or_else(PoisonError::into_inner) = Some(session);
        self.shared.state.set(Part::Publishing, State::Up);
        self.flush();
    }

    /// The session is over; gives what it consisted of, to be closed by the caller.
    pub(super) fn stop(&self) -> Option<Session> {
        self.session.write().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The connection is lost: its calls fail, its unconfirmed messages wait for the next one.
    pub fn lost(&self, why: &str) {
        *self.blocked() = None;
        self.calls().lost(why);
        let again = self.unconfirmed().lost(why);
        self.shared.metrics.resent.fetch_add(again as u64, Relaxed);
    }

    /// Whether the broker blocks the connection, and why.
    pub(super) fn block(&self, why: Option<String>) {
        if let Some(why) = &why {
            self.calls().refuse_waiting(why);
        }
        *self.blocked() = why;
    }
    pub(super) fn blocked(&self) -> MutexGuard<'_, Option<String>> {
        lock(&self.blocked)
    }

    /// Nothing waits for a confirm or a reply.
    pub fn is_idle(&self) -> bool {
        self.unconfirmed().is_empty() && self.calls().is_empty()
    }

    /// Gives up what is left, and takes no more.
    pub fn close(&self) {
        self.unconfirmed().close();
        self.calls().close();
    }

    pub(super) fn unconfirmed(&self) -> MutexGuard<'_, Unconfirmed> {
        lock(&self.unconfirmed)
    }
    pub(super) fn calls(&self) -> MutexGuard<'_, PendingCalls> {
        lock(&self.calls)
    }
    pub(super) fn unreachable(&self) -> Error {
        unreachable(&self.shared.state.why(Part::Publishing))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The broker cannot be reached or takes nothing, and why.
pub(in super::super) fn unreachable(why: &str) -> Error {
    Error::new(Kind::Unavailable, "bus-unreachable", format!("message broker unreachable: {why}"))
}

pub(in super::super) fn closed() -> Error {
    Error::new(Kind::Unavailable, "bus-closed", "the connection to the message broker was closed by this process")
}
