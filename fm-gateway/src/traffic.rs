//! How requests have gone: numbers that gateways can add up, because times are counted in a histogram with the same bounds everywhere.

use serde::{Deserialize, Serialize};
use std::{
    array,
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

/// Bounds grow by a fourth root of two, from 0.25 ms to about 14 s: a quantile is at most a fifth too high.
const BUCKETS: usize = 64;
const FIRST_BOUND_MICROS: f64 = 250.0;
const PER_DOUBLING: f64 = 4.0;

/// Counts requests: those of a route, or of a span of time.
#[derive(Debug)]
pub struct TrafficCounter {
    requests: AtomicU64,
    errors: AtomicU64,
    buckets: [AtomicU64; BUCKETS],
}

impl Default for TrafficCounter {
    fn default() -> Self {
        TrafficCounter { requests: AtomicU64::default(), errors: AtomicU64::default(), buckets: array::from_fn(|_| AtomicU64::default()) }
    }
}

impl TrafficCounter {
    /// Counts a request. Of one that lasts as long as its client likes the time says nothing.
    pub fn note(&self, is_error: bool, took: Option<Duration>) {
        self.requests.fetch_add(1, Relaxed);
        if is_error {
            self.errors.fetch_add(1, Relaxed);
        }
        if let Some(took) = took {
            self.buckets[bucket(took)].fetch_add(1, Relaxed);
        }
    }

    /// Begins at zero again. Who notes meanwhile may be counted or not.
    pub fn reset(&self) {
        [&self.requests, &self.errors].into_iter().chain(&self.buckets).for_each(|count| count.store(0, Relaxed));
    }

    /// The numbers up to now.
    pub fn read(&self) -> Traffic {
        let counts = self.buckets.iter().enumerate().map(|(at, count)| (at, count.load(Relaxed)));
        Traffic {
            requests: self.requests.load(Relaxed),
            errors: self.errors.load(Relaxed),
            buckets: counts.filter(|(_, count)| *count > 0).collect(),
        }
    }
}

/// The numbers of a route or of a span of time, of one gateway or of several.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traffic {
    pub requests: u64,
    /// Answers with 5xx.
    pub errors: u64,
    /// How many requests took about how long.
    buckets: BTreeMap<usize, u64>,
}

impl Traffic {
    /// Adds others: of another gateway, or of another span of time.
    pub fn add(&mut self, other: &Traffic) {
        self.requests += other.requests;
        self.errors += other.errors;
        for (at, count) in &other.buckets {
            *self.buckets.entry(*at).or_default() += count;
        }
    }

    /// How many of a hundred requests failed.
    pub fn error_percent(&self) -> f64 {
        if self.requests == 0 { 0.0 } else { self.errors as f64 * 100.0 / self.requests as f64 }
    }

    /// The time within which half of the requests ended; `None` if none has.
    pub fn p50(&self) -> Option<Duration> {
        self.quantile(50)
    }

    /// The time within which 99 of 100 requests ended; `None` if none has.
    pub fn p99(&self) -> Option<Duration> {
        self.quantile(99)
    }

    fn quantile(&self, percent: u64) -> Option<Duration> {
        let timed = self.timed();
        let wanted = timed - timed * (100 - percent) / 100;
        let mut seen = 0;
        let at = self.buckets.iter().find(|(_, count)| {
            seen += **count;
            seen >= wanted
        })?;
        Some(bound(*at.0))
    }

    /// How many requests have a time.
    pub fn timed(&self) -> u64 {
        self.buckets.values().sum()
    }
}

fn bucket(took: Duration) -> usize {
    let doublings = (took.as_micros() as f64 / FIRST_BOUND_MICROS).log2();
    // Anything below the first bound, zero too, is in the first bucket; anything above the last one in the last.
    (doublings * PER_DOUBLING).ceil().clamp(0.0, (BUCKETS - 1) as f64) as usize
}

fn bound(bucket: usize) -> Duration {
    Duration::from_micros((FIRST_BOUND_MICROS * (bucket as f64 / PER_DOUBLING).exp2()).round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    #[test]
    fn a_quantile_is_never_too_low_and_at_most_a_fifth_too_high() {
        for micros in [0, 1, 249, 250, 251, 1000, 33_333, 500_000, 9_999_999] {
            let traffic = TrafficCounter::default();
            traffic.note(false, Some(Duration::from_micros(micros)));
            let p99 = traffic.read().p99().unwrap();
            assert!(p99.as_micros() as u64 + 1 >= micros, "{micros}: {p99:?}");
            assert!(p99.as_micros() as u64 <= (micros * 6 / 5).max(250) + 1, "{micros}: {p99:?}");
        }
    }

    #[test]
    fn the_slowest_of_a_hundred_does_not_count_and_the_second_slowest_does() {
        let traffic = TrafficCounter::default();
        (0..99).for_each(|_| traffic.note(false, Some(MS(1))));
        traffic.note(false, Some(MS(1000)));
        assert!(traffic.read().p99().unwrap() < MS(2));
        traffic.note(false, Some(MS(1000)));
        assert!(traffic.read().p99().unwrap() >= MS(1000));
    }

    #[test]
    fn quantiles_of_added_numbers_are_those_of_all_requests_together() {
        // Two gateways, one of them much slower and with a tenth of the requests: the mean of their own p99s would be far off.
        let times: [Vec<u64>; 2] = [(0..900).map(|n| 1_000 + n).collect(), (0..100).map(|n| 100_000 + n * 9_000).collect()];
        let read = |micros: &[u64]| {
            let counter = TrafficCounter::default();
            micros.iter().for_each(|micros| counter.note(false, Some(Duration::from_micros(*micros))));
            counter.read()
        };
        let mut sum = read(&times[0]);
        sum.add(&read(&times[1]));
        let mut all = times.concat();
        all.sort_unstable();
        for (percent, seen) in [(50, sum.p50()), (99, sum.p99())] {
            let (seen, exact) = (seen.unwrap().as_micros() as u64, all[all.len() * percent / 100 - 1]);
            assert!(seen >= exact && seen <= exact * 6 / 5, "p{percent}: {seen} for {exact}");
        }
        let mean = (read(&times[0]).p99().unwrap() + read(&times[1]).p99().unwrap()) / 2;
        assert!(mean < sum.p99().unwrap() * 2 / 3, "{mean:?}");
    }

    #[test]
    fn a_counter_that_is_reset_begins_at_zero() {
        let traffic = TrafficCounter::default();
        traffic.note(true, Some(MS(7)));
        traffic.reset();
        assert_eq!(traffic.read(), Traffic::default());
    }

    #[test]
    fn gateways_add_up_and_nothing_is_no_error() {
        let (a, b) = (TrafficCounter::default(), TrafficCounter::default());
        (0..3).for_each(|_| a.note(false, Some(MS(1))));
        b.note(true, Some(MS(100)));
        let mut sum = a.read();
        sum.add(&b.read());
        assert_eq!((sum.requests, sum.errors, sum.error_percent()), (4, 1, 25.0));
        assert!(sum.p99().unwrap() >= MS(100));
        assert_eq!((Traffic::default().error_percent(), Traffic::default().p99()), (0.0, None));
        b.note(false, None);
        assert_eq!((b.read().requests, b.read().timed()), (2, 1), "a stream has no time");
    }
}
