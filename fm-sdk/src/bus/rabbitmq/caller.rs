use super::{
    health::Which,
    outgoing::Outgoing,
    publisher::{Job, Publisher, away, closed},
};
use crate::{Envelope, Error, Result, time::now_ms};
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use tokio::sync::oneshot;

/// How long a call waits for a connection that is away, so that a short cut goes unnoticed.
const GRACE: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// A call on its way to the publishing thread.
pub(super) struct CallJob {
    pub correlation: u64,
    message: Outgoing,
    deadline: Instant,
    pub answer: oneshot::Sender<Result<String>>,
    sent: Arc<AtomicBool>,
}

impl CallJob {
    /// The message as it is to be sent now, and who waits for its reply; `None` if it is too late.
    pub fn start(self) -> Option<(Outgoing, Waiting)> {
        let CallJob { correlation, mut message, deadline, answer, sent } = self;
        let remaining = u64::try_from(deadline.saturating_duration_since(Instant::now()).as_millis()).unwrap_or(u64::MAX);
        if remaining == 0 || answer.is_closed() {
            return None;
        }
        sent.store(true, Relaxed);
        message.properties = message.properties.with_expiration(remaining.to_string());
        Some((message, Waiting { correlation, answer }))
    }
}

/// Who waits for the reply of a call.
pub(super) struct Waiting {
    correlation: u64,
    answer: oneshot::Sender<Result<String>>,
}

/// The calls that wait for their replies, by correlation id.
#[derive(Default)]
pub(super) struct Calls(HashMap<u64, oneshot::Sender<Result<String>>>);

impl Calls {
    pub fn insert(&mut self, w: Waiting) {
        self.0.insert(w.correlation, w.answer);
    }
    pub fn answer(&mut self, correlation: Option<&str>, with: Result<String>) {
        match correlation.and_then(|c| self.0.remove(&c.parse().ok()?)) {
            Some(waiting) => {
                let _ = waiting.send(with);
            }
            None => log::debug!("a reply came after the deadline of its call"),
        }
    }
    pub fn forget(&mut self, correlation: u64) {
        self.0.remove(&correlation);
    }
    /// The address for the replies died with the connection.
    pub fn lost(&mut self, why: &str) {
        for (_, waiting) in self.0.drain() {
            let _ = waiting.send(Err(away(why).maybe_done()));
        }
    }
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Tells the publishing thread that nobody waits any more, when the future of the call ends or is dropped before it was told of the reply.
struct Forget<'a> {
    publisher: &'a Publisher,
    correlation: u64,
    told: bool,
}
impl Drop for Forget<'_> {
    fn drop(&mut self) {
        if !self.told {
            let _ = self.publisher.hand_over(Job::Forget(self.correlation));
        }
    }
}

/// Sends a call and waits for its reply. The timer is ours: whatever the connection does, this ends in time.
pub(super) async fn request(publisher: &Publisher, m: Envelope, within: Duration) -> Result<String> {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let within = within.min(LONGEST);
    let correlation = NEXT.fetch_add(1, Relaxed);
    let (answer, answered) = oneshot::channel();
    let sent = Arc::new(AtomicBool::new(false));
    let deadline = Instant::now() + within;
    let message = Outgoing::call(m, correlation, now_ms().saturating_add(i64::try_from(within.as_millis()).unwrap_or(i64::MAX)))?;
    let until = tokio::time::Instant::from_std(deadline);
    publisher.hand_over(Job::Call(CallJob { correlation, message, deadline, answer, sent: sent.clone() }))?;
    let mut forget = Forget { publisher, correlation, told: false };
    tokio::pin!(answered);
    let grace = tokio::time::sleep(GRACE);
    tokio::pin!(grace);
    let mut patient = true;
    loop {
        tokio::select! {
            biased;
            r = &mut answered => {
                forget.told = true;
                return r.map_err(|_| closed())?;
            }
            () = tokio::time::sleep_until(until) => return Err(Error::timed_out(sent.load(Relaxed))),
            () = &mut grace, if patient => {
                patient = false;
                if !sent.load(Relaxed) {
                    return Err(away(&publisher.shared.health.why(Which::Publishing)));
                }
            }
        }
    }
}
