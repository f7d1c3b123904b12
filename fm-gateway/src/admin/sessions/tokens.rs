//! API tokens: for programs, with a role and an end.

use super::{Secret, is_same};
use crate::admin::{
    audit::Event,
    document::{self, Document},
    users::Role,
};
use fm_sdk::{Error, Kind, Result, registry::Registry, time::rfc3339};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const KEY: &str = "/fm/gateway/admin/tokens";
const MAX_TOKENS: usize = 200;
/// What tokens start with, so that scanners of repositories find leaked ones.
const MARK: &str = "fmgw_";
pub const MAX_DAYS: i64 = 366;
const DAY_MS: i64 = 86_400_000;

/// A token that somebody wants.
#[derive(Clone, Copy, Debug)]
pub struct NewToken<'a> {
    pub name: &'a str,
    pub role: Role,
    /// How long it is valid.
    pub days: i64,
}

/// A token as kept in the registry.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Token {
    pub id: String,
    pub name: String,
    pub role: Role,
    /// Of its secret.
    pub hash: String,
    pub created: String,
    pub created_by: String,
    /// Milliseconds since the Unix epoch.
    pub expires: i64,
}

/// The document of all tokens.
#[derive(Default, Serialize, Deserialize)]
pub struct Tokens {
    tokens: Vec<Token>,
}

impl Tokens {
    pub fn iter(&self) -> impl Iterator<Item = &Token> {
        self.tokens.iter()
    }

    /// Adds a token and forgets those that have expired.
    ///
    /// # Errors
    /// `Conflict`, code `too-many-tokens`.
    pub fn add(&mut self, token: Token, now: i64) -> Result<()> {
        self.tokens.retain(|t| t.expires > now);
        if self.tokens.len() >= MAX_TOKENS {
            return Err(Error::new(Kind::Conflict, "too-many-tokens", format!("there are {MAX_TOKENS} tokens already")));
        }
        self.tokens.push(token);
        Ok(())
    }

    /// Removes a token.
    ///
    /// # Errors
    /// `NotFound`, code `token-unknown`.
    pub fn remove(&mut self, id: &str) -> Result<Token> {
        let at = self.tokens.iter().position(|t| t.id == id).ok_or_else(|| Error::not_found("token-unknown"))?;
        Ok(self.tokens.remove(at))
    }
}

/// The text that a program sends: `fmgw_<id>_<secret>`.
pub fn text(id: &str, secret: &Secret) -> String {
    format!("{MARK}{id}_{}", secret.expose())
}

/// A new token's id.
pub fn new_id() -> String {
    format!("{:012x}", rand::random::<u64>() >> 16)
}

/// Gives the token of a text, if it is valid.
///
/// # Errors
/// Those of the registry.
pub async fn find(registry: &dyn Registry, text: &str, now: i64) -> Result<Option<Token>> {
    let Some((id, secret)) = text.strip_prefix(MARK).and_then(|rest| rest.split_once('_')) else { return Ok(None) };
    let Some(secret) = Secret::parse(secret) else { return Ok(None) };
    let tokens = load(registry).await?;
    Ok(tokens.value.tokens.into_iter().find(|t| t.id == id && is_same(&t.hash, &secret.hash()) && t.expires > now))
}

/// Reads all tokens.
///
/// # Errors
/// Those of the registry.
pub async fn load(registry: &dyn Registry) -> Result<Document<Tokens>> {
    Document::load(registry, KEY).await
}

/// Makes a token that its text opens, records it, and gives both. `made_by` makes the entry of the audit log: action, target, what is new.
///
/// # Errors
/// `Invalid` if name or days are out of their limits; those of [`Tokens::add`] and of the registry.
pub async fn create(
    registry: &dyn Registry,
    wanted: &NewToken<'_>,
    created_by: &str,
    now: i64,
    made_by: impl Fn(&str, &str, Value) -> Event,
) -> Result<(Token, String)> {
    let name = wanted.name.trim();
    if name.is_empty() || name.chars().count() > 64 || name.contains(char::is_control) {
        return Err(Error::field("name", "must have 1 to 64 characters"));
    }
    if !(1..=MAX_DAYS).contains(&wanted.days) {
        return Err(Error::field("days", format!("must be from 1 to {MAX_DAYS}")));
    }
    let secret = Secret::random();
    let token = Token {
        id: new_id(),
        name: name.into(),
        role: wanted.role,
        hash: secret.hash(),
        created: rfc3339(now),
        created_by: created_by.into(),
        expires: now + wanted.days * DAY_MS,
    };
    edit(registry, |tokens| {
        tokens.add(token.clone(), now)?;
        let after = json!({"name": token.name, "role": token.role, "expires": rfc3339(token.expires)});
        Ok(((), made_by("token.create", &token.id, after)))
    })
    .await?;
    let text = text(&token.id, &secret);
    Ok((token, text))
}

/// Changes tokens and records it.
///
/// # Errors
/// Those of the change and of the registry.
pub async fn edit<R>(registry: &dyn Registry, change: impl FnMut(&mut Tokens) -> Result<(R, Event)>) -> Result<R> {
    document::edit(registry, KEY, change).await
}
