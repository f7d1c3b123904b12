//! Requests in flight, counted by key.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

const SHARDS: usize = 16;

type Shard = Mutex<HashMap<u64, usize>>;

/// Has a count for each key that has a request in flight, and no other: its size is bounded by the requests of the gateway.
#[derive(Default)]
pub struct InFlight([Shard; SHARDS]);

/// The place of a request; given back when it is dropped.
pub struct Place {
    of: Arc<InFlight>,
    key: u64,
}

impl InFlight {
    /// Counts a request, unless so many are in flight already.
    pub fn enter(self: &Arc<Self>, key: u64, limit: usize) -> Option<Place> {
        let mut counts = self.shard(key).lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.get(&key).copied().unwrap_or(0);
        if count >= limit {
            return None;
        }
        counts.insert(key, count + 1);
        Some(Place { of: self.clone(), key })
    }

    fn shard(&self, key: u64) -> &Shard {
        &self.0[key as usize % SHARDS]
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.of.shard(self.key).lock().unwrap_or_else(PoisonError::into_inner);
        match counts.get_mut(&self.key) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(counts.remove(&self.key)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_released_when_its_request_ends() {
        let counts = Arc::<InFlight>::default();
        let places: Vec<Place> = (0..2).filter_map(|_| counts.enter(7, 2)).collect();
        assert_eq!(places.len(), 2);
        assert!(counts.enter(7, 2).is_none());
        assert!(counts.enter(7 + SHARDS as u64, 2).is_some(), "another key of the same shard");
        drop(places);
        assert!(counts.enter(7, 1).is_some());
    }

    #[test]
    fn a_lower_limit_holds_at_once_and_nothing_is_kept_of_keys_without_requests() {
        let counts = Arc::<InFlight>::default();
        let places: Vec<Place> = (0..3).filter_map(|_| counts.enter(1, 3)).collect();
        assert!(counts.enter(1, 2).is_none());
        drop(places);
        assert!(counts.0.iter().all(|shard| shard.lock().unwrap().is_empty()));
    }
}
