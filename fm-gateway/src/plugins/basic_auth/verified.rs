//! Credentials that were right.

use hashlink::LruCache;
use ring::{digest::SHA256_OUTPUT_LEN, hmac, rand::SystemRandom};
use std::sync::{Arc, Mutex, PoisonError};

/// The last used ones are remembered.
const MAX_VERIFIED: usize = 10_000;
/// Credentials that are being verified.
const MAX_TURNS: usize = 1000;

/// Stands for a name, a password and the hash that they were compared with: with another hash they are verified anew.
pub type Digest = [u8; SHA256_OUTPUT_LEN];

pub struct Verified {
    /// `None` without a source of random numbers: nothing is remembered then.
    key: Option<hmac::Key>,
    verified: Mutex<LruCache<Digest, ()>>,
    turns: Mutex<LruCache<Digest, Arc<tokio::sync::Mutex<()>>>>,
}

impl Default for Verified {
    fn default() -> Self {
        Verified {
            key: hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()).ok(),
            verified: Mutex::new(LruCache::new(MAX_VERIFIED)),
            turns: Mutex::new(LruCache::new(MAX_TURNS)),
        }
    }
}

impl Verified {
    pub fn digest(&self, name: &str, password: &str, hash: &str) -> Digest {
        let Some(key) = &self.key else { return Digest::default() };
        let mut context = hmac::Context::with_key(key);
        for part in [name, password, hash] {
            // With its length in front, so that no two credentials are one text.
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        let mut digest = Digest::default();
        digest.copy_from_slice(context.sign().as_ref());
        digest
    }

    pub fn has(&self, digest: &Digest) -> bool {
        self.key.is_some() && self.verified.lock().unwrap_or_else(PoisonError::into_inner).get(digest).is_some()
    }

    pub fn insert(&self, digest: Digest) {
        self.verified.lock().unwrap_or_else(PoisonError::into_inner).insert(digest, ());
    }

    /// What those hold one after the other who verify the same credentials.
    pub fn turn(&self, digest: Digest) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = turns.get(&digest) {
            return turn.clone();
        }
        let turn = Arc::<tokio::sync::Mutex<()>>::default();
        turns.insert(digest, turn.clone());
        turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_credentials_of_the_same_hash_are_remembered() {
        let verified = Verified::default();
        verified.insert(verified.digest("ann", "secret", "hash"));
        assert!(verified.has(&verified.digest("ann", "secret", "hash")));
        for (name, password, hash) in
            [("ann", "secre", "thash"), ("anns", "ecret", "hash"), ("ann", "secret", "other"), ("bob", "secret", "hash")]
        {
            assert!(!verified.has(&verified.digest(name, password, hash)), "{name} {password} {hash}");
        }
        assert!(!Verified::default().has(&verified.digest("ann", "secret", "hash")), "each process has a key of its own");
    }
}
