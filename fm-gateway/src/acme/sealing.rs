//! Seals what must stay secret where others read it: AES-256-GCM with keys from a file that all gateways have.

use base64::{Engine, engine::general_purpose::STANDARD};
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    rand::{SecureRandom, SystemRandom},
};
use std::{fs::File, io::Read, os::unix::fs::PermissionsExt, path::Path};

/// The first one seals, all of them open: a new key is put in front, and the old one stays until the next certificate.
pub struct SealingKeys(Vec<LessSafeKey>);

impl SealingKeys {
    /// Reads a file that its owner alone may read.
    ///
    /// # Errors
    /// A sentence, if others may read it or it holds something else.
    pub fn read(file: &Path) -> Result<SealingKeys, String> {
        let mut file = File::open(file).map_err(|e| e.to_string())?;
        let mode = file.metadata().map_err(|e| e.to_string())?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(format!("its mode is {mode:o}, others than its owner may use it: chmod 600"));
        }
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(|e| e.to_string())?;
        let keys = text.lines().map(str::trim).filter(|line| !line.is_empty()).map(key).collect::<Option<Vec<_>>>();
        match keys {
            Some(keys) if !keys.is_empty() => Ok(SealingKeys(keys)),
            _ => Err("keys of 32 bytes in base64 are expected, one a line: openssl rand -base64 32".into()),
        }
    }

    /// Seals a text that is opened at this place only.
    ///
    /// # Errors
    /// If the system gives no random numbers.
    pub fn seal(&self, place: &str, text: &str) -> Result<String, String> {
        let failed = |_| "cannot be sealed".to_owned();
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).map_err(failed)?;
        let mut bytes = text.as_bytes().to_vec();
        let key = self.0.first().ok_or("there is no key")?;
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(place), &mut bytes).map_err(failed)?;
        Ok(STANDARD.encode([&nonce[..], &bytes].concat()))
    }

    /// Opens what was sealed for this place.
    ///
    /// # Errors
    /// A sentence, if none of the keys has sealed it, or it was changed or moved.
    pub fn open(&self, place: &str, sealed: &str) -> Result<String, String> {
        let bytes = STANDARD.decode(sealed).ok();
        let parts = bytes.as_deref().and_then(|bytes| bytes.split_first_chunk::<NONCE_LEN>());
        let opened = parts.and_then(|(nonce, bytes)| {
            self.0.iter().find_map(|key| {
                let mut bytes = bytes.to_vec();
                let text = key.open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(place), &mut bytes).ok()?;
                String::from_utf8(text.to_vec()).ok()
            })
        });
        opened.ok_or_else(|| format!("{place} was sealed by none of the keys of FM_GATEWAY_ACME_SEALING_KEYS, or was changed"))
    }
}

fn key(line: &str) -> Option<LessSafeKey> {
    let bytes = STANDARD.decode(line).ok()?;
    UnboundKey::new(&AES_256_GCM, &bytes).ok().map(LessSafeKey::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn keys(lines: &[u8]) -> SealingKeys {
        SealingKeys(lines.iter().map(|n| key(&STANDARD.encode([*n; 32])).unwrap()).collect())
    }

    #[test]
    fn what_is_sealed_opens_at_its_place_with_its_key_alone() {
        let sealed = keys(&[1]).seal("/a", "secret").unwrap();
        assert_ne!(sealed, keys(&[1]).seal("/a", "secret").unwrap(), "nonces are random");
        assert_eq!(keys(&[1]).open("/a", &sealed).unwrap(), "secret");
        assert_eq!(keys(&[2, 1]).open("/a", &sealed).unwrap(), "secret", "an old key goes on opening");
        keys(&[1]).open("/b", &sealed).unwrap_err();
        keys(&[2]).open("/a", &sealed).unwrap_err();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            keys(&[1]).open("/a", str::from_utf8(&changed).unwrap()).unwrap_err();
        }
        for text in ["", "AAAA", "no base64!"] {
            keys(&[1]).open("/a", text).unwrap_err();
        }
    }

    #[test]
    fn a_file_that_others_may_read_or_that_has_no_keys_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys");
        let good = STANDARD.encode([7; 32]);
        for (mode, text, is_taken) in [
            (0o600, format!("{good}\n"), true),
            (0o400, format!("{good}\n\n{good}"), true),
            (0o640, good.clone(), false),
            (0o604, good.clone(), false),
            (0o600, String::new(), false),
            (0o600, STANDARD.encode([7; 31]), false),
            (0o600, format!("{good}\nno key"), false),
        ] {
            let _ = fs::remove_file(&file);
            fs::write(&file, &text).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(SealingKeys::read(&file).is_ok(), is_taken, "{mode:o} {text:?}");
        }
    }
}
