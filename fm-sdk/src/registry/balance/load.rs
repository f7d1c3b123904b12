//! What is known about one instance: moving latency, requests in flight, silence, failures. Atomics only, so that readers never wait.

use super::{Policy, RequestOutcome};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

/// With so many answers a latency is known. The very first ones open connections and fill caches.
const MIN_SAMPLES: u32 = 3;
/// A further answer counts for one part in so many.
const PARTS: u32 = 8;
/// An instance that comes back takes one request at a time, and twice as many with each answer; beyond this many it is like any other.
const FULL_WINDOW: u32 = 16;

/// The load of one instance. Times are milliseconds of the balancer's clock.
#[derive(Debug, Default)]
pub(super) struct Load {
    in_flight: AtomicU32,
    /// The latency in microseconds, over how many answers, and when the last of them came. Answers that come at the same moment may
    /// overwrite each other: one of many is lost.
    latency: AtomicU32,
    answers: AtomicU32,
    noted: AtomicU64,
    failures: AtomicU32,
    ejections: AtomicU32,
    ejected_until: AtomicU64,
    /// Requests whose answer has not begun, and since when there is one.
    waiting: AtomicU32,
    waiting_since: AtomicU64,
    /// When an answer began last, of whatever request.
    answered: AtomicU64,
    /// How many requests may wait at once after an ejection; zero: any number.
    window: AtomicU32,
    pub(super) used: AtomicU64,
    /// The number of the last pick that was a first choice, over all instances.
    pub(super) turn: AtomicU64,
}

impl Load {
    /// Counts a request; `awaited`, if the instance owes it an answer from now on.
    pub(super) fn begin(&self, now: u64, turn: Option<u64>, awaited: bool) {
        self.in_flight.fetch_add(1, Relaxed);
        if awaited && self.waiting.fetch_add(1, Relaxed) == 0 {
            self.waiting_since.store(now, Relaxed);
        }
        self.used.store(now, Relaxed);
        if let Some(turn) = turn {
            self.turn.store(turn, Relaxed);
        }
    }

    pub(super) fn end(&self) {
        self.in_flight.fetch_sub(1, Relaxed);
    }

    pub(super) fn in_flight(&self) -> u32 {
        self.in_flight.load(Relaxed)
    }

    /// Notes that an answer began.
    pub(super) fn answers(&self, now: u64) {
        self.answered.store(now, Relaxed);
    }

    /// Counts a request whose answer is not awaited any more.
    pub(super) fn stop_waiting(&self) {
        self.waiting.fetch_sub(1, Relaxed);
    }

    /// How long requests have waited while the instance answered none at all.
    pub(super) fn silent_for(&self, now: u64) -> u64 {
        if self.waiting.load(Relaxed) == 0 {
            return 0;
        }
        now.saturating_sub(self.waiting_since.load(Relaxed).max(self.answered.load(Relaxed)))
    }

    /// Whether a request should go there. A silent instance gets one now and then, so that its return is noticed, and one that comes
    /// back only as many at once as it has shown to answer.
    pub(super) fn is_fit(&self, now: u64, policy: &Policy) -> bool {
        let silent = policy.silent.as_millis() as u64;
        let window = self.window.load(Relaxed);
        self.ejected_for(now) == 0
            && (self.silent_for(now) < silent || now.saturating_sub(self.used.load(Relaxed)) >= silent)
            && (window == 0 || self.waiting.load(Relaxed) < window)
    }

    /// Whether nothing is held against it.
    pub(super) fn is_proven(&self, now: u64, policy: &Policy) -> bool {
        let since_ejection = now.saturating_sub(self.ejected_until.load(Relaxed));
        let on_trial = self.window.load(Relaxed) == 1 && since_ejection < policy.max_ejection.as_millis() as u64;
        self.is_fit(now, policy) && !on_trial && self.silent_for(now) < policy.silent.as_millis() as u64
    }

    /// The moving latency in microseconds; `None` = not known (any more).
    pub(super) fn latency(&self, now: u64, policy: &Policy) -> Option<u64> {
        let known = self.answers.load(Relaxed) >= MIN_SAMPLES && !self.is_old(now, policy);
        known.then(|| self.latency.load(Relaxed).into())
    }

    fn is_old(&self, now: u64, policy: &Policy) -> bool {
        now.saturating_sub(self.noted.load(Relaxed)) > policy.memory.as_millis() as u64
    }

    pub(super) fn ejected_for(&self, now: u64) -> u64 {
        self.ejected_until.load(Relaxed).saturating_sub(now)
    }

    /// Notes how a request ended that began at `begun`.
    pub(super) fn note(&self, micros: u32, outcome: RequestOutcome, begun: u64, now: u64, policy: &Policy, jitter: f64) {
        match outcome {
            RequestOutcome::Answered => {
                self.learn(micros, now, policy);
                self.failures.store(0, Relaxed);
                self.ejections.store(0, Relaxed);
                self.ejected_until.store(0, Relaxed);
                let window = self.window.load(Relaxed);
                self.window.store(if window >= FULL_WINDOW { 0 } else { window * 2 }, Relaxed);
            }
            RequestOutcome::TimedOut => {
                self.learn(micros, now, policy);
                if self.kept_silent(micros, begun, policy) { self.eject(now, policy, jitter) } else { self.fail(now, policy, jitter) }
            }
            RequestOutcome::Unreachable => self.fail(now, policy, jitter),
        }
    }

    /// Notes that a request that began at `begun` was given up before its answer began. After a short time that says nothing.
    pub(super) fn abandon(&self, begun: u64, now: u64, policy: &Policy, jitter: f64) {
        let micros = u32::try_from(now.saturating_sub(begun).saturating_mul(1_000)).unwrap_or(u32::MAX);
        if self.kept_silent(micros, begun, policy) {
            self.eject(now, policy, jitter);
        } else if is_long(micros, policy) {
            self.learn(micros, now, policy);
        }
    }

    /// Whether the instance answered nobody during a request that took long.
    fn kept_silent(&self, micros: u32, begun: u64, policy: &Policy) -> bool {
        is_long(micros, policy) && self.answered.load(Relaxed) <= begun
    }

    /// A geometric moving average: it speaks of factors, so that the one answer in fifty that takes fifty times as long hardly moves it,
    /// while a few in a row do.
    fn learn(&self, micros: u32, now: u64, policy: &Policy) {
        let before = if self.is_old(now, policy) { 0 } else { self.answers.load(Relaxed) };
        let (old, new) = (f64::from(self.latency.load(Relaxed).max(1)), f64::from(micros.max(1)));
        let parts = (before + 1).min(PARTS);
        self.latency.store((old * (new / old).powf(1.0 / f64::from(parts))).round() as u32, Relaxed);
        self.answers.store(parts, Relaxed);
        self.noted.store(now, Relaxed);
    }

    fn fail(&self, now: u64, policy: &Policy, jitter: f64) {
        if self.failures.fetch_add(1, Relaxed) + 1 >= policy.consecutive_failures {
            self.eject(now, policy, jitter);
        }
    }

    fn eject(&self, now: u64, policy: &Policy, jitter: f64) {
        // Requests that were on their way when it was ejected fail too; they must not make the time longer.
        if self.ejected_for(now) > 0 {
            return;
        }
        let times = self.ejections.fetch_add(1, Relaxed).min(16);
        let base = policy.base_ejection.as_millis() as u64;
        let time = base.saturating_mul(1 << times).min(policy.max_ejection.as_millis() as u64);
        self.ejected_until.store(now + (time as f64 * (0.5 + jitter)) as u64, Relaxed);
        self.window.store(1, Relaxed);
    }
}

fn is_long(micros: u32, policy: &Policy) -> bool {
    u128::from(micros) >= policy.silent.as_micros()
}
