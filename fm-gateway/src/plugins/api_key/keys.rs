//! Keys by their hashes.

use super::super::consumer::Consumer;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, sync::Arc};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

const MAX_KEYS: usize = 1000;

/// The hashes of one client's keys, in hexadecimal.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum Hashes {
    One(String),
    Several(Vec<String>),
}

/// All keys, and whose they are.
#[derive(Debug, Default)]
pub struct Keys(Vec<([u8; 32], Arc<Consumer>)>);

impl Keys {
    /// # Errors
    /// A sentence that names the client, and no hash.
    pub fn read(clients: BTreeMap<String, Hashes>) -> Result<Keys, String> {
        let mut keys = Keys::default();
        for (name, hashes) in clients {
            let hashes = match hashes {
                Hashes::One(hash) => vec![hash],
                Hashes::Several(hashes) => hashes,
            };
            let consumer = Arc::new(Consumer::named(&name)?);
            for hash in hashes {
                let hash = decoded(&hash).ok_or_else(|| format!("{name}: a key's SHA-256 has 64 hexadecimal digits"))?;
                if let Some((_, other)) = keys.0.iter().find(|(known, _)| *known == hash) {
                    return Err(format!("{name} has the same key as {}", other.name));
                }
                keys.0.push((hash, consumer.clone()));
            }
        }
        match keys.0.len() {
            0 => Err("no key is named".into()),
            1..=MAX_KEYS => Ok(keys),
            _ => Err(format!("at most {MAX_KEYS} keys are taken")),
        }
    }

    /// Finds whose key it is, in a time that depends on the number of keys alone.
    pub fn find(&self, key: &[u8]) -> Option<&Consumer> {
        if key.is_empty() {
            return None;
        }
        let hash: [u8; 32] = Sha256::digest(key).into();
        let mut found = u32::MAX;
        for (at, (known, _)) in (0..).zip(&self.0) {
            let is_it: Choice = known.ct_eq(&hash);
            found.conditional_assign(&at, is_it);
        }
        self.0.get(found as usize).map(|(_, consumer)| &**consumer)
    }
}

fn decoded(hex: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if hex.len() != 64 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    for (n, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(2 * n..2 * n + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// SHA-256 of `abc` (FIPS 180-4) and of nothing.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    const NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn read(clients: serde_json::Value) -> Result<Keys, String> {
        Keys::read(serde_json::from_value(clients).unwrap())
    }

    #[test]
    fn a_key_is_that_of_the_client_whose_hash_it_has() {
        let keys = read(json!({"ann": "00".repeat(32), "bob": ["11".repeat(32), ABC.to_uppercase()], "eve": NOTHING})).unwrap();
        let name = |key: &[u8]| keys.find(key).map(|consumer| consumer.name.to_string());
        assert_eq!(name(b"abc").as_deref(), Some("bob"));
        for key in [&b""[..], b"abd", b"ABC", b"abc ", ABC.as_bytes()] {
            assert_eq!(name(key), None);
        }
    }

    #[test]
    fn what_is_no_hash_is_refused_without_being_shown() {
        for bad in ["", "secret", &ABC[1..], &"zz".repeat(32), &"ä".repeat(32)] {
            let said = read(json!({"ann": bad})).unwrap_err();
            assert!(said.starts_with("ann:") && (bad.is_empty() || !said.contains(bad)), "{said}");
        }
        for bad in [json!({}), json!({"ann": []}), json!({"ann": ABC, "bob": ABC}), json!({"a b": ABC})] {
            read(bad).unwrap_err();
        }
    }
}
