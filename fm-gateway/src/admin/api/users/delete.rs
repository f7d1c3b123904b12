//! Removes a user.

use crate::admin::{
    Ask,
    api::Call,
    users::{self, Role},
};
use actix_web::HttpResponse;
use fm_sdk::Result;
use serde_json::{Value, json};

pub const CALL: Call = Call::delete("/users/{name}", Role::Admin, "Removes a user", |ask| Box::pin(run(ask)));

async fn run(ask: Ask) -> Result<HttpResponse> {
    delete_user(&ask, ask.param("name")).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Removes a user; all sessions end with it.
///
/// # Errors
/// `NotFound`, code `user-unknown`; `Conflict`, code `last-admin`.
pub async fn delete_user(ask: &Ask, name: &str) -> Result<()> {
    users::edit(&*ask.admin.registry, |users| {
        let gone = users.remove(name)?;
        users.check_admin_left()?;
        Ok(((), ask.event("user.delete", name, json!(gone.profile()), Value::Null)))
    })
    .await
}
