//! Shows a dead letter.

use super::service;
use crate::admin::{Ask, api::Call, bus::DeadLetterContent, users::Role};
use actix_web::HttpResponse;
use fm_sdk::Result;

/// What messages say is about users, so looking is not enough.
pub const CALL: Call = Call::get(
    "/bus/{service}/dead-letter",
    Role::Editor,
    "Shows a message that a service could not handle, with its body and without its token",
    |ask| Box::pin(run(ask)),
)
.with_query(&[("id", "The message's id")]);

async fn run(ask: Ask) -> Result<HttpResponse> {
    let service = service(&ask).await?;
    let found = ask.admin.bus.dead_letter(&service, &ask.query("id").unwrap_or_default()).await?;
    Ok(HttpResponse::Ok().json(DeadLetterContent::from(&found)))
}
