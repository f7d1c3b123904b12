//! A message as a service would have sent it, and its token.

use crate::forge::{Pair, encode, now};
use amiquip::{AmqpProperties, AmqpValue, FieldTable};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub const DELEGATION: &str = "fm-del+jwt";

/// What goes on the wire.
#[derive(Clone, Debug)]
pub struct Message {
    pub id: String,
    /// `event`, `command` or `call`.
    pub kind: &'static str,
    pub name: String,
    pub source: String,
    pub body: String,
    pub token: Option<String>,
}

impl Message {
    /// The claims of the token that belongs to it: its sender acts for this user.
    pub fn claims(&self, user: &str) -> Value {
        json!({
            "sub": user, "act": { "sub": self.source }, "scope": "cars:write", "aud": self.name, "jti": self.id,
            "bh": encode(Sha256::digest(&self.body)), "iat": now(), "exp": now() + 3600,
        })
    }
    /// The same, with a token that is right.
    pub fn signed(self, user: &str, pair: &Pair) -> Self {
        let token = pair.sign(&pair.header(DELEGATION).to_string(), &self.claims(user).to_string());
        Message { token: Some(token), ..self }
    }
    /// The same, with another token.
    pub fn bearing(&self, token: &str) -> Self {
        Message { token: Some(token.into()), ..self.clone() }
    }
    /// The properties. It says that it was tried often already, so that what is worth another try becomes a dead message at once too.
    pub fn properties(&self) -> AmqpProperties {
        let text = |value: &str| AmqpValue::LongString(value.into());
        let mut headers = FieldTable::new();
        headers.insert("fm-kind".into(), text(self.kind));
        headers.insert("fm-at".into(), AmqpValue::LongLongInt(now() * 1000));
        headers.insert("fm-attempt".into(), AmqpValue::LongLongInt(1000));
        if let Some(token) = &self.token {
            headers.insert("fm-token".into(), text(token));
        }
        let properties = AmqpProperties::default().with_message_id(self.id.clone()).with_type_(self.name.clone());
        properties.with_app_id(self.source.clone()).with_delivery_mode(2).with_headers(headers)
    }
}
