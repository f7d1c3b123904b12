use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{Mutex, PoisonError},
};

/// Keys that are remembered, never more: 16 bytes each.
const MAX_KEYS: usize = 100_000;

/// So many at once, then one every so often.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// How many at once.
    pub burst: u32,
    /// How long until there is one more, in milliseconds.
    pub every_ms: i64,
}

impl Limit {
    /// So many per minute, which may come all at once.
    pub fn per_minute(n: u32) -> Self {
        Limit { burst: n, every_ms: 60_000 / i64::from(n.max(1)) }
    }
}

/// Counts per key by the generic cell rate algorithm: one number per key says until when all it took is paid off.
pub(super) struct Gauge {
    limit: Limit,
    hasher: RandomState,
    paid_off_ms: Mutex<HashMap<u64, i64>>,
}

impl Gauge {
    pub fn new(limit: Limit) -> Self {
        Gauge { limit, hasher: RandomState::new(), paid_off_ms: Mutex::default() }
    }

    /// Takes one, or says how long to wait, in milliseconds.
    pub fn take(&self, key: &str, now_ms: i64) -> Result<(), i64> {
        let key = self.hasher.hash_one(key);
        let mut all = self.paid_off_ms.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MAX_KEYS && !all.contains_key(&key) {
            make_room(&mut all, now_ms);
        }
        let until = all.entry(key).or_insert(now_ms);
        let next = (*until).max(now_ms) + self.limit.every_ms;
        let wait = next - now_ms - self.limit.every_ms * i64::from(self.limit.burst);
        if wait > 0 {
            return Err(wait);
        }
        *until = next;
        Ok(())
    }

    /// Gives one back.
    pub fn give_back(&self, key: &str) {
        let mut all = self.paid_off_ms.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(until) = all.get_mut(&self.hasher.hash_one(key)) {
            *until -= self.limit.every_ms;
        }
    }
}

/// Forgets the half of the keys that is paid off first: those that are free already, and then those that owe least.
fn make_room(all: &mut HashMap<u64, i64>, now_ms: i64) {
    let mut kept: Vec<(i64, u64)> = all.drain().filter(|&(_, until)| until > now_ms).map(|(key, until)| (until, key)).collect();
    let half = MAX_KEYS / 2;
    if kept.len() > half {
        let surplus = kept.len() - half;
        kept.select_nth_unstable(surplus);
        kept.drain(..surplus);
    }
    all.extend(kept.into_iter().map(|(until, key)| (key, until)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_let_through_then_one_at_a_time() {
        let gauge = Gauge::new(Limit { burst: 3, every_ms: 1000 });
        for _ in 0..3 {
            gauge.take("a", 0).unwrap();
        }
        assert_eq!(gauge.take("a", 0), Err(1000));
        assert_eq!(gauge.take("a", 400), Err(600));
        gauge.take("b", 0).unwrap();
        gauge.take("a", 1000).unwrap();
        assert_eq!(gauge.take("a", 1000), Err(1000));
        gauge.give_back("a");
        gauge.take("a", 1000).unwrap();
        for _ in 0..3 {
            gauge.take("a", 60_000).unwrap();
        }
        assert!(gauge.take("a", 60_000).is_err());
    }

    #[test]
    fn an_expired_penalty_is_forgotten() {
        let gauge = Gauge::new(Limit { burst: 1, every_ms: 10 });
        for n in 0..MAX_KEYS {
            gauge.take(&n.to_string(), 0).unwrap();
        }
        gauge.take("new", 11).unwrap();
        assert_eq!(gauge.paid_off_ms.lock().unwrap().len(), 1);
    }

    #[test]
    fn the_number_of_keys_is_bounded_and_those_that_owe_most_are_kept() {
        let gauge = Gauge::new(Limit { burst: 2, every_ms: 1_000_000 });
        for _ in 0..2 {
            gauge.take("guessed at", 0).unwrap();
        }
        for n in 0..3 * MAX_KEYS {
            gauge.take(&n.to_string(), 0).unwrap();
        }
        assert!(gauge.paid_off_ms.lock().unwrap().len() <= MAX_KEYS);
        assert!(gauge.take("guessed at", 0).is_err());
    }
}
