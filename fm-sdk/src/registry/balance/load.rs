//! What is known about one instance: moving latency, requests in flight, failures. Atomics only, so that readers never wait.

use super::{Outcome, Policy};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

/// With so many answers a latency is known. The very first ones open connections and fill caches.
const ENOUGH: u32 = 3;
/// A further answer counts for one part in so many.
const PARTS: u32 = 8;

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
    pub(super) used: AtomicU64,
    /// The number of the last pick that was a first choice, over all instances.
    pub(super) turn: AtomicU64,
}

impl Load {
    pub(super) fn begin(&self, now: u64, turn: Option<u64>) {
        self.in_flight.fetch_add(1, Relaxed);
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

    /// The moving latency in microseconds; `None` = not known (any more).
    pub(super) fn latency(&self, now: u64, policy: &Policy) -> Option<u64> {
        let known = self.answers.load(Relaxed) >= ENOUGH && !self.is_old(now, policy);
        known.then(|| self.latency.load(Relaxed).into())
    }

    fn is_old(&self, now: u64, policy: &Policy) -> bool {
        now.saturating_sub(self.noted.load(Relaxed)) > policy.memory.as_millis() as u64
    }

    pub(super) fn ejected_for(&self, now: u64) -> u64 {
        self.ejected_until.load(Relaxed).saturating_sub(now)
    }

    pub(super) fn note(&self, micros: u32, outcome: Outcome, now: u64, policy: &Policy, jitter: f64) {
        match outcome {
            Outcome::Answered => {
                self.learn(micros, now, policy);
                self.failures.store(0, Relaxed);
                self.ejections.store(0, Relaxed);
                self.ejected_until.store(0, Relaxed);
            }
            Outcome::TimedOut => {
                self.learn(micros, now, policy);
                self.fail(now, policy, jitter);
            }
            Outcome::Unreachable => self.fail(now, policy, jitter),
        }
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
        let in_a_row = self.failures.fetch_add(1, Relaxed) + 1;
        // Requests that were on their way when it was ejected fail too; they must not make the time longer.
        if in_a_row < policy.failures || self.ejected_for(now) > 0 {
            return;
        }
        let times = self.ejections.fetch_add(1, Relaxed).min(16);
        let base = policy.eject.as_millis() as u64;
        let time = base.saturating_mul(1 << times).min(policy.eject_at_most.as_millis() as u64);
        self.ejected_until.store(now + (time as f64 * (0.5 + jitter)) as u64, Relaxed);
    }
}
