//! Lists dead letters.

use super::service;
use crate::admin::{Ask, api::Call, users::Role};
use actix_web::HttpResponse;
use fm_sdk::Result;
use serde_json::json;

pub const CALL: Call = Call::get(
    "/bus/{service}/dead-letters",
    Role::Viewer,
    "Lists the messages that a service could not handle, oldest first, with cause and attempts",
    |ask| Box::pin(run(ask)),
);

async fn run(ask: Ask) -> Result<HttpResponse> {
    let service = service(&ask).await?;
    Ok(HttpResponse::Ok().json(json!({"dead_letters": ask.admin.bus.dead_letters(&service).await?})))
}
