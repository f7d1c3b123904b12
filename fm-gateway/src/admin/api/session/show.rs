//! Tells who asks.

use crate::admin::{Access, Ask, api::Call, users::Role};
use actix_web::HttpResponse;
use fm_sdk::Result;
use serde_json::{Value, json};

pub const CALL: Call =
    Call::get("/session", Role::Viewer, "Tells who is signed in, and the token that changes must carry", |ask| Box::pin(run(ask)))
        .open_to(Access::Session);

async fn run(ask: Ask) -> Result<HttpResponse> {
    let caller = ask.caller()?;
    Ok(HttpResponse::Ok().json(described(&caller.name, caller.role, caller.must_change, caller.form_token())))
}

/// Who is signed in, as JSON.
pub(super) fn described(name: &str, role: Role, must_change: bool, form_token: Option<String>) -> Value {
    json!({"name": name, "role": role, "must_change": must_change, "csrf": form_token})
}
