//! Deletes a dead letter for good.

use super::{
    Body, body,
    replay::{record, record_failure},
    service,
};
use crate::admin::{Ask, api::Call, bus::DeadLetterContent, users::Role};
use actix_web::HttpResponse;
use fm_sdk::Result;
use serde_json::json;

pub const CALL: Call =
    Call::post("/bus/{service}/dead-letters/drop", Role::Admin, "Deletes a dead letter for good, and gives it as it was", |ask| {
        Box::pin(run(ask))
    })
    .with_body(body);

async fn run(ask: Ask) -> Result<HttpResponse> {
    let Body { id } = ask.json()?;
    let service = service(&ask).await?;
    let dropped = drop_dead_letter(&ask, &service, &id).await?;
    Ok(HttpResponse::Ok().json(json!({"dropped": dropped})))
}

/// Records the deletion, then deletes.
///
/// # Errors
/// `NotFound`, code `dead-letter-unknown`; those of the broker and the registry.
pub async fn drop_dead_letter(ask: &Ask, service: &str, id: &str) -> Result<DeadLetterContent> {
    let bus = &ask.admin.bus;
    let found = bus.dead_letter(service, id).await?;
    record(ask, "dead-letter.drop", service, &found).await?;
    match bus.drop_dead_letter(service, id).await {
        Ok(dropped) => Ok(DeadLetterContent::from(&dropped)),
        Err(e) => Err(record_failure(ask, "dead-letter.drop-failed", service, id, e).await),
    }
}
