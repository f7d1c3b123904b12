//! Verified access tokens, so that a signature is checked once and not per request.

use super::Identity;
use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, PoisonError},
};

const SHARDS: usize = 16;

/// A verified token and the key that signed it.
#[derive(Clone)]
pub(crate) struct Verified {
    pub(crate) who: Identity,
    pub(crate) kid: Arc<str>,
}

type Generation = HashMap<Arc<str>, Verified>;

/// Two generations per shard: when the young one is full it becomes the old one, and what nobody asked for since then is gone.
/// Looked up by the whole token, so that no two tokens can be taken for each other; only verified ones get in.
pub(crate) struct Cache {
    hasher: RandomState,
    shards: Vec<Mutex<[Generation; 2]>>,
    per_generation: usize,
}

impl Cache {
    /// Holds about this many tokens, never more than twice as many.
    pub(crate) fn new(capacity: usize) -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::default()).collect();
        Cache { hasher: RandomState::new(), shards, per_generation: capacity.div_ceil(SHARDS) }
    }

    pub(crate) fn get(&self, token: &str) -> Option<Verified> {
        let mut shard = self.shard(token);
        if let Some(hit) = shard[0].get(token) {
            return Some(hit.clone());
        }
        let (key, hit) = shard[1].remove_entry(token)?;
        self.add(&mut shard, key, hit.clone());
        Some(hit)
    }

    pub(crate) fn put(&self, verified: Verified) {
        if self.per_generation > 0 {
            let key = verified.who.shared_token();
            let mut shard = self.shard(&key);
            self.add(&mut shard, key, verified);
        }
    }

    pub(crate) fn drop(&self, token: &str) {
        let mut shard = self.shard(token);
        shard[0].remove(token);
        shard[1].remove(token);
    }

    fn add(&self, shard: &mut [Generation; 2], key: Arc<str>, verified: Verified) {
        if shard[0].len() >= self.per_generation {
            shard.swap(0, 1);
            shard[0].clear();
        }
        shard[0].insert(key, verified);
    }

    fn shard(&self, token: &str) -> std::sync::MutexGuard<'_, [Generation; 2]> {
        let n = self.hasher.hash_one(token) as usize % SHARDS;
        self.shards[n].lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(|s| s.lock().unwrap_or_else(PoisonError::into_inner).iter().map(HashMap::len).sum::<usize>()).sum()
    }
}
