//! Lists queues.

use super::known_services;
use crate::admin::{Ask, api::Call, users::Role};
use actix_web::HttpResponse;
use fm_sdk::Result;
use serde_json::json;

pub const CALL: Call =
    Call::get("/bus", Role::Viewer, "Lists the queues of services in the message broker, with depth and consumers", |ask| {
        Box::pin(run(ask))
    });

async fn run(ask: Ask) -> Result<HttpResponse> {
    let services = known_services(&ask.admin).await?;
    Ok(HttpResponse::Ok().json(json!({"queues": ask.admin.bus.queues(&services).await?})))
}
