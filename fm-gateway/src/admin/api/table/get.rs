//! Gives the table.

use crate::admin::{Ask, api::Call, table::shown, users::Role};
use actix_web::{HttpResponse, http::header::ETAG};
use fm_sdk::Result;
use serde_json::json;

pub const CALL: Call =
    Call::get("/table", Role::Viewer, "Gives the table in the registry, secrets masked; its revision is also the ETag", |ask| {
        Box::pin(run(ask))
    });

async fn run(ask: Ask) -> Result<HttpResponse> {
    let (table, revision) = ask.admin.current().await?;
    Ok(HttpResponse::Ok().insert_header((ETAG, format!("\"{revision}\""))).json(json!({"revision": revision, "table": shown(&table)})))
}
