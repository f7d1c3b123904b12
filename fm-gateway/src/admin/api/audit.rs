//! Lists what was changed.

use crate::admin::{Ask, api::Call, audit, users::Role};
use actix_web::HttpResponse;
use fm_sdk::Result;
use serde_json::json;

pub const CALL: Call = Call::get("/audit", Role::Admin, "Lists what was changed, newest first", |ask| Box::pin(run(ask)));

async fn run(ask: Ask) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(json!({"events": audit::list(&*ask.admin.registry).await?})))
}
