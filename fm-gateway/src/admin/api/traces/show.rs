//! Shows a trace, put together from all instances.

use crate::admin::{Ask, api::Call, traces::Trace, users::Role};
use actix_web::HttpResponse;
use fm_sdk::Result;

pub const CALL: Call = Call::get(
    "/traces/{id}",
    Role::Viewer,
    "Puts a trace together from all instances: spans in the order in which one caused the other, and the instances that gave no answer",
    |ask| Box::pin(run(ask)),
);

async fn run(ask: Ask) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(trace(&ask).await?))
}

/// The trace that the path names.
///
/// # Errors
/// `Malformed`, code `trace-id`; `NotFound`, code `trace-unknown`.
pub async fn trace(ask: &Ask) -> Result<Trace> {
    ask.admin.trace(ask.param("id").parse()?).await
}
