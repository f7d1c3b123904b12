//! What a picture is called.

use serde::Deserialize;
use sha2::{Digest, Sha256};

/// A picture's key: made of the car's id and the file's content, so that the same upload twice is one picture, and the same photo on
/// two ads is two.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Key(String);

impl Key {
    const BYTES: usize = 16;

    /// Starts the key of a file for this car; the file's bytes follow.
    pub fn of_car(car: &str) -> KeyMaker {
        let mut hash = Sha256::new();
        hash.update((car.len() as u64).to_be_bytes());
        hash.update(car);
        KeyMaker(hash)
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
    pub fn into_string(self) -> String {
        self.0
    }
}

impl TryFrom<String> for Key {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let right = text.len() == Key::BYTES * 2 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if right { Ok(Key(text)) } else { Err("is no key of a picture") }
    }
}

/// Takes in a file's bytes as they come.
pub struct KeyMaker(Sha256);

impl KeyMaker {
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }
    pub fn finish(self) -> Key {
        Key(self.0.finalize()[..Key::BYTES].iter().map(|b| format!("{b:02x}")).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::Key;

    fn key(car: &str, parts: &[&str]) -> Key {
        let mut key = Key::of_car(car);
        parts.iter().for_each(|p| key.update(p.as_bytes()));
        key.finish()
    }

    #[test]
    fn keys_depend_on_the_car_and_the_content_only() {
        assert_eq!(key("a", &["photo"]), key("a", &["pho", "to"]));
        assert_ne!(key("a", &["photo"]), key("b", &["photo"]));
        assert_ne!(key("a", &["bc"]), key("ab", &["c"]));
    }

    #[test]
    fn malformed_keys_are_refused() {
        let good = key("a", &["photo"]);
        assert_eq!(Key::try_from(good.as_str().to_string()), Ok(good.clone()));
        for bad in ["", "../../etc/passwd", &good.as_str().to_uppercase(), &good.as_str()[1..]] {
            assert!(Key::try_from(bad.to_string()).is_err(), "{bad}");
        }
    }
}
