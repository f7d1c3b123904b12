//! The generic cell rate algorithm (ITU-T I.371): one time per key, that at which all its requests so far have been worked off.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

const SHARDS: usize = 16;
/// Keys of one generation of a shard: a quarter of a million in all, some megabytes.
const KEYS: usize = 8192;
/// So many bursts ahead of its time a key may be by what others have let through.
const MAX_BURSTS: u64 = 16;

/// How many requests are let through.
#[derive(Clone, Copy, Debug, Hash)]
pub struct Rate {
    /// Between two requests at the steady rate, in nanoseconds.
    pub interval: u64,
    /// So many may come at once.
    pub burst: u64,
}

/// How a key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// How many may come at once.
    pub limit: u64,
    /// How many of these may still come now.
    pub remaining: u64,
    /// Until all of them may.
    pub reset: Duration,
    /// It is too much now, and may come again after this time.
    pub retry: Option<Duration>,
}

type Generation = HashMap<u64, u64>;

/// The times of all keys. Two generations per shard: when the young one is full it becomes the old one, and the keys that did not come
/// since the last change begin anew. So memory is bounded, whatever keys clients make up.
pub struct Store {
    started: Instant,
    shards: [Mutex<[Generation; 2]>; SHARDS],
}

impl Default for Store {
    fn default() -> Self {
        Store { started: Instant::now(), shards: Default::default() }
    }
}

impl Store {
    /// Counts a request, unless it is too much.
    pub fn take(&self, key: u64, rate: Rate) -> Quota {
        self.take_at(key, rate, self.now())
    }

    fn take_at(&self, key: u64, rate: Rate, now: u64) -> Quota {
        let mut shard = self.shard(key);
        let before = spent(&shard, key, now);
        let (whole, after) = (rate.interval.saturating_mul(rate.burst), before.saturating_add(rate.interval));
        let (spent, retry) = if after > whole { (before, Some(Duration::from_nanos(after - whole))) } else { (after, None) };
        // Also of who is refused: otherwise it would be forgotten, and begin anew.
        insert(&mut shard, key, now + spent);
        quota(rate, spent, retry)
    }

    /// Counts requests that others have let through, whether they are too much or not. Time that they have taken in advance is bounded.
    pub fn add(&self, key: u64, rate: Rate, count: u64) {
        let now = self.now();
        let most = rate.interval.saturating_mul(rate.burst).saturating_mul(MAX_BURSTS);
        let mut shard = self.shard(key);
        let spent = spent(&shard, key, now).saturating_add(rate.interval.saturating_mul(count)).min(most);
        insert(&mut shard, key, now.saturating_add(spent));
    }

    /// How a key stands.
    #[cfg(test)]
    pub fn peek(&self, key: u64, rate: Rate) -> Quota {
        quota(rate, spent(&self.shard(key), key, self.now()), None)
    }

    fn shard(&self, key: u64) -> MutexGuard<'_, [Generation; 2]> {
        self.shards[key as usize % SHARDS].lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

/// How much time the requests of a key so far take from now on.
fn spent(shard: &[Generation; 2], key: u64, now: u64) -> u64 {
    let known = shard[0].get(&key).or_else(|| shard[1].get(&key)).copied();
    known.unwrap_or(0).max(now) - now
}

fn insert(shard: &mut [Generation; 2], key: u64, until: u64) {
    if shard[0].len() >= KEYS && !shard[0].contains_key(&key) {
        shard.swap(0, 1);
        shard[0].clear();
    }
    shard[0].insert(key, until);
}

fn quota(rate: Rate, spent: u64, retry: Option<Duration>) -> Quota {
    let whole = rate.interval.saturating_mul(rate.burst);
    Quota { limit: rate.burst, remaining: whole.saturating_sub(spent) / rate.interval.max(1), reset: Duration::from_nanos(spent), retry }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: u64 = 1_000_000_000;
    /// Two a second, three at once.
    const RATE: Rate = Rate { interval: SECOND / 2, burst: 3 };

    #[test]
    fn a_burst_passes_and_then_the_rate() {
        let store = Store::default();
        let left: Vec<u64> = (0..3).map(|_| store.take_at(1, RATE, 0).remaining).collect();
        assert_eq!(left, [2, 1, 0]);
        let refused = store.take_at(1, RATE, 0);
        assert_eq!((refused.remaining, refused.retry), (0, Some(Duration::from_millis(500))));
        assert_eq!(refused.reset, Duration::from_millis(1500));
        assert!(store.take_at(1, RATE, SECOND / 2 - 1).retry.is_some());
        assert_eq!(store.take_at(1, RATE, SECOND / 2).retry, None, "what is refused does not count");
        assert_eq!(store.take_at(2, RATE, 0).remaining, 2, "another key has its own");
        assert_eq!(store.take_at(1, RATE, 100 * SECOND).remaining, 2, "nothing is saved up beyond the burst");
    }

    #[test]
    fn memory_is_bounded_and_who_keeps_coming_is_not_forgotten() {
        let (store, mut passed) = (Store::default(), 0);
        for n in 0..(SHARDS * KEYS * 5) as u64 {
            store.take_at(n, RATE, 0);
            if n % 1000 == 0 {
                passed += u64::from(store.take_at(u64::MAX, RATE, 0).retry.is_none());
            }
        }
        assert_eq!(passed, RATE.burst);
        let known: usize = store.shards.iter().map(|s| s.lock().unwrap().iter().map(HashMap::len).sum::<usize>()).sum();
        assert!(known <= SHARDS * KEYS * 2, "{known}");
    }

    proptest! {
        #[test]
        fn never_more_pass_than_burst_and_rate_allow(gaps in prop::collection::vec(0u64..SECOND, 1..200)) {
            let (store, mut now, mut passed) = (Store::default(), 0, 0u64);
            for gap in gaps {
                now += gap;
                let quota = store.take_at(1, RATE, now);
                passed += u64::from(quota.retry.is_none());
                prop_assert!(passed <= RATE.burst + now / RATE.interval);
                prop_assert!(quota.remaining <= RATE.burst);
                if let Some(retry) = quota.retry {
                    let after = now + retry.as_nanos() as u64;
                    prop_assert!(store.take_at(1, RATE, after).retry.is_none());
                    (now, passed) = (after, passed + 1);
                }
            }
        }
    }
}
