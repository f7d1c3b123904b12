//! Lets in who is signed in and may: verifies the access token (JWT, EdDSA), then roles and scopes.
//!
//! The token goes on to the service as it came; every service verifies it again, so that the gateway is not what makes them safe.

use super::authorization::credentials;
use crate::pipeline::{Drivers, Exchange, Flow, Phases, Plugin, Step};
use fm_sdk::{Error, Kind, Result, identity::Verifier};
use futures::future::LocalBoxFuture;
use http::header::AUTHORIZATION;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;

pub struct Authentication;

#[derive(Deserialize)]
struct Settings {
    optional: bool,
    grant: Vec<String>,
    scopes: Vec<String>,
}

struct Guard {
    settings: Settings,
    verifier: Arc<Verifier>,
}

impl Plugin for Authentication {
    fn name(&self) -> &'static str {
        "authentication"
    }

    fn about(&self) -> &'static str {
        "Verifies the access token, and that its roles and scopes suffice"
    }

    fn schema(&self) -> Value {
        json!({
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "optional": {
                    "type": "boolean", "default": false, "title": "Optional",
                    "description": "Lets requests without a token pass; a bad token is refused all the same"
                },
                "grant": {
                    "type": "array", "items": {"type": "string", "minLength": 1}, "default": [], "title": "Roles",
                    "description": "One of these roles is needed; none named means any"
                },
                "scopes": {
                    "type": "array", "items": {"type": "string", "minLength": 1}, "default": [], "title": "Scopes",
                    "description": "All of these are needed", "examples": [["cars:write"]]
                }
            }
        })
    }

    fn phases(&self) -> Phases {
        Phases::REQUEST
    }

    fn requires(&self) -> &'static [&'static str] {
        &["identity"]
    }

    fn provides(&self) -> &'static [&'static str] {
        &["identity.sub", "identity.roles", "identity.scopes"]
    }

    fn restricts(&self) -> bool {
        true
    }

    fn guards(&self, settings: &Map<String, Value>) -> bool {
        settings.get("optional") != Some(&Value::Bool(true))
    }

    fn build(&self, settings: &Map<String, Value>, drivers: &Drivers) -> std::result::Result<Box<dyn Step>, String> {
        let settings: Settings = super::read(settings)?;
        if settings.optional && !(settings.grant.is_empty() && settings.scopes.is_empty()) {
            return Err("what is optional cannot ask for roles or scopes".into());
        }
        Ok(Box::new(Guard { settings, verifier: drivers.tools.verifier.clone() }))
    }
}

impl Step for Guard {
    fn ready(&self) -> LocalBoxFuture<'_, ()> {
        Box::pin(self.verifier.ready())
    }

    fn request<'a>(&'a self, exchange: &'a mut Exchange) -> Flow<'a> {
        match self.check(exchange) {
            Ok(()) => Flow::pass(),
            Err(error) => Flow::fail(error),
        }
    }
}

impl Guard {
    fn check(&self, exchange: &mut Exchange) -> Result<()> {
        let Some(token) = bearer(exchange)? else {
            if self.settings.optional {
                return Ok(());
            }
            return Err(Error::new(Kind::Unauthenticated, "token-missing", "sign in first"));
        };
        let who = self.verifier.verify_access(token)?;
        let granted = self.settings.grant.is_empty() || self.settings.grant.iter().any(|role| who.roles().contains(role));
        if !granted {
            return Err(Error::new(Kind::Forbidden, "role-missing", format!("this needs the role {}", self.settings.grant.join(" or "))));
        }
        for scope in &self.settings.scopes {
            who.require(scope)?;
        }
        exchange.identity = Some(who);
        Ok(())
    }
}

/// The one bearer token (RFC 6750, 2.1).
fn bearer(exchange: &Exchange) -> Result<Option<&str>> {
    exchange.note_read("header.authorization");
    let headers = &exchange.head.headers;
    if !headers.contains_key(AUTHORIZATION) {
        return Ok(None);
    }
    match credentials(headers, "bearer") {
        Some(token) if !token.is_empty() => Ok(Some(token)),
        _ => Err(Error::new(Kind::Unauthenticated, "token-invalid", "one Authorization header with a bearer token is expected")),
    }
}
