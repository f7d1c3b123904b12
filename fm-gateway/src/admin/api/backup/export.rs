//! Exports the table.

use crate::admin::{Ask, api::Call, table::shown, users::Role};
use actix_web::{
    HttpResponse,
    http::header::{ContentDisposition, DispositionParam, DispositionType},
};
use fm_sdk::{Result, time::rfc3339};
use serde_json::json;

pub const CALL: Call = Call::get("/backup", Role::Admin, "Exports the table as a file, secrets masked", |ask| Box::pin(run(ask)));

async fn run(ask: Ask) -> Result<HttpResponse> {
    let (table, revision) = ask.admin.current().await?;
    let file = ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![DispositionParam::Filename(format!("fm-gateway-{revision}.json"))],
    };
    let backup = json!({"backup": 1, "at": rfc3339(ask.now), "revision": revision, "table": shown(&table)});
    Ok(HttpResponse::Ok().insert_header(file).json(backup))
}
