//! argon2id (RFC 9106), off the async threads, a few at a time.

use super::Secret;
use actix_web::web;
use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use fm_sdk::{Error, Kind, Result, ResultExt, text::password_form};
use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long a request waits for its turn.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(3);
/// Requests that wait per hash that is being made; more are sent away at once.
const QUEUE: usize = 32;

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

impl Cost {
    fn argon2(self) -> std::result::Result<Argon2<'static>, argon2::Error> {
        let params = Params::new(self.memory_kib, self.passes, 1, None)?;
        Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
    }
}

/// What a password is to a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verified {
    /// Another one.
    Wrong,
    /// The one that was hashed.
    Right,
    /// The one that was hashed, in a form in which it would not be hashed today: hash it again.
    Outdated,
}

impl Verified {
    pub fn is_right(self) -> bool {
        self != Verified::Wrong
    }
}

/// Hashes and verifies passwords.
pub(crate) struct Passwords {
    cost: Cost,
    working: Arc<Semaphore>,
    admitted: Arc<Semaphore>,
    nobodys: Arc<OnceLock<String>>,
}

impl Passwords {
    pub fn new(cost: Cost, at_once: usize) -> Self {
        let semaphore = |n| Arc::new(Semaphore::new(n));
        Passwords { cost, working: semaphore(at_once), admitted: semaphore(at_once * (QUEUE + 1)), nobodys: Arc::default() }
    }

    /// Hashes a password, in its normal form, for keeping (PHC string format).
    ///
    /// # Errors
    /// `Unavailable`, code `busy`, if too many are being hashed.
    pub async fn hash(&self, password: Secret) -> Result<String> {
        let cost = self.cost;
        self.in_turn(move || hash(cost, &password_form(password.expose()))).await?
    }

    /// Whether this is the password that was hashed. Without a hash it takes as long and says no, so that nobody learns from the time
    /// who has an account.
    ///
    /// # Errors
    /// `Unavailable`, code `busy`, if too many are being hashed.
    pub async fn verify(&self, password: Secret, hashed: Option<String>) -> Result<Verified> {
        let (cost, nobodys) = (self.cost, self.nobodys.clone());
        self.in_turn(move || {
            let text = match &hashed {
                Some(hashed) => hashed,
                None => match nobodys.get() {
                    Some(known) => known,
                    None => {
                        let made = hash(cost, &uuid::Uuid::new_v4().to_string())?;
                        nobodys.get_or_init(|| made)
                    }
                },
            };
            let kept = PasswordHash::new(text).internal()?;
            let fits = |form: &str| Argon2::default().verify_password(form.as_bytes(), &kept).is_ok() && hashed.is_some();
            let (form, typed) = (password_form(password.expose()), password.expose());
            Ok(match (fits(&form), form == typed) {
                (true, _) => Verified::Right,
                // Hashed as it was typed, before passwords were normalised.
                (false, false) if fits(typed) => Verified::Outdated,
                _ => Verified::Wrong,
            })
        })
        .await?
    }

    /// Makes what [`Passwords::verify`] needs for nobody, so that its first time is like all others.
    pub async fn warm_up(&self) -> Result<()> {
        self.verify(Secret::new(""), None).await.map(drop)
    }

    async fn in_turn<T: Send + 'static>(&self, f: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let admitted = self.admitted.clone().try_acquire_owned().map_err(|_| busy())?;
        let turn = tokio::time::timeout(QUEUE_TIMEOUT, self.working.clone().acquire_owned()).await.map_err(|_| busy())?.internal()?;
        // The permits go with the work and not with the request, which may be given up by its client at any time.
        let permits: [OwnedSemaphorePermit; 2] = [admitted, turn];
        web::block(move || {
            let done = f();
            drop(permits);
            done
        })
        .await
        .internal()
    }
}

fn hash(cost: Cost, password: &str) -> Result<String> {
    Ok(cost.argon2().internal()?.hash_password(password.as_bytes()).internal()?.to_string())
}

fn busy() -> Error {
    Error::new(Kind::Unavailable, "busy", "too many people are signing in at once, try again").retry_after(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: Cost = Cost { memory_kib: 8, passes: 1 };

    #[actix_rt::test]
    async fn a_password_fits_its_own_hash_only() {
        let passwords = Passwords::new(CHEAP, 1);
        let kept = passwords.hash(Secret::new("correct horse")).await.unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{kept}");
        assert_ne!(kept, passwords.hash(Secret::new("correct horse")).await.unwrap(), "salted");
        assert_eq!(passwords.verify(Secret::new("correct horse"), Some(kept.clone())).await.unwrap(), Verified::Right);
        assert_eq!(passwords.verify(Secret::new("correct hors"), Some(kept)).await.unwrap(), Verified::Wrong);
        assert_eq!(passwords.verify(Secret::new("correct horse"), None).await.unwrap(), Verified::Wrong);
    }

    #[actix_rt::test]
    async fn a_hash_of_another_cost_still_verifies() {
        let kept = Passwords::new(Cost { memory_kib: 16, passes: 2 }, 1).hash(Secret::new("correct horse")).await.unwrap();
        assert!(Passwords::new(CHEAP, 1).verify(Secret::new("correct horse"), Some(kept)).await.unwrap().is_right());
    }

    #[actix_rt::test]
    async fn a_password_fits_in_whatever_form_it_is_typed() {
        let passwords = Passwords::new(CHEAP, 1);
        for (one, other) in [("Ko\u{308}nigskinder", "Königskinder"), ("\u{212b}ngstrom\u{a0}10", "Ångstrom 10")] {
            for (new, typed) in [(one, other), (other, one), (one, one)] {
                let kept = passwords.hash(Secret::new(new)).await.unwrap();
                assert_eq!(passwords.verify(Secret::new(typed), Some(kept)).await.unwrap(), Verified::Right, "{new} {typed}");
            }
        }
    }

    #[actix_rt::test]
    async fn a_hash_of_a_password_as_it_was_typed_fits_that_and_is_outdated() {
        let passwords = Passwords::new(CHEAP, 1);
        let (decomposed, composed) = ("Ko\u{308}nigskinder", "Königskinder");
        let old = Some(hash(CHEAP, decomposed).unwrap());
        assert_eq!(passwords.verify(Secret::new(decomposed), old.clone()).await.unwrap(), Verified::Outdated);
        assert_eq!(passwords.verify(Secret::new(composed), old.clone()).await.unwrap(), Verified::Wrong);
        assert_eq!(passwords.verify(Secret::new("Ko\u{308}nig"), old).await.unwrap(), Verified::Wrong);
        assert_eq!(passwords.verify(Secret::new(decomposed), None).await.unwrap(), Verified::Wrong);
    }

    #[actix_rt::test]
    async fn an_unknown_user_costs_as_much_hashing_as_a_known_one() {
        let passwords = Passwords::new(CHEAP, 1);
        passwords.warm_up().await.unwrap();
        let kept = passwords.hash(Secret::new("correct horse")).await.unwrap();
        let nobodys = passwords.nobodys.get().unwrap();
        assert_eq!(kept.split('$').take(4).collect::<Vec<_>>(), nobodys.split('$').take(4).collect::<Vec<_>>());
    }

    #[actix_rt::test]
    async fn hashing_is_bounded_and_waiting_for_it_too() {
        let passwords = Arc::new(Passwords::new(CHEAP, 1));
        let turn = passwords.working.clone().acquire_owned().await.unwrap();
        let waiting: Vec<_> = (0..=QUEUE)
            .map(|_| {
                let passwords = passwords.clone();
                actix_rt::spawn(async move { passwords.hash(Secret::new("x")).await.map(drop) })
            })
            .collect();
        while passwords.admitted.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(passwords.hash(Secret::new("x")).await.unwrap_err().code(), "busy");
        drop(turn);
        for done in waiting {
            done.await.unwrap().unwrap();
        }
        passwords.hash(Secret::new("x")).await.unwrap();
    }
}
