//! What is known about one instance: moving latency, requests in flight, failures. Atomics only, so that readers never wait.

use super::{Outcome, Policy};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

/// The load of one instance. Times are milliseconds of the balancer's clock.
#[derive(Debug, Default)]
pub(super) struct Load {
    in_flight: AtomicU32,
    /// Latency in microseconds (high half) and the low half of the time it was noted, in one word, so that both change together.
    latency: AtomicU64,
    failures: AtomicU32,
    ejections: AtomicU32,
    ejected_until: AtomicU64,
    pub(super) used: AtomicU64,
}

impl Load {
    pub(super) fn begin(&self, now: u64) {
        self.in_flight.fetch_add(1, Relaxed);
        self.used.store(now, Relaxed);
    }

    pub(super) fn end(&self) {
        self.in_flight.fetch_sub(1, Relaxed);
    }

    pub(super) fn in_flight(&self) -> u32 {
        self.in_flight.load(Relaxed)
    }

    /// The moving latency in microseconds, faded to nothing while nobody asks; `None` = not known (any more).
    pub(super) fn latency(&self, now: u64, policy: &Policy) -> Option<u64> {
        let (micros, at) = unpack(self.latency.load(Relaxed));
        let faded = (f64::from(micros) * weight(now, at, policy)) as u64;
        (faded > 0).then_some(faded)
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

    /// Peak EWMA: a slower answer counts at once, faster ones are believed with time.
    fn learn(&self, micros: u32, now: u64, policy: &Policy) {
        let learned = |word| {
            let (old, at) = unpack(word);
            let w = weight(now, at, policy);
            let next = if micros > old { micros } else { (f64::from(old) * w + f64::from(micros) * (1.0 - w)) as u32 };
            Some(pack(next.max(1), now as u32))
        };
        // The closure never gives `None`, so this cannot fail.
        let _ = self.latency.fetch_update(Relaxed, Relaxed, learned);
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

fn pack(micros: u32, at: u32) -> u64 {
    u64::from(micros) << 32 | u64::from(at)
}
fn unpack(word: u64) -> (u32, u32) {
    ((word >> 32) as u32, word as u32)
}
/// How much a value of then still counts now.
fn weight(now: u64, at: u32, policy: &Policy) -> f64 {
    let age = (now as u32).wrapping_sub(at);
    (-f64::from(age) / policy.memory.as_millis().max(1) as f64).exp()
}
