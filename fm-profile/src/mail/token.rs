//! What a link in a mail shows: that its bearer reads the address it was sent to.

use crate::{Secret, User};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use fm_sdk::{Doc, Error, Result, Work};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// Lets scanners for leaked secrets know what they have found.
const PREFIX: &str = "fmm_";
/// How long the longest-lived token is kept.
pub const TOKENS_KEPT: Duration = Duration::from_secs(60 * DAY);
const DAY: u64 = 24 * 3600;

/// What a link is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A new password instead of a forgotten one.
    PasswordReset,
    /// The address is the user's.
    EmailConfirmation,
    /// No more mails about messages.
    StopMessages,
    /// No more mails about alerts.
    StopAlerts,
}

impl Purpose {
    /// How long a link is good.
    fn lifetime(self) -> Duration {
        match self {
            Purpose::PasswordReset => Duration::from_secs(30 * 60),
            Purpose::EmailConfirmation => Duration::from_secs(7 * DAY),
            Purpose::StopMessages | Purpose::StopAlerts => TOKENS_KEPT,
        }
    }
    /// What must not have changed since the link was made, as a hash. Using the link changes it in the same step, so that a link for
    /// a password or an address is good once.
    fn state_of(self, user: &User) -> String {
        match self {
            Purpose::PasswordReset => hash(format!("{}\n{}", user.email, user.password).as_bytes()),
            Purpose::EmailConfirmation => hash(format!("{}\n{}", user.email, user.email_confirmed).as_bytes()),
            // Good as often as somebody likes.
            Purpose::StopMessages | Purpose::StopAlerts => String::new(),
        }
    }
}

/// A token as it is kept: its hash, and for what it is good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailToken {
    /// The hash of the token.
    pub id: String,
    pub user: String,
    pub purpose: Purpose,
    /// What must not have changed since the token was made, as a hash.
    pub state: String,
    /// Milliseconds since the Unix epoch.
    pub at: i64,
}
fm_sdk::document!(MailToken = "mail_tokens" { user: String [index], at: i64 [index] });

impl MailToken {
    /// Makes a token for a link, and gives its text. Each attempt to send a mail makes one: the store has no more of it than its hash.
    pub async fn issue(work: &Work, user: &User, purpose: Purpose, now_ms: i64) -> Result<String> {
        let secret: [u8; 32] = rand::random();
        let token = MailToken { id: hash(&secret), user: user.id.clone(), purpose, state: purpose.state_of(user), at: now_ms };
        work.insert(token, |_, _| Ok(())).await?;
        Ok(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(secret)))
    }

    /// Finds what a link was made for.
    ///
    /// # Errors
    /// `link-invalid` (404): there is no such link, it is too old, or it was used.
    pub async fn find(work: &Work, text: &Secret, purposes: &[Purpose], now_ms: i64) -> Result<(Self, Doc<User>)> {
        let secret = text.expose().strip_prefix(PREFIX).and_then(|rest| URL_SAFE_NO_PAD.decode(rest).ok()).ok_or_else(invalid)?;
        let token = work.doc::<MailToken>(&hash(&secret)).get().await?.ok_or_else(invalid)?.into_inner();
        let user = work.doc::<User>(&token.user).get().await?.ok_or_else(invalid)?;
        let is_old = now_ms - token.at >= token.purpose.lifetime().as_millis() as i64;
        if !purposes.contains(&token.purpose) || is_old {
            return Err(invalid());
        }
        token.check(&user)?;
        Ok((token, user))
    }

    /// Goes on only if the link was not used yet.
    ///
    /// # Errors
    /// `link-invalid` (404).
    pub fn check(&self, user: &User) -> Result<()> {
        if user.is_gone() || self.purpose.state_of(user) != self.state { Err(invalid()) } else { Ok(()) }
    }
}

fn hash(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(bytes))
}

fn invalid() -> Error {
    Error::not_found("link-invalid")
}
