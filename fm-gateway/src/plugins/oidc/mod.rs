//! Lets in who has a token of an issuer of others (OpenID Connect, OAuth 2.0): a JWT that the issuer's keys verify.
//!
//! Nobody asks the issuer about a token; its keys are fetched (RFC 7517) and kept. A token chooses neither its key's address nor how it is verified.

mod claims;
mod keys;
mod remembered;
mod settings;
mod source;
mod token;

use super::authorization::credentials;
use crate::{
    fetch::{Client, Url},
    pipeline::{Answer, Decision, Drivers, Exchange, Flow, Phases, Plugin, Step},
};
use claims::{Claims, header, list, scopes};
use fm_sdk::{Error, Kind, time::now_ms};
use futures::{FutureExt, future::LocalBoxFuture};
use http::{
    HeaderValue,
    header::{AUTHORIZATION, WWW_AUTHENTICATE},
};
use keys::KeySet;
use remembered::Remembered;
use serde::Deserialize;
use serde_json::{Map, Value};
use settings::{KeysAt, Mapping, Origin, Rules, Settings};
use source::{Found, Source};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use token::{Rejection, Signed};

/// The largest documents that are read, in bytes.
const MAX_CONFIGURATION: usize = 64 * 1024;
const MAX_JWKS: usize = 256 * 1024;

/// The keys of its issuers outlive every table.
#[derive(Default)]
pub struct Oidc(Mutex<HashMap<Origin, Arc<Source>>>);

struct Guard {
    issuer: String,
    source: Arc<Source>,
    rules: Rules,
    mapping: Mapping,
    remembered: Remembered,
}

/// Why a request goes no further.
enum Refusal {
    /// Nobody has said who asks.
    Missing,
    Invalid(Rejection),
    ScopeMissing,
    RoleMissing,
    /// It cannot be checked who asks.
    Unreachable,
}

impl Plugin for Oidc {
    fn name(&self) -> &'static str {
        "oidc"
    }

    fn about(&self) -> &'static str {
        "Lets in who has a token of another issuer (OpenID Connect)"
    }

    fn schema(&self) -> Value {
        settings::schema()
    }

    fn phases(&self) -> Phases {
        Phases::REQUEST
    }

    fn provides(&self) -> &'static [&'static str] {
        &["consumer", "oidc.roles"]
    }

    fn restricts(&self) -> bool {
        true
    }

    fn guards(&self, _: &Map<String, Value>) -> bool {
        true
    }

    fn build(&self, settings: &Map<String, Value>, drivers: &Drivers) -> Result<Box<dyn Step>, String> {
        let Settings { origin, client, rules, mapping } = Settings::read(settings)?;
        let issuer = origin.issuer.clone();
        Ok(Box::new(Guard { issuer, source: self.source(origin, client, drivers), rules, mapping, remembered: Remembered::default() }))
    }
}

impl Oidc {
    fn source(&self, origin: Origin, client: Client, drivers: &Drivers) -> Arc<Source> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|other, source| *other == origin || Arc::strong_count(source) > 1);
        let new = || {
            let (fetched_of, issuer, metrics) = (origin.clone(), origin.issuer.clone(), drivers.tools.metrics.clone());
            let fetch = move || fetch_keys(client.clone(), fetched_of.clone()).boxed_local();
            let told = move |outcome: &Result<(), String>| {
                metrics.issuer_keys_fetched(&issuer, if outcome.is_ok() { "fetched" } else { "failed" });
                if let Err(why) = outcome {
                    log::warn!(issuer = issuer.as_str(); "oidc: keys not fetched ({why}), those known before count until they are stale");
                }
            };
            Arc::new(Source::new(origin.times, Box::new(fetch), Box::new(told)))
        };
        all.entry(origin.clone()).or_insert_with(new).clone()
    }
}

/// Gets the keys of an issuer, from where its configuration says they are (OpenID Connect Discovery 1.0, 4).
async fn fetch_keys(client: Client, origin: Origin) -> Result<KeySet, String> {
    #[derive(Deserialize)]
    struct Configuration {
        issuer: String,
        jwks_uri: String,
    }
    let address = match origin.keys {
        KeysAt::Jwks(url) => url,
        KeysAt::Discovery(url) => {
            let text = client.get(&url, MAX_CONFIGURATION).await?;
            let found: Configuration = serde_json::from_slice(&text).map_err(|_| format!("{url}: this is no configuration of OpenID"))?;
            if found.issuer != origin.issuer {
                return Err(format!("{url}: the issuer there is {:?}", found.issuer));
            }
            Url::parse(&found.jwks_uri, origin.may_be_clear)?
        }
    };
    let json = client.get(&address, MAX_JWKS).await?;
    KeySet::parse(&json).map_err(|why| format!("{address}: {why}"))
}

impl Step for Guard {
    fn ready(&self) -> LocalBoxFuture<'_, ()> {
        Box::pin(self.source.ready())
    }

    fn request<'a>(&'a self, exchange: &'a mut Exchange) -> Flow<'a> {
        exchange.note_read("header.authorization");
        let headers = &exchange.head.headers;
        if !headers.contains_key(AUTHORIZATION) {
            return Flow::Now(self.refuse(exchange, Refusal::Missing));
        }
        let Some(token) = credentials(headers, "bearer") else {
            return Flow::Now(self.refuse(exchange, Refusal::Invalid(Rejection::Shape)));
        };
        let signed = match Signed::read(token, &self.rules) {
            Ok(signed) => signed,
            Err(rejection) => return Flow::Now(self.refuse(exchange, Refusal::Invalid(rejection))),
        };
        match self.source.find(signed.kid.as_deref(), signed.algorithm) {
            Found::Ask => {
                let token = token.to_owned();
                Flow::Later(Box::pin(async move {
                    let claims = self.ask(&token).await;
                    self.decide(exchange, claims)
                }))
            }
            found => {
                let claims = self.verify(&signed, found);
                Flow::Now(self.decide(exchange, claims))
            }
        }
    }
}

impl Guard {
    async fn ask(&self, token: &str) -> Result<Arc<Claims>, Refusal> {
        let signed = Signed::read(token, &self.rules).map_err(Refusal::Invalid)?;
        let found = self.source.ask(signed.kid.as_deref(), signed.algorithm).await;
        self.verify(&signed, found)
    }

    fn verify(&self, signed: &Signed<'_>, found: Found) -> Result<Arc<Claims>, Refusal> {
        match found {
            Found::Key(key) => {
                let verify = || signed.verify(&key, &self.issuer, &self.rules).map_err(Refusal::Invalid);
                self.remembered.claims(signed.token, &key, self.rules.leeway, now_ms() as f64 / 1000.0, verify)
            }
            Found::Unknown => Err(Refusal::Invalid(Rejection::Key)),
            Found::Unreachable | Found::Ask => Err(Refusal::Unreachable),
        }
    }

    fn decide(&self, exchange: &mut Exchange, claims: Result<Arc<Claims>, Refusal>) -> Decision {
        match claims.and_then(|claims| self.accept(exchange, &claims)) {
            Ok(()) => Decision::Pass,
            Err(refusal) => self.refuse(exchange, refusal),
        }
    }

    /// Lets in who may, and tells who it is: the steps that follow, and the service.
    fn accept(&self, exchange: &mut Exchange, claims: &Claims) -> Result<(), Refusal> {
        const UNUSABLE: Refusal = Refusal::Invalid(Rejection::Claims);
        let granted = scopes(claims);
        if !self.rules.scopes.iter().all(|scope| granted.contains(&scope.as_str())) {
            return Err(Refusal::ScopeMissing);
        }
        let roles = self.mapping.roles(claims);
        if !(self.rules.grant.is_empty() || self.rules.grant.iter().any(|role| roles.contains(&role.as_str()))) {
            return Err(Refusal::RoleMissing);
        }
        let subject = claims.get("sub").and_then(Value::as_str).filter(|subject| !subject.is_empty()).ok_or(UNUSABLE)?;
        let mut told = Vec::new();
        for (name, path) in &self.mapping.headers {
            let value = path.of(claims).filter(|value| !value.is_null());
            told.push((name, value.map(|value| header(value).ok_or(UNUSABLE)).transpose()?));
        }
        if let Some(name) = &self.mapping.roles_header {
            told.push((name, Some(header(&roles.clone().into()).ok_or(UNUSABLE)?)));
        }
        let headers = &mut exchange.head.headers;
        for (name, value) in told {
            // What the token does not say nobody says.
            headers.remove(name);
            value.map(|value| headers.insert(name.clone(), value));
        }
        if !self.mapping.forwards {
            headers.remove(AUTHORIZATION);
        }
        exchange.set("oidc.roles", roles.join(" "));
        exchange.consumer = Some(subject.into());
        // What the service answers may depend on every claim that it is told.
        exchange.is_authorized_elsewhere = true;
        Ok(())
    }

    /// Says why, as RFC 6750, 3 has it.
    fn refuse(&self, exchange: &Exchange, refusal: Refusal) -> Decision {
        let realm = format!("Bearer realm=\"{}\"", self.issuer);
        let (error, challenge) = match refusal {
            Refusal::Missing => (Error::new(Kind::Unauthenticated, "token-missing", "sign in first: there is no access token"), realm),
            Refusal::Invalid(rejection) => {
                let challenge = format!("{realm}, error=\"invalid_token\", error_description=\"{}\"", rejection.why());
                (Error::new(Kind::Unauthenticated, rejection.code(), rejection.why()), challenge)
            }
            Refusal::ScopeMissing => {
                let scopes = self.rules.scopes.join(" ");
                let challenge = format!("{realm}, error=\"insufficient_scope\", scope=\"{scopes}\"");
                (Error::new(Kind::Forbidden, "scope-missing", format!("this needs the scopes {scopes}")), challenge)
            }
            Refusal::RoleMissing => {
                let message = format!("this needs the role {}", self.rules.grant.join(" or "));
                return Decision::Fail(Error::new(Kind::Forbidden, "role-missing", message));
            }
            Refusal::Unreachable => {
                let error =
                    Error::new(Kind::Unavailable, "issuer-unreachable", "it cannot be checked who asks: the issuer's keys are not known");
                return Decision::Fail(error.retry_after(1));
            }
        };
        let answer = Answer::problem(&error, &exchange.trace);
        Decision::Answer(match HeaderValue::from_str(&challenge) {
            Ok(challenge) => answer.with(WWW_AUTHENTICATE, challenge),
            Err(_) => answer,
        })
    }
}

impl Mapping {
    /// The roles of a token, by the names that they have here.
    fn roles<'a>(&'a self, claims: &'a Claims) -> Vec<&'a str> {
        let said = list(self.roles_claim.as_ref().and_then(|path| path.of(claims)));
        match &self.roles {
            None => said,
            Some(names) => said.into_iter().filter_map(|role| names.get(role)).map(String::as_str).collect(),
        }
    }
}
