//! Gives a user a new one-time password.

use crate::admin::{
    Ask,
    api::Call,
    users::{self, Role},
};
use actix_web::HttpResponse;
use fm_sdk::Result;
use serde_json::{Value, json};

pub const CALL: Call =
    Call::post("/users/{name}/password", Role::Admin, "Gives a user a new one-time password; all sessions of the user end", |ask| {
        Box::pin(run(ask))
    });

async fn run(ask: Ask) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(json!({"password": reset_password(&ask, ask.param("name")).await?})))
}

/// Sets a one-time password and gives it.
///
/// # Errors
/// `NotFound`, code `user-unknown`.
pub async fn reset_password(ask: &Ask, name: &str) -> Result<String> {
    let event = ask.event("user.reset-password", name, Value::Null, Value::Null);
    users::reset_password(&*ask.admin.registry, &ask.admin.passwords, name, event).await
}
