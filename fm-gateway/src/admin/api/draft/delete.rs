//! Discards the own draft.

use crate::admin::{Ask, api::Call, drafts, users::Role};
use actix_web::HttpResponse;
use fm_sdk::Result;

pub const CALL: Call = Call::delete("/draft", Role::Editor, "Discards the own draft", |ask| Box::pin(run(ask)));

async fn run(ask: Ask) -> Result<HttpResponse> {
    drafts::discard(&ask).await?;
    Ok(HttpResponse::NoContent().finish())
}
