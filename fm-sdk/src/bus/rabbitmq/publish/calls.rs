use super::{
    outgoing::Outgoing,
    publisher::{Publisher, closed, unreachable},
    unconfirmed::MAX_GATHERED,
};
use crate::{Envelope, Error, Result, time::now_ms};
use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use tokio::sync::oneshot;

/// How long a call waits for a connection, so that a short interruption goes unnoticed.
const CONNECT_GRACE: Duration = Duration::from_secs(2);
const MAX_DEADLINE: Duration = Duration::from_secs(24 * 3600);

pub(super) type Answer = oneshot::Sender<Result<String>>;

/// A call that is not sent yet.
struct Queued {
    correlation: u64,
    message: Outgoing,
    deadline: Instant,
    answer: Answer,
    sent: Arc<AtomicBool>,
}

/// The calls that are to be sent, and those that wait for their replies, by correlation id.
#[derive(Default)]
pub(super) struct PendingCalls {
    queued: VecDeque<Queued>,
    sent: HashMap<u64, Answer>,
    closed: bool,
}

impl PendingCalls {
    /// The next call to send, as it is to be sent now. Its answer is awaited before it leaves: if the sending fails the caller is told.
    pub fn next(&mut self, reply_to: &str) -> Option<Outgoing> {
        loop {
            let Queued { correlation, mut message, deadline, answer, sent } = self.queued.pop_front()?;
            let remaining = u64::try_from(deadline.saturating_duration_since(Instant::now()).as_millis()).unwrap_or(u64::MAX);
            if remaining == 0 || answer.is_closed() {
                continue;
            }
            sent.store(true, Relaxed);
            message.properties = message.properties.with_expiration(remaining.to_string()).with_reply_to(reply_to.into());
            self.sent.insert(correlation, answer);
            return Some(message);
        }
    }
    /// Takes out who waits for a reply.
    pub fn answered(&mut self, correlation: Option<&str>) -> Option<Answer> {
        correlation.and_then(|c| self.sent.remove(&c.parse().ok()?))
    }
    /// Queues a call to be sent. Says whether to let others add theirs before all are sent, as [`Unconfirmed::push`] does.
    fn push(&mut self, call: Queued) -> bool {
        if self.closed {
            return false;
        }
        self.queued.push_back(call);
        !self.sent.is_empty() && self.queued.len() < MAX_GATHERED
    }
    fn forget(&mut self, correlation: u64) {
        if self.sent.remove(&correlation).is_none() {
            self.queued.retain(|c| c.correlation != correlation);
        }
    }
    /// The address for the replies was lost with the connection.
    pub fn lost(&mut self, why: &str) {
        for (_, answer) in self.sent.drain() {
            let _ = answer.send(Err(unreachable(why).maybe_done()));
        }
    }
    /// The broker blocks the connection: what waits to be sent would only grow old.
    pub fn refuse_waiting(&mut self, why: &str) {
        for call in self.queued.drain(..) {
            let _ = call.answer.send(Err(unreachable(why)));
        }
    }
    pub fn is_empty(&self) -> bool {
        self.sent.is_empty()
    }
    pub fn close(&mut self) {
        *self = PendingCalls { closed: true, ..PendingCalls::default() };
    }
}

/// Removes a call when its future ends, or is dropped, before the reply has come.
struct Forget<'a> {
    publisher: &'a Publisher,
    correlation: u64,
    answered: bool,
}
impl Drop for Forget<'_> {
    fn drop(&mut self) {
        if !self.answered {
            self.publisher.calls().forget(self.correlation);
        }
    }
}

/// Sends a call and waits for its reply. The timer is ours: whatever the connection does, this ends in time.
pub(in super::super) async fn request(publisher: &Publisher, m: Envelope, within: Duration) -> Result<String> {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let within = within.min(MAX_DEADLINE);
    let correlation = NEXT.fetch_add(1, Relaxed);
    let sent = Arc::new(AtomicBool::new(false));
    let deadline = Instant::now() + within;
    let message = Outgoing::call(m, correlation, now_ms().saturating_add(i64::try_from(within.as_millis()).unwrap_or(i64::MAX)))?;
    let places = message.weight();
    let exchange = async {
        let _places = publisher.call_window.acquire_many(places).await.map_err(|_| closed())?;
        if let Some(why) = publisher.blocked().as_deref() {
            return Err(unreachable(why));
        }
        let (answer, mut answered) = oneshot::channel();
        let mut forget = Forget { publisher, correlation, answered: false };
        // A statement of its own: no lock is held while others have their turn.
        let gathers = publisher.calls().push(Queued { correlation, message, deadline, answer, sent: sent.clone() });
        if gathers {
            tokio::task::yield_now().await;
        }
        publisher.send_calls();
        let reply = tokio::select! {
            biased;
            reply = &mut answered => reply,
            () = tokio::time::sleep(CONNECT_GRACE), if !sent.load(Relaxed) => {
                if !sent.load(Relaxed) {
                    return Err(publisher.unreachable());
                }
                answered.await
            }
        };
        forget.answered = true;
        reply.map_err(|_| closed())?
    };
    match tokio::time::timeout_at(tokio::time::Instant::from_std(deadline), exchange).await {
        Ok(reply) => reply,
        Err(_) => Err(Error::timed_out(sent.load(Relaxed))),
    }
}
