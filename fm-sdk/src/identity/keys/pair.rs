use super::Jwk;
use crate::{Result, ResultExt};
use ed25519_dalek::SigningKey;
use rand::{TryRngCore, rngs::OsRng};
use std::fmt;

/// An Ed25519 key pair and when it was made.
pub(crate) struct KeyPair {
    signing: SigningKey,
    jwk: Jwk,
    pub(super) created_ms: i64,
}

impl KeyPair {
    /// Makes a pair from the operating system's randomness.
    pub(crate) fn generate(now_ms: i64) -> Result<Self> {
        let mut seed = [0; 32];
        OsRng.try_fill_bytes(&mut seed).internal()?;
        Ok(Self::from_seed(&seed, now_ms))
    }

    pub(crate) fn from_seed(seed: &[u8; 32], created_ms: i64) -> Self {
        let signing = SigningKey::from_bytes(seed);
        KeyPair { jwk: Jwk::new(&signing.verifying_key()), signing, created_ms }
    }

    pub(crate) fn kid(&self) -> &str {
        &self.jwk.kid
    }
    pub(crate) fn jwk(&self) -> &Jwk {
        &self.jwk
    }
    pub(crate) fn signing(&self) -> &SigningKey {
        &self.signing
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyPair").field("kid", &self.kid()).field("created_ms", &self.created_ms).finish_non_exhaustive()
    }
}
