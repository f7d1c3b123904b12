//! Tokens that were right: a signature of RSA or ECDSA costs as much as the rest of a request, and clients send a token many times.

use super::{claims::Claims, keys::Key};
use hashlink::LruCache;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex, PoisonError};

/// The last used ones are remembered.
const MAX_REMEMBERED: usize = 10_000;
/// The claims of longer ones take too much memory, in bytes.
const MAX_LENGTH: usize = 4096;

/// Claims of tokens by their digests.
pub struct Remembered(Mutex<LruCache<[u8; 32], Verified>>);

struct Verified {
    claims: Arc<Claims>,
    /// The one that has verified it. A token of a key that the issuer has taken back, or fetched anew, is verified again.
    key: Arc<Key>,
    /// Seconds since 1970.
    until: f64,
}

impl Default for Remembered {
    fn default() -> Self {
        Remembered(Mutex::new(LruCache::new(MAX_REMEMBERED)))
    }
}

impl Remembered {
    /// Gives the claims of a token that this very key has verified and that still holds, else verifies it.
    ///
    /// # Errors
    /// What is wrong with it; that is not remembered.
    pub fn claims<E>(
        &self,
        token: &str,
        key: &Arc<Key>,
        leeway: u64,
        now: f64,
        verify: impl FnOnce() -> Result<Claims, E>,
    ) -> Result<Arc<Claims>, E> {
        let digest: [u8; 32] = Sha256::digest(token).into();
        let current = |verified: &&mut Verified| Arc::ptr_eq(&verified.key, key) && now < verified.until;
        let known = self.lock().get_mut(&digest).filter(current).map(|verified| verified.claims.clone());
        if let Some(claims) = known {
            return Ok(claims);
        }
        let claims = Arc::new(verify()?);
        let expires = claims.get("exp").and_then(Value::as_f64);
        if let Some(expires) = expires.filter(|_| token.len() <= MAX_LENGTH) {
            let verified = Verified { claims: claims.clone(), key: key.clone(), until: expires + leeway as f64 };
            self.lock().insert(digest, verified);
        }
        Ok(claims)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, LruCache<[u8; 32], Verified>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::keys::KeySet, *};
    use jsonwebtoken::Algorithm;
    use serde_json::json;
    use std::cell::Cell;

    fn key() -> Arc<Key> {
        let key = json!({"kty": "OKP", "crv": "Ed25519", "kid": "a", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
        let keys = KeySet::parse(json!({"keys": [key]}).to_string().as_bytes()).unwrap();
        keys.find(Some("a"), Algorithm::EdDSA).unwrap().clone()
    }

    #[test]
    fn a_token_is_verified_once_while_it_holds_and_by_each_key() {
        let (remembered, first, second, verified) = (Remembered::default(), key(), key(), Cell::new(0));
        let ask = |token: &str, key: &Arc<Key>, now: f64| {
            let claims = remembered.claims(token, key, 10, now, || {
                verified.set(verified.get() + 1);
                if token == "bad" { Err(()) } else { Ok(json!({"exp": 100, "sub": token}).as_object().unwrap().clone()) }
            });
            claims.map(|claims| claims["sub"].as_str().unwrap().to_owned())
        };
        for (token, key, now, count) in [
            ("ann", &first, 50.0, 1),
            ("ann", &first, 109.0, 1),
            ("bob", &first, 50.0, 2),
            ("ann", &first, 110.0, 3),
            ("bob", &second, 50.0, 4),
            ("bob", &first, 50.0, 5),
        ] {
            assert_eq!((ask(token, key, now), verified.get()), (Ok(token.to_owned()), count), "{token} {now}");
        }
        for count in [6, 7] {
            assert_eq!((ask("bad", &first, 50.0), verified.get()), (Err(()), count));
        }
        let long = "x".repeat(MAX_LENGTH + 1);
        for count in [8, 9] {
            assert_eq!((ask(&long, &first, 50.0).is_ok(), verified.get()), (true, count));
        }
    }
}
