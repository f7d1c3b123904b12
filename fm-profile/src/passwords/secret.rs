use serde::{Deserialize, Deserializer, de::Error};
use std::fmt;

/// A text that must not be seen: it prints as dots, and an error in reading it does not repeat it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a text to itself.
    pub fn new(text: impl Into<String>) -> Self {
        Secret(text.into())
    }
    /// Gives the text. Never log it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl<'de> Deserialize<'de> for Secret {
    /// serde's own messages name the value that they did not expect.
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match serde_json::Value::deserialize(from).map_err(|_| D::Error::custom("must be text"))? {
            serde_json::Value::String(text) => Ok(Secret(text)),
            _ => Err(D::Error::custom("must be text")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn a_secret_shows_itself_neither_when_printed_nor_when_it_cannot_be_read() {
        assert_eq!(format!("{:?}", Secret::new("hunter2hunter2")), "***");
        for odd in ["12345678", "[\"12345678\"]", "{\"a\":\"12345678\"}", "1e99999", "null"] {
            let e = serde_json::from_str::<Secret>(odd).unwrap_err().to_string();
            assert!(!e.contains("1234") && e.contains("must be text"), "{e}");
        }
        assert_eq!(serde_json::from_str::<Secret>("\"a\\u00e4\"").unwrap().expose(), "aä");
    }
}
