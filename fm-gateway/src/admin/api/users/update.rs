//! Changes a user.

use crate::admin::{
    Ask,
    api::Call,
    users::{self, Profile, Role},
};
use actix_web::HttpResponse;
use fm_sdk::Result;
use serde::Deserialize;
use serde_json::json;

pub const CALL: Call =
    Call::patch("/users/{name}", Role::Admin, "Changes the role of a user, or whether the user may sign in", |ask| Box::pin(run(ask)))
        .with_body(
            || json!({"type": "object", "properties": {"role": {"enum": ["viewer", "editor", "admin"]}, "active": {"type": "boolean"}}}),
        );

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    role: Option<Role>,
    active: Option<bool>,
}

async fn run(ask: Ask) -> Result<HttpResponse> {
    let body: Body = ask.json()?;
    Ok(HttpResponse::Ok().json(update_user(&ask, ask.param("name"), body.role, body.active).await?))
}

/// Changes role and activity of a user; one who may no longer sign in loses all sessions.
///
/// # Errors
/// `NotFound`, code `user-unknown`; `Conflict`, code `last-admin`.
pub async fn update_user(ask: &Ask, name: &str, role: Option<Role>, active: Option<bool>) -> Result<Profile> {
    users::edit(&*ask.admin.registry, |users| {
        let user = users.get_mut(name)?;
        let before = user.profile();
        user.role = role.unwrap_or(user.role);
        user.active = active.unwrap_or(user.active);
        if !user.active {
            user.end_sessions();
        }
        let after = user.profile();
        users.check_admin_left()?;
        Ok((after.clone(), ask.event("user.update", name, json!(before), json!(after))))
    })
    .await
}
