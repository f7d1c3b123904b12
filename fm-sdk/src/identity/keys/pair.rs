use super::Jwk;
use crate::{Result, ResultExt};
use ed25519_dalek::{SigningKey, pkcs8::EncodePrivateKey};
use jsonwebtoken::EncodingKey;
use rand::{TryRngCore, rngs::OsRng};
use std::fmt;

/// An Ed25519 key pair and when it was made.
pub(crate) struct KeyPair {
    signing: SigningKey,
    encoding: EncodingKey,
    jwk: Jwk,
    pub(super) created_ms: i64,
}

impl KeyPair {
    /// Makes a pair from the operating system's randomness.
    pub(crate) fn generate(now_ms: i64) -> Result<Self> {
        let mut seed = [0; 32];
        OsRng.try_fill_bytes(&mut seed).internal()?;
        Self::from_seed(&seed, now_ms)
    }

    pub(crate) fn from_seed(seed: &[u8; 32], created_ms: i64) -> Result<Self> {
        let signing = SigningKey::from_bytes(seed);
        let encoding = EncodingKey::from_ed_der(signing.to_pkcs8_der().internal()?.as_bytes());
        Ok(KeyPair { jwk: Jwk::new(&signing.verifying_key()), signing, encoding, created_ms })
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
    pub(crate) fn encoding(&self) -> &EncodingKey {
        &self.encoding
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyPair").field("kid", &self.kid()).field("created_ms", &self.created_ms).finish_non_exhaustive()
    }
}
