//! Signs out.

use crate::admin::{
    Access, Ask,
    api::Call,
    audit,
    sessions::{self, Means},
    users::Role,
};
use actix_web::HttpResponse;
use fm_sdk::Result;
use serde_json::Value;

pub const CALL: Call = Call::delete("/session", Role::Viewer, "Signs out", |ask| Box::pin(run(ask))).open_to(Access::Session);

async fn run(ask: Ask) -> Result<HttpResponse> {
    sign_out(&ask).await?;
    Ok(HttpResponse::NoContent().cookie(sessions::no_cookie()).finish())
}

/// Ends the session of the caller.
///
/// # Errors
/// Those of the registry.
pub async fn sign_out(ask: &Ask) -> Result<()> {
    let caller = ask.caller()?;
    if let Means::Session { secret, .. } = &caller.means {
        let event = ask.event("session.end", &caller.name, Value::Null, Value::Null);
        audit::commit(&*ask.admin.registry, &event, vec![sessions::end(&secret.hash())]).await?;
    }
    Ok(())
}
