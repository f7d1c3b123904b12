//! What lies in the registry.

use super::{
    failure::{Cause, Failure},
    settings::Plan,
};
use crate::front::Certificate;
use fm_sdk::registry::{Change, Expect};
use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};
use std::fmt::Write;

/// Where all of it lies.
pub const PREFIX: &str = "/fm/gateway/acme/";
/// Answers to challenges: below it the set and the token.
pub const CHALLENGES: &str = "/fm/gateway/acme/challenges/";
/// Gateways that answer challenges.
pub const NODES: &str = "/fm/gateway/acme/nodes/";

/// Names of gateways are in the order of their starts: the first one of a set orders.
pub fn node_key(started: i64, instance: &str) -> String {
    format!("{NODES}{started:016}-{instance}")
}
/// The account with a server.
pub fn account_key(directory: &str) -> String {
    format!("{PREFIX}accounts/{}", digest(&[directory]))
}
/// The certificate of a set.
pub fn certificate_key(set: &str) -> String {
    format!("{PREFIX}certificates/{set}")
}
/// When a set is ordered again after a failure.
pub fn backoff_key(set: &str) -> String {
    format!("{PREFIX}backoff/{set}")
}
/// The answers of a set.
pub fn challenges_of(set: &str) -> String {
    format!("{CHALLENGES}{set}/")
}

/// A short name for these texts.
pub fn digest(texts: &[&str]) -> String {
    let mut context = Context::new(&SHA256);
    for text in texts {
        context.update(text.as_bytes());
        context.update(b"\n");
    }
    context.finish().as_ref().iter().take(8).fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// A change that nothing must hold for.
pub fn change(key: impl Into<String>, value: Option<String>) -> Change {
    Change { key: key.into(), expect: Expect::Any, value }
}

/// A gateway with ACME.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    pub set: String,
    /// The revision of the last challenge that it answers.
    pub challenges: i64,
}

impl Node {
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// When the next attempt is due after a failure.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Rest {
    pub failures: u32,
    /// Milliseconds since 1970.
    pub until: i64,
    pub code: String,
}

/// A certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    /// PEM.
    pub chain: String,
    /// PEM, sealed.
    pub key: String,
}

impl Record {
    /// Seals the key of a certificate, which must be one of the names that are wanted.
    ///
    /// # Errors
    /// `Certificate`, if it cannot be used or is for other names.
    pub fn seal(plan: &Plan, chain: String, key: &str) -> Result<Record, Failure> {
        check(plan, &chain, key)?;
        let key = plan.keys.seal(&certificate_key(&plan.set), key).map_err(|why| Failure::new(Cause::Sealed, why))?;
        Ok(Record { chain, key })
    }

    /// Opens it.
    ///
    /// # Errors
    /// `Sealed`, if the key was sealed by another one; `Certificate`, if it cannot be used (any more) or is for other names.
    pub fn open(&self, plan: &Plan) -> Result<Certificate, Failure> {
        let key = plan.keys.open(&certificate_key(&plan.set), &self.key).map_err(|why| Failure::new(Cause::Sealed, why))?;
        check(plan, &self.chain, &key)
    }
}

fn check(plan: &Plan, chain: &str, key: &str) -> Result<Certificate, Failure> {
    let certificate = Certificate::read(chain.as_bytes(), key.as_bytes()).map_err(|why| Failure::new(Cause::Certificate, why))?;
    match plan.names.iter().find(|name| !certificate.names.contains(name)) {
        None => Ok(certificate),
        Some(name) => {
            let why = format!("the certificate is for {}, not for {name}", certificate.names.join(", "));
            Err(Failure::new(Cause::Certificate, why))
        }
    }
}
