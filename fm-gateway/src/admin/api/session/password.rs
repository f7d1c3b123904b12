//! Changes the own password.

use crate::admin::{
    Access, Ask,
    api::Call,
    sessions::{self, Means, Secret},
    users::{self, Role},
};
use actix_web::HttpResponse;
use fm_sdk::{Error, Kind, Result};
use serde::Deserialize;
use serde_json::{Value, json};

pub const CALL: Call =
    Call::put("/session/password", Role::Viewer, "Changes the own password; all other sessions end", |ask| Box::pin(run(ask)))
        .open_to(Access::Session)
        .with_body(
            || json!({"type": "object", "required": ["old", "new"], "properties": {"old": {"type": "string"}, "new": {"type": "string"}}}),
        );

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    old: String,
    new: String,
}

async fn run(ask: Ask) -> Result<HttpResponse> {
    let body: Body = ask.json()?;
    let secret = change_password(&ask, &body.old, &body.new).await?;
    Ok(HttpResponse::Ok().cookie(sessions::cookie(&secret, &ask.request, ask.admin.exposure)).json(json!({"csrf": secret.form_token()})))
}

/// Changes the password of the caller, ends all sessions and begins a new one.
///
/// # Errors
/// `Invalid` if the new one is weak or the old one; `Forbidden`, code `credentials`, if the old one is wrong.
pub async fn change_password(ask: &Ask, old: &str, new: &str) -> Result<Secret> {
    let (admin, caller) = (&ask.admin, ask.caller()?);
    let Means::Session { user, .. } = &caller.means else {
        return Err(Error::new(Kind::Forbidden, "session-needed", "an API token has no password"));
    };
    admin.throttle.attempt(ask.from, &caller.name, ask.now)?;
    if !admin.passwords.verify(old, Some(user.hash.clone())).await? {
        return Err(Error::new(Kind::Forbidden, "credentials", "the old password is wrong"));
    }
    admin.throttle.succeeded(ask.from, &caller.name);
    users::check_password(new, &caller.name)?;
    if old == new {
        return Err(Error::field("password", "must be another one than before"));
    }
    let hash = admin.passwords.hash(new).await?;
    let changed = users::edit(&*admin.registry, |users| {
        let user = users.get_mut(&caller.name)?;
        user.set_password(hash.clone(), false);
        Ok((user.clone(), ask.event("user.password", &caller.name, Value::Null, Value::Null)))
    })
    .await?;
    // The file of the first one-time password is of no use any more.
    if user.must_change && user.name == "admin" {
        users::remove_file(&admin.data);
    }
    let event = ask.event("session.begin", &caller.name, Value::Null, Value::Null);
    sessions::begin(&*admin.registry, &changed, &ask.from.to_string(), ask.agent(), ask.now, &event).await
}
