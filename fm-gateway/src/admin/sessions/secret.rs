//! Ids of sessions and API tokens: 256 random bits that only their holder has.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The characters of a secret.
const LENGTH: usize = 43;

/// A secret in its text form. Not printable by accident.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    pub fn random() -> Secret {
        Secret(URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()))
    }

    /// Takes a text that may be one.
    pub fn parse(text: &str) -> Option<Secret> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        (text.len() == LENGTH && text.bytes().all(plain)).then(|| Secret(text.into()))
    }

    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is kept. One round of SHA-256 is enough: 256 random bits cannot be guessed.
    pub fn hash(&self) -> String {
        hex(&Sha256::digest(&self.0))
    }

    /// What a form of this session must carry. It cannot be turned into the id again.
    pub fn form_token(&self) -> String {
        hex(&Sha256::new_with_prefix(b"form:").chain_update(&self.0).finalize())
    }
}

/// Compares without telling by its time where texts differ.
pub fn is_same(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
