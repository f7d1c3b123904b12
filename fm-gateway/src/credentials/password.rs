//! Passwords: argon2id (RFC 9106), off the async threads, a few at a time.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use fm_sdk::{Error, Kind, Result, ResultExt, text::password_form};
use rand::Rng;
use std::{
    collections::BTreeSet,
    sync::{Arc, OnceLock},
};
use tokio::sync::Semaphore;

const MIN_CHARACTERS: usize = 12;
const MAX_BYTES: usize = 512;
/// Fewer different characters are a pattern on the keyboard.
const MIN_DIFFERENT: usize = 5;
/// How many hashes are computed at once; each takes [`Cost::memory_kib`].
const AT_ONCE: usize = 2;
/// How many requests may wait for a hash; more are refused.
const MAX_WAITING: usize = 32;
/// Letters and digits that cannot be mistaken for one another: 5 bits each.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// What one hash costs.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
}

impl Default for Cost {
    /// 19 MiB and two passes, which the OWASP Password Storage Cheat Sheet recommends for argon2id.
    fn default() -> Self {
        Cost { memory_kib: Params::DEFAULT_M_COST, passes: Params::DEFAULT_T_COST }
    }
}

/// Hashes and verifies passwords.
pub struct Passwords {
    cost: Cost,
    working: Arc<Semaphore>,
    admitted: Arc<Semaphore>,
    /// The hash that the password of an unknown user is compared with.
    dummy: Arc<OnceLock<String>>,
}

impl Passwords {
    pub fn new(cost: Cost) -> Self {
        let semaphore = |n| Arc::new(Semaphore::new(n));
        Passwords { cost, working: semaphore(AT_ONCE), admitted: semaphore(AT_ONCE + MAX_WAITING), dummy: Arc::default() }
    }

    /// Hashes a password, in its normal form.
    ///
    /// # Errors
    /// `Unavailable`, code `busy`, if too many are being hashed.
    pub async fn hash(&self, password: &str) -> Result<String> {
        let (cost, password) = (self.cost, password_form(password).into_owned());
        self.in_turn(move || hash(cost, &password)).await?
    }

    /// Tells whether this is the password that was hashed. Without a hash it takes as long and says no, so that the time does not tell who
    /// has an account.
    ///
    /// # Errors
    /// `Unavailable`, code `busy`, if too many are being hashed.
    pub async fn verify(&self, password: &str, hashed: Option<String>) -> Result<bool> {
        if password.len() > MAX_BYTES {
            return Ok(false);
        }
        let (cost, dummy, password) = (self.cost, self.dummy.clone(), password_form(password).into_owned());
        self.in_turn(move || {
            let text = match (&hashed, dummy.get()) {
                (Some(text), _) | (None, Some(text)) => text.clone(),
                (None, None) => dummy.get_or_init(|| hash(cost, "").unwrap_or_default()).clone(),
            };
            let parsed = PasswordHash::new(&text).internal()?;
            Ok(Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok() && hashed.is_some())
        })
        .await?
    }

    async fn in_turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let busy = |_| Error::new(Kind::Unavailable, "busy", "too many sign-ins at once, try again").retry_after(1);
        let admitted = self.admitted.clone().try_acquire_owned().map_err(busy)?;
        let turn = self.working.clone().acquire_owned().await.internal()?;
        // The permits go with the work, not with the request, which its client may give up at any time.
        let work = move || {
            let done = work();
            drop((admitted, turn));
            done
        };
        actix_web::web::block(work).await.internal()
    }
}

fn hash(cost: Cost, password: &str) -> Result<String> {
    let params = Params::new(cost.memory_kib, cost.passes, 1, None).internal()?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    Ok(argon2.hash_password(password.as_bytes()).internal()?.to_string())
}

/// The largest cost of a hash that is given from outside.
const MAX_COST: Cost = Cost { memory_kib: 256 * 1024, passes: 10 };

/// Says whether a text is the hash of a password, one that can be verified at a bearable cost.
pub fn is_password_hash(text: &str) -> bool {
    let Ok(hash) = PasswordHash::new(text) else { return false };
    let is_bearable = |params: Params| params.m_cost() <= MAX_COST.memory_kib && params.t_cost() <= MAX_COST.passes && params.p_cost() == 1;
    hash.algorithm.as_str() == "argon2id" && hash.salt.is_some() && hash.hash.is_some() && Params::try_from(&hash).is_ok_and(is_bearable)
}

/// Makes a random password of 100 bits that can be read and typed.
pub fn one_time_password() -> String {
    let mut random = rand::rng();
    let mut character = || char::from(ALPHABET[random.random_range(0..ALPHABET.len())]);
    let groups: [String; 4] = std::array::from_fn(|_| (0..5).map(|_| character()).collect());
    groups.join("-")
}

/// Checks a new password.
///
/// # Errors
/// `Invalid`, with the field `password`.
pub fn check_password(password: &str, user: &str) -> Result<()> {
    let text = password_form(password);
    let lower = text.to_lowercase();
    let refuse = |why: &str| Err(Error::field("password", why));
    if text.contains(char::is_control) {
        return refuse("must not have control characters");
    }
    if text.chars().count() < MIN_CHARACTERS {
        return refuse("must have at least 12 characters");
    }
    if text.len().max(password.len()) > MAX_BYTES {
        return refuse("must have at most 512 bytes");
    }
    if lower.chars().collect::<BTreeSet<_>>().len() < MIN_DIFFERENT || lower.contains("password") || lower.contains("passwort") {
        return refuse("is too easy to guess");
    }
    if lower == user { refuse("must not be the name of the user") } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_rt::test]
    async fn only_the_right_password_of_a_known_user_is_accepted() {
        let passwords = Passwords::new(Cost { memory_kib: 8, passes: 1 });
        let hashed = passwords.hash("correct horse battery").await.unwrap();
        assert!(hashed.starts_with("$argon2id$"));
        assert!(passwords.verify("correct horse battery", Some(hashed.clone())).await.unwrap());
        assert!(!passwords.verify("correct horse", Some(hashed)).await.unwrap());
        assert!(!passwords.verify("", None).await.unwrap());
    }

    #[actix_rt::test]
    async fn an_invalid_or_too_expensive_hash_is_refused() {
        let hashed = Passwords::new(Cost { memory_kib: 8, passes: 1 }).hash("correct horse battery").await.unwrap();
        assert!(is_password_hash(&hashed), "{hashed}");
        for (from, to) in [("argon2id", "argon2i"), ("m=8", "m=524288"), ("t=1", "t=11"), ("p=1", "p=2"), ("$argon2id", "argon2id")] {
            assert!(hashed.contains(from) && !is_password_hash(&hashed.replacen(from, to, 1)), "{to}");
        }
        for bad in ["", "secret", "$argon2id$v=19$m=8,t=1,p=1", "$2b$12$abcdefghijklmnopqrstuuAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] {
            assert!(!is_password_hash(bad), "{bad}");
        }
    }

    #[test]
    fn weak_passwords_are_refused() {
        assert!(check_password("correct horse battery", "ann").is_ok());
        assert!(check_password(&one_time_password(), "ann").is_ok());
        for bad in ["", "short", "abababababab", "MyPassword12345", "correct\nhorse battery", "ann-from-the-north", &"ab1-x ".repeat(90)] {
            assert!(check_password(bad, "ann-from-the-north").is_err(), "{bad:?}");
        }
    }
}
