//! Imports a backup.

use super::Backup;
use crate::admin::{Ask, api::Call, users::Role};
use actix_web::HttpResponse;
use fm_sdk::Result;
use serde_json::json;

pub const CALL: Call = Call::post("/backup/import", Role::Admin, "Publishes the table of a backup", |ask| Box::pin(run(ask)))
    .conditional()
    .with_body(|| json!({"$ref": "#/components/schemas/Backup"}));

async fn run(ask: Ask) -> Result<HttpResponse> {
    let base = ask.if_match()?;
    let backup: Backup = ask.json()?;
    let comment = backup.comment();
    let revision = ask.admin.publish(&ask, "backup.import", backup.table, base, &comment).await?;
    Ok(HttpResponse::Ok().json(json!({"revision": revision})))
}
