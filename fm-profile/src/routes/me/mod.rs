//! `/api/me`: one's own account and what belongs to it.

pub mod conversations;
pub mod delete;
pub mod deletion;
pub mod email_confirmation;
pub mod favourites;
pub mod mail;
pub mod password;
pub mod patch;
pub mod profile;
pub mod report_ad;
pub mod searches;
pub mod show;

use crate::{Profile, Secret, User, throttle::Guesser};
use fm_sdk::{Error, FieldError, Kind, Result};

/// Goes on only with the right password of the account.
///
/// # Errors
/// `Forbidden`, code `password-wrong`; `Throttled`; `Unavailable`, code `busy`.
async fn verify(profile: &Profile, user: &User, field: &str, password: Secret) -> Result<()> {
    let attempt = profile.throttle.attempt(&user.id, Guesser::SignedIn, profile.now_ms())?;
    match profile.passwords.verify(password, Some(user.password.clone())).await {
        Ok(verified) if !verified.is_right() => Err(password_wrong(field)),
        Ok(_) => {
            attempt.forgive();
            Ok(())
        }
        Err(e) => {
            attempt.forgive();
            Err(e)
        }
    }
}

fn password_wrong(field: &str) -> Error {
    let errors = vec![FieldError { field: field.into(), message: "is wrong".into() }];
    Error::new(Kind::Forbidden, "password-wrong", "the password is wrong").with_fields(errors)
}
