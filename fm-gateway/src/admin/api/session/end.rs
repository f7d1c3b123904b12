//! Ends one of the own sessions.

use crate::admin::{Access, Ask, api::Call, audit, sessions, users::Role};
use actix_web::HttpResponse;
use fm_sdk::{Error, Result};
use serde_json::Value;

pub const CALL: Call =
    Call::delete("/sessions/{id}", Role::Viewer, "Ends one of the own sessions", |ask| Box::pin(run(ask))).open_to(Access::Session);

async fn run(ask: Ask) -> Result<HttpResponse> {
    end_session(&ask, ask.param("id")).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Ends a session of the caller.
///
/// # Errors
/// `NotFound`, code `session-unknown`.
pub async fn end_session(ask: &Ask, id: &str) -> Result<()> {
    let registry = &*ask.admin.registry;
    let found = sessions::end_listed(registry, &ask.caller()?.name, id).await?;
    let change = found.ok_or_else(|| Error::not_found("session-unknown"))?;
    audit::commit(registry, &ask.event("session.end", id, Value::Null, Value::Null), vec![change]).await.map(drop)
}
