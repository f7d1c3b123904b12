//! What clients lived through, with its times.

use crate::compare::{Finding, Kind};
use std::{
    collections::BTreeMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

/// One thing that a client wanted done.
#[derive(Clone, Copy, Debug)]
pub struct Op {
    pub verb: &'static str,
    pub began: Instant,
    /// Until it was acknowledged, or given up.
    pub took: Duration,
    pub attempts: u32,
    pub acknowledged: bool,
}

/// Shared by everybody who takes part.
#[derive(Default)]
pub struct Record {
    over: AtomicBool,
    ops: Mutex<Vec<Op>>,
    reads: Mutex<Vec<(Instant, bool)>>,
    refused: Mutex<Vec<Finding>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Record {
    /// Nothing new is begun from now on.
    pub fn end(&self) {
        self.over.store(true, Relaxed);
    }
    pub fn is_over(&self) -> bool {
        self.over.load(Relaxed)
    }
    pub fn op(&self, op: Op) {
        lock(&self.ops).push(op);
    }
    pub fn read(&self, at: Instant, answered: bool) {
        lock(&self.reads).push((at, answered));
    }
    /// Notes an answer that nobody should have got.
    pub fn refused(&self, what: String) {
        lock(&self.refused).push(Finding { kind: Kind::Refused, what });
    }
    pub fn refusals(&self) -> Vec<Finding> {
        lock(&self.refused).clone()
    }

    /// Counts by verb: acknowledged, given up, attempts.
    pub fn counts(&self) -> BTreeMap<&'static str, (u64, u64, u64)> {
        let mut counts = BTreeMap::<_, (u64, u64, u64)>::new();
        for op in lock(&self.ops).iter() {
            let count = counts.entry(op.verb).or_default();
            *(if op.acknowledged { &mut count.0 } else { &mut count.1 }) += 1;
            count.2 += u64::from(op.attempts);
        }
        counts
    }

    /// The longest time that anything begun between these moments, or waiting at the first, took to be acknowledged.
    pub fn longest_write(&self, from: Instant, to: Instant) -> Duration {
        let ops = lock(&self.ops);
        let within = ops.iter().filter(|op| op.began < to && op.began + op.took > from);
        within.map(|op| op.took).max().unwrap_or_default()
    }

    /// The longest time between these moments without an answered read.
    pub fn longest_gap(&self, from: Instant, to: Instant) -> Duration {
        let reads = lock(&self.reads);
        let mut last = from;
        let mut longest = Duration::ZERO;
        for (at, _) in reads.iter().filter(|(at, answered)| *answered && *at >= from && *at < to) {
            longest = longest.max(*at - last);
            last = *at;
        }
        longest.max(to - last)
    }

    /// Reads: answered, failed.
    pub fn reads(&self) -> (usize, usize) {
        let reads = lock(&self.reads);
        let answered = reads.iter().filter(|(_, answered)| *answered).count();
        (answered, reads.len() - answered)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_gap_is_between_answered_reads() {
        let (record, start) = (Record::default(), Instant::now());
        for (second, answered) in [(1, true), (2, false), (3, false), (5, true), (6, true)] {
            record.read(start + Duration::from_secs(second), answered);
        }
        assert_eq!(record.longest_gap(start, start + Duration::from_secs(7)), Duration::from_secs(4));
        assert_eq!(record.longest_gap(start, start + Duration::from_secs(20)), Duration::from_secs(14));
    }

    #[test]
    fn a_write_counts_for_the_time_in_which_it_waited() {
        let (record, start) = (Record::default(), Instant::now());
        let took = Duration::from_secs(5);
        record.op(Op { verb: "create", began: start, took, attempts: 3, acknowledged: true });
        let second = |n| start + Duration::from_secs(n);
        assert_eq!(record.longest_write(second(4), second(9)), took);
        assert_eq!(record.longest_write(second(6), second(9)), Duration::ZERO);
        assert_eq!(record.counts()["create"], (1, 0, 3));
    }
}
