//! Publishes a table.

use crate::{
    admin::{Ask, api::Call, users::Role, watchdog::WatchRequest},
    table::Table,
};
use actix_web::{HttpResponse, http::header::ETAG};
use fm_sdk::Result;
use serde::Deserialize;
use serde_json::json;

pub const CALL: Call =
    Call::put("/table", Role::Editor, "Publishes a table on all nodes", |ask| Box::pin(run(ask))).conditional().with_body(|| {
        json!({"type": "object", "required": ["table"], "properties": {
        "table": {"$ref": "#/components/schemas/Table"}, "comment": {"type": "string", "maxLength": 500}, "watchdog": WatchRequest::schema()}})
    });

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    table: Table,
    #[serde(default)]
    comment: String,
    watchdog: Option<WatchRequest>,
}

async fn run(ask: Ask) -> Result<HttpResponse> {
    let base = ask.if_match()?;
    let body: Body = ask.json()?;
    let revision = ask.admin.publish_watched(&ask, "table.publish", body.table, base, &body.comment, body.watchdog.as_ref()).await?;
    Ok(HttpResponse::Ok().insert_header((ETAG, format!("\"{revision}\""))).json(json!({"revision": revision})))
}
