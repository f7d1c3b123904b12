//! Creates an API token.

use crate::admin::{
    Ask,
    api::Call,
    sessions::{
        Secret,
        tokens::{self, MAX_DAYS, Token},
    },
    users::Role,
};
use actix_web::HttpResponse;
use fm_sdk::{Error, Result, time::rfc3339};
use serde::Deserialize;
use serde_json::{Value, json};

const DAY: i64 = 86_400_000;

pub const CALL: Call = Call::post("/tokens", Role::Admin, "Creates an API token and gives it, which is shown only once", |ask| Box::pin(run(ask))).with_body(|| {
    json!({"type": "object", "required": ["name", "role", "days"], "properties": {
        "name": {"type": "string"}, "role": {"enum": ["viewer", "editor", "admin"]}, "days": {"type": "integer", "minimum": 1, "maximum": MAX_DAYS}}})
});

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    name: String,
    role: Role,
    days: i64,
}

async fn run(ask: Ask) -> Result<HttpResponse> {
    let body: Body = ask.json()?;
    let (token, text) = create_token(&ask, &body.name, body.role, body.days).await?;
    let answer = json!({"id": token.id, "name": token.name, "role": token.role, "expires": rfc3339(token.expires), "token": text});
    Ok(HttpResponse::Created().json(answer))
}

/// Creates a token and gives its text.
///
/// # Errors
/// `Invalid` if name or days are out of their limits.
pub async fn create_token(ask: &Ask, name: &str, role: Role, days: i64) -> Result<(Token, String)> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 64 || name.contains(char::is_control) {
        return Err(Error::field("name", "must have 1 to 64 characters"));
    }
    if !(1..=MAX_DAYS).contains(&days) {
        return Err(Error::field("days", format!("must be from 1 to {MAX_DAYS}")));
    }
    let secret = Secret::random();
    let token = Token {
        id: tokens::new_id(),
        name: name.into(),
        role,
        hash: secret.hash(),
        created: rfc3339(ask.now),
        created_by: ask.caller()?.name.clone(),
        expires: ask.now + days * DAY,
    };
    tokens::edit(&*ask.admin.registry, |tokens| {
        tokens.add(token.clone(), ask.now)?;
        let after = json!({"name": name, "role": role, "expires": rfc3339(token.expires)});
        Ok(((), ask.event("token.create", &token.id, Value::Null, after)))
    })
    .await?;
    let text = tokens::text(&token.id, &secret);
    Ok((token, text))
}
