//! Gives the own draft.

use crate::admin::{Ask, api::Call, drafts::Working, table::shown, users::Role};
use actix_web::HttpResponse;
use fm_sdk::Result;
use serde_json::json;

pub const CALL: Call =
    Call::get("/draft", Role::Editor, "Gives the own draft: the table with all changes that are not published yet", |ask| {
        Box::pin(run(ask))
    });

async fn run(ask: Ask) -> Result<HttpResponse> {
    let draft = Working::load(&ask).await?;
    Ok(HttpResponse::Ok()
        .json(json!({"base": draft.base, "revision": draft.revision, "table": shown(&draft.table), "changes": draft.changes(&ask.admin)})))
}
