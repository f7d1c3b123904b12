use crate::{
    Action, Plan, Report,
    people::People,
    record::Record,
    visitor::{Context, Visitor},
};
use market::{Caller, Result};
use serde_json::Value;
use std::{
    cmp::Ordering,
    collections::BinaryHeap,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// Requests at a time. While all wait for their answers the next ones are late, and their times say so.
const WORKERS: usize = 64;
/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Sessions at a time: a market that has stopped answering fills no memory.
const MAX_SESSIONS: usize = 10_000;

/// What load there is to be.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The gateway, http://HOST:PORT.
    pub target: String,
    pub seed: u64,
    /// Sessions that begin in a second.
    pub rate: f64,
    /// How long people think, on average.
    pub think: Duration,
    /// Password of the load's accounts.
    pub password: String,
}

/// Speaks to a market as the load's people do.
pub(crate) fn gateway(target: &str) -> Caller {
    Caller::new(target.trim_end_matches('/')).keep_alive(TIMEOUT)
}

/// A load that runs until it is stopped.
pub struct Load {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
}

struct Shared {
    gateway: Caller,
    people: People,
    record: Record,
    cars: Vec<Value>,
    began: Instant,
    queue: Mutex<Queue>,
    changed: Condvar,
}

struct Queue {
    plan: Plan,
    waiting: BinaryHeap<Waiting>,
    is_stopped: bool,
}

/// A visitor whose next step is due at that time; a session that is to begin next is one of these, too.
struct Waiting {
    due: Instant,
    number: u64,
    is_new: bool,
    visitor: Visitor,
}

impl Load {
    /// Begins.
    ///
    /// # Errors
    /// There are no cars to list, or no threads.
    pub fn start(settings: &Settings) -> Result<Self> {
        let gateway = gateway(&settings.target);
        let mut queue =
            Queue { plan: Plan::new(settings.seed, settings.rate, settings.think), waiting: BinaryHeap::new(), is_stopped: false };
        let began = Instant::now();
        queue.expect_next_session(began);
        let shared = Arc::new(Shared {
            people: People::new(gateway.clone(), settings.password.clone()),
            gateway,
            record: Record::default(),
            cars: demo::cars_with(&[])?.into_iter().map(|demo| demo.car).collect(),
            began,
            queue: Mutex::new(queue),
            changed: Condvar::new(),
        });
        let worker = |number| {
            let shared = shared.clone();
            thread::Builder::new().name(format!("visitor-{number}")).spawn(move || shared.work())
        };
        let workers = (0..WORKERS).map(worker).collect::<std::io::Result<_>>()?;
        Ok(Self { shared, workers })
    }

    /// What came of it so far.
    pub fn report(&self) -> Report {
        self.shared.record.report()
    }

    /// Sessions that have begun and not ended, but for those whose request is being answered at the moment.
    pub fn sessions(&self) -> usize {
        // One of them is the next one, which has not begun.
        self.shared.queue().waiting.len().saturating_sub(1)
    }

    /// Ends it: what was asked for is answered, and nobody asks for more.
    pub fn stop(mut self) -> Report {
        self.end();
        self.report()
    }

    fn end(&mut self) {
        self.shared.queue().is_stopped = true;
        self.shared.changed.notify_all();
        for worker in self.workers.drain(..) {
            let _ = worker.join();
        }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.end();
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        let context = Context { gateway: &self.gateway, people: &self.people, record: &self.record, cars: &self.cars };
        while let Some(Waiting { due, number, mut visitor, .. }) = self.next() {
            visitor.go_on(due, &context);
            if let Some(step) = visitor.next() {
                // People think when they have seen the answer.
                self.queue().waiting.push(Waiting { due: Instant::now() + step.after, number, is_new: false, visitor });
                self.changed.notify_one();
            }
        }
    }

    /// Waits for the next step that is due; `None` when the load is stopped.
    fn next(&self) -> Option<Waiting> {
        let mut queue = self.queue();
        loop {
            if queue.is_stopped {
                return None;
            }
            let wait = queue.waiting.peek().map_or(TIMEOUT, |first| first.due.saturating_duration_since(Instant::now()));
            if !wait.is_zero() {
                queue = self.changed.wait_timeout(queue, wait).unwrap_or_else(PoisonError::into_inner).0;
                continue;
            }
            let Some(waiting) = queue.waiting.pop() else { continue };
            if waiting.is_new {
                queue.expect_next_session(self.began);
                self.changed.notify_one();
                if queue.waiting.len() > MAX_SESSIONS {
                    self.record.failed_by(Action::Browse, format!("more than {MAX_SESSIONS} sessions at a time"));
                    continue;
                }
            }
            return Some(waiting);
        }
    }
}

impl Queue {
    fn expect_next_session(&mut self, began: Instant) {
        if let Some(session) = self.plan.next() {
            let (due, number) = (began + session.at, session.number);
            self.waiting.push(Waiting { due, number, is_new: true, visitor: Visitor::new(session) });
        }
    }
}

/// The heap gives the greatest first: what is due first.
impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.due, other.number).cmp(&(self.due, self.number))
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Waiting {}
