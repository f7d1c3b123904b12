use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use fm_sdk::{Error, Kind, Result};
use hkdf::Hkdf;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use uuid::Uuid;

/// Lets scanners for leaked secrets know what they have found.
const PREFIX: &str = "fmr_";

/// A refresh token: whose it is, of which sign-in (its family), and a secret of its own. The first secret is random, each later one derived
/// from the one before it; the store has hashes only.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken {
    user: Uuid,
    family: [u8; 16],
    secret: [u8; 32],
}

impl RefreshToken {
    /// Makes the first token of a family.
    ///
    /// # Errors
    /// `Internal` if the user's id was not made by this service.
    pub fn first(user: &str) -> Result<Self> {
        let user = Uuid::try_parse(user).map_err(|e| Error::new(Kind::Internal, "user-id", "a user's id is a UUID").caused_by(e))?;
        Ok(RefreshToken { user, family: rand::random(), secret: rand::random() })
    }
    /// Derives the token that takes the place of this one (HKDF-Extract, RFC 5869): the same one for the same salt, so that two renewals at
    /// once lead to one token although the store has hashes only. Without the salt, which never leaves the store, nobody can tell the
    /// successor of a token.
    #[must_use]
    pub fn successor(&self, salt: &Salt) -> Self {
        let (secret, _) = Hkdf::<Sha256>::extract(Some(salt.0.as_bytes()), &[&self.secret[..], &self.family].concat());
        RefreshToken { secret: secret.into(), ..self.clone() }
    }
    /// Reads what a client sent.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 64] = URL_SAFE_NO_PAD.decode(text.strip_prefix(PREFIX)?).ok()?.try_into().ok()?;
        let (user, rest) = bytes.split_first_chunk::<16>()?;
        let (family, secret) = rest.split_first_chunk::<16>()?;
        Some(RefreshToken { user: Uuid::from_bytes(*user), family: *family, secret: secret.try_into().ok()? })
    }
    /// What the client gets. Never log it.
    pub fn text(&self) -> String {
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode([&self.user.as_bytes()[..], &self.family, &self.secret].concat()))
    }
    pub fn user(&self) -> String {
        self.user.simple().to_string()
    }
    /// The same for all tokens of a family.
    pub fn family_hash(&self) -> String {
        hash(&self.family)
    }
    pub fn secret_hash(&self) -> String {
        hash(&self.secret)
    }
}

/// What a successor is derived with, beside its predecessor: random, for one rotation only.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Salt(String);

impl Salt {
    pub fn random() -> Self {
        Salt(URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()))
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Random bytes need no salt and no slow hash.
pub(super) fn hash(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(bytes))
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshToken").field("user", &self.user).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_token_comes_back_from_its_text_and_shows_no_secret() {
        let user = Uuid::new_v4().simple().to_string();
        let token = RefreshToken::first(&user).unwrap();
        assert_eq!((RefreshToken::parse(&token.text()), token.user()), (Some(token.clone()), user));
        assert!(!format!("{token:?}").contains("secret"));
    }

    #[test]
    fn a_successor_is_the_same_for_one_salt_and_another_for_another() {
        let token = RefreshToken::first(&Uuid::new_v4().simple().to_string()).unwrap();
        let salt = Salt::random();
        let next = token.successor(&salt);
        assert_eq!((token.successor(&salt), next.family_hash()), (next.clone(), token.family_hash()));
        let others = [token.clone(), token.successor(&Salt::random()), next.successor(&salt)];
        assert!(others.iter().all(|other| other.secret_hash() != next.secret_hash()));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(fmr_)?[-_A-Za-z0-9=]{0,100}|.{0,100}") {
            if let Some(token) = RefreshToken::parse(&text) {
                prop_assert_eq!(token.text(), text);
            }
        }
    }
}
