//! Deletes a saved request.

use crate::admin::{Ask, api::Call, saved_requests, users::Role};
use actix_web::HttpResponse;
use fm_sdk::Result;

pub const CALL: Call = Call::delete("/saved-requests/{name}", Role::Editor, "Deletes a saved request", |ask| Box::pin(run(ask)));

async fn run(ask: Ask) -> Result<HttpResponse> {
    saved_requests::delete(&ask, ask.param("name")).await?;
    Ok(HttpResponse::NoContent().finish())
}
