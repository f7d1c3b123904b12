//! Creates an API token.

use crate::admin::{
    Ask,
    api::Call,
    sessions::tokens::{self, MAX_DAYS, NewToken, Token},
    users::Role,
};
use actix_web::HttpResponse;
use fm_sdk::{Result, time::rfc3339};
use serde::Deserialize;
use serde_json::{Value, json};

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
/// Those of [`tokens::create`].
pub async fn create_token(ask: &Ask, name: &str, role: Role, days: i64) -> Result<(Token, String)> {
    let event = |action: &str, id: &str, after| ask.event(action, id, Value::Null, after);
    tokens::create(&*ask.admin.registry, &NewToken { name, role, days }, &ask.caller()?.name, ask.now, event).await
}
