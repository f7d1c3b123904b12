//! The last minutes of one route: small, for there may be thousands of routes. It has no histogram, so its times are known by their mean.

use super::ring::{Counter, Ring};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    iter::Sum,
    sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    time::Duration,
};

/// How many minutes are kept, the running one among them.
const MINUTES: usize = 15;
const MINUTE_MS: i64 = 60_000;

/// The counters of one route.
#[derive(Debug)]
pub struct RouteTimeline(Ring<RouteCounter>);

#[derive(Debug, Default)]
struct RouteCounter {
    requests: AtomicU32,
    errors: AtomicU32,
    timed: AtomicU32,
    micros: AtomicU64,
}

/// What was counted of one route in some time, by one gateway or by several.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteCounts {
    pub requests: u64,
    /// Answers with 5xx.
    pub errors: u64,
    /// Requests whose time is known.
    pub timed: u64,
    /// What they took together.
    pub micros: u64,
}

impl Default for RouteTimeline {
    fn default() -> Self {
        RouteTimeline(Ring::new(MINUTE_MS, MINUTES))
    }
}

impl RouteTimeline {
    pub(super) fn note(&self, now: i64, is_error: bool, took: Option<Duration>) {
        let counter = self.0.at(now);
        counter.requests.fetch_add(1, Relaxed);
        if is_error {
            counter.errors.fetch_add(1, Relaxed);
        }
        if let Some(took) = took {
            counter.timed.fetch_add(1, Relaxed);
            counter.micros.fetch_add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Relaxed);
        }
    }

    /// The minutes in which there were requests, by the time at which each began, in milliseconds since the Unix epoch.
    pub fn minutes(&self, now: i64) -> BTreeMap<i64, RouteCounts> {
        self.0.read(now)
    }

    /// When the last minutes began, the oldest first.
    pub fn beginnings(now: i64) -> impl Iterator<Item = i64> {
        let running = now.div_euclid(MINUTE_MS);
        (running - MINUTES as i64 + 1..=running).map(|minute| minute * MINUTE_MS)
    }
}

impl Counter for RouteCounter {
    type Counts = RouteCounts;

    fn reset(&self) {
        [&self.requests, &self.errors, &self.timed].into_iter().for_each(|count| count.store(0, Relaxed));
        self.micros.store(0, Relaxed);
    }
    fn read(&self) -> RouteCounts {
        let [requests, errors, timed] = [&self.requests, &self.errors, &self.timed].map(|count| count.load(Relaxed).into());
        RouteCounts { requests, errors, timed, micros: self.micros.load(Relaxed) }
    }
}

impl RouteCounts {
    /// Adds others: of another gateway, or of another minute.
    pub fn add(&mut self, other: &RouteCounts) {
        self.requests += other.requests;
        self.errors += other.errors;
        self.timed += other.timed;
        self.micros += other.micros;
    }

    /// The mean time of a request; `None` if none has a time.
    pub fn mean_ms(&self) -> Option<f64> {
        (self.timed > 0).then(|| self.micros as f64 / self.timed as f64 / 1000.0)
    }

    /// How many of a hundred requests failed.
    pub fn error_percent(&self) -> f64 {
        if self.requests == 0 { 0.0 } else { self.errors as f64 * 100.0 / self.requests as f64 }
    }
}

impl<'c> Sum<&'c RouteCounts> for RouteCounts {
    fn sum<I: Iterator<Item = &'c RouteCounts>>(counts: I) -> Self {
        let mut sum = RouteCounts::default();
        counts.for_each(|one| sum.add(one));
        sum
    }
}
