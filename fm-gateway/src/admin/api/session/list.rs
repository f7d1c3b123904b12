//! Lists the own sessions.

use crate::admin::{
    Access, Ask,
    api::Call,
    sessions::{self, Listed, Means},
    users::Role,
};
use actix_web::HttpResponse;
use fm_sdk::Result;
use serde_json::json;

pub const CALL: Call = Call::get("/sessions", Role::Viewer, "Lists the own sessions", |ask| Box::pin(run(ask))).open_to(Access::Session);

async fn run(ask: Ask) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(json!({"sessions": own_sessions(&ask).await?})))
}

/// The sessions of the caller, newest first.
///
/// # Errors
/// Those of the registry.
pub async fn own_sessions(ask: &Ask) -> Result<Vec<Listed>> {
    let Means::Session { secret, user } = &ask.caller()?.means else { return Ok(Vec::new()) };
    sessions::of_user(&*ask.admin.registry, user, Some(&secret.hash()), ask.now).await
}
