//! A ring of counters, one for each of the last spans of time of the same length.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{
            AtomicI64,
            Ordering::{Acquire, Release},
        },
    },
};

/// What a ring is made of.
pub trait Counter: Default {
    type Counts;

    /// Begins at zero again.
    fn reset(&self);
    fn read(&self) -> Self::Counts;
}

/// Spans begin at multiples of their length since the Unix epoch, so that those of several gateways are the same. Who counts does not wait, but
/// for the first request of a span.
#[derive(Debug)]
pub struct Ring<C> {
    /// Of a span, in milliseconds.
    length: i64,
    slots: Box<[Slot<C>]>,
    rolling: Mutex<()>,
}

#[derive(Debug)]
struct Slot<C> {
    /// The number of its span since the Unix epoch.
    span: AtomicI64,
    counter: C,
}

impl<C: Counter> Ring<C> {
    /// Keeps so many spans of this length in milliseconds, the running one among them.
    pub fn new(length: i64, spans: usize) -> Self {
        let slot = || Slot { span: AtomicI64::new(i64::MIN), counter: C::default() };
        Ring { length, slots: (0..spans).map(|_| slot()).collect(), rolling: Mutex::default() }
    }

    /// The counter of the span that runs at this time.
    pub fn at(&self, now: i64) -> &C {
        let span = now.div_euclid(self.length);
        let slot = &self.slots[span.rem_euclid(self.slots.len() as i64) as usize];
        if slot.span.load(Acquire) != span {
            self.roll(slot, span);
        }
        &slot.counter
    }

    /// Takes the place of a span that is over for another one.
    fn roll(&self, slot: &Slot<C>, span: i64) {
        let _one = self.rolling.lock().unwrap_or_else(PoisonError::into_inner);
        if slot.span.load(Acquire) != span {
            slot.counter.reset();
            slot.span.store(span, Release);
        }
    }

    /// Gives the non-empty spans by their start, without those that are too old at `now`.
    pub fn read(&self, now: i64) -> BTreeMap<i64, C::Counts> {
        let running = now.div_euclid(self.length);
        let oldest = running - self.slots.len() as i64 + 1;
        let read = |slot: &Slot<C>| {
            let span = slot.span.load(Acquire);
            let counts = slot.counter.read();
            let is_whole = slot.span.load(Acquire) == span && (oldest..=running).contains(&span);
            is_whole.then(|| (span * self.length, counts))
        };
        self.slots.iter().filter_map(read).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

    impl Counter for AtomicU64 {
        type Counts = u64;

        fn reset(&self) {
            self.store(0, Relaxed);
        }
        fn read(&self) -> u64 {
            self.load(Relaxed)
        }
    }

    fn ring() -> Ring<AtomicU64> {
        Ring::new(1000, 3)
    }

    fn count(ring: &Ring<AtomicU64>, now: i64) {
        ring.at(now).fetch_add(1, Relaxed);
    }

    #[test]
    fn a_span_ends_where_the_next_one_begins() {
        let ring = ring();
        [5_000, 5_999, 6_000].into_iter().for_each(|now| count(&ring, now));
        assert_eq!(ring.read(6_001), BTreeMap::from([(5_000, 2), (6_000, 1)]));
    }

    #[test]
    fn the_oldest_span_gives_its_place_to_the_newest() {
        let ring = ring();
        [1_000, 2_000, 3_000, 4_000, 4_500].into_iter().for_each(|now| count(&ring, now));
        assert_eq!(ring.read(4_999), BTreeMap::from([(2_000, 1), (3_000, 1), (4_000, 2)]));
    }

    #[test]
    fn spans_that_are_too_old_are_not_shown_though_nothing_has_taken_their_place() {
        let ring = ring();
        count(&ring, 1_000);
        assert_eq!(ring.read(3_999).len(), 1);
        assert!(ring.read(4_000).is_empty());
    }

    #[test]
    fn a_clock_that_is_set_back_counts_from_there() {
        let ring = ring();
        [10_000, 11_000, 12_000, 4_000].into_iter().for_each(|now| count(&ring, now));
        assert_eq!(ring.read(4_500), BTreeMap::from([(4_000, 1)]));
    }

    #[test]
    fn no_request_of_a_new_span_is_lost_when_many_threads_begin_it() {
        let ring = ring();
        for span in 0..50 {
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| (0..100).for_each(|_| count(&ring, span * 1000)));
                }
            });
            assert_eq!(ring.read(span * 1000)[&(span * 1000)], 400, "span {span}");
        }
    }
}
