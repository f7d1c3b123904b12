//! Signs in.

use super::show::described;
use crate::admin::{
    Access, Ask,
    api::Call,
    sessions::{self, Secret},
    users::{self, Role, User},
};
use actix_web::HttpResponse;
use fm_sdk::{Error, Kind, Result};
use serde::Deserialize;
use serde_json::{Value, json};

pub const CALL: Call = Call::post("/session", Role::Viewer, "Signs in and sets the cookie of the session", |ask| Box::pin(run(ask)))
    .open_to(Access::Public)
    .with_body(|| json!({"type": "object", "required": ["name", "password"], "properties": {"name": {"type": "string"}, "password": {"type": "string"}}}));

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    name: String,
    password: String,
}

async fn run(ask: Ask) -> Result<HttpResponse> {
    let body: Body = ask.json()?;
    let (secret, user) = sign_in(&ask, &body.name, &body.password).await?;
    let cookie = sessions::cookie(&secret, &ask.request, ask.admin.exposure);
    Ok(HttpResponse::Created().cookie(cookie).json(described(&user.name, user.role, user.must_change, Some(secret.form_token()))))
}

/// Begins a session of who knows the password.
///
/// # Errors
/// `Unauthenticated`, code `credentials`; `Throttled`, code `sign-in-throttled`.
pub async fn sign_in(ask: &Ask, name: &str, password: &str) -> Result<(Secret, User)> {
    let admin = &ask.admin;
    let name = name.trim().to_lowercase();
    admin.throttle.attempt(ask.from, &name, ask.now)?;
    let users = users::load(&*admin.registry).await?;
    let user = users.value.find(&name).filter(|user| user.active);
    if !admin.passwords.verify(password, user.map(|user| user.hash.clone())).await? {
        log::warn!(from = ask.from.to_string().as_str(); "admin: sign-in failed");
        return Err(Error::new(Kind::Unauthenticated, "credentials", "name or password is wrong"));
    }
    let user = user.cloned().ok_or_else(|| Error::not_found("user-unknown"))?;
    admin.throttle.succeeded(ask.from, &name);
    let mut event = ask.event("session.begin", &name, Value::Null, Value::Null);
    event.who = name;
    let secret = sessions::begin(&*admin.registry, &user, &ask.from.to_string(), ask.agent(), ask.now, &event).await?;
    Ok((secret, user))
}
