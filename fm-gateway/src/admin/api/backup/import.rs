//! Imports a backup, or routes.

use super::Upload;
use crate::admin::{Ask, api::Call, users::Role};
use actix_web::HttpResponse;
use fm_sdk::Result;
use serde_json::json;

pub const CALL: Call = super::taking_an_import(Call::post(
    "/backup/import",
    Role::Admin,
    "Publishes the table of a backup, or the table in force with the routes of an OpenAPI document or a list",
    |ask| Box::pin(run(ask)),
))
.conditional();

async fn run(ask: Ask) -> Result<HttpResponse> {
    let base = ask.if_match()?;
    let upload = Upload::read(ask.json()?, &ask.query("service").unwrap_or_default()).await?;
    let warnings = upload.warnings().to_vec();
    let revision = import(&ask, upload, base).await?;
    Ok(HttpResponse::Ok().json(json!({"revision": revision, "warnings": warnings})))
}

/// Publishes what is imported, if `base` is still the revision in force, and gives the new one.
///
/// # Errors
/// Those of [`crate::admin::Admin::publish`].
pub async fn import(ask: &Ask, upload: Upload, base: i64) -> Result<i64> {
    let (current, revision) = ask.admin.current().await?;
    if revision != base {
        return Err(ask.admin.changed(revision).await);
    }
    let comment = upload.comment();
    ask.admin.publish(ask, "backup.import", upload.applied_to(&current), base, &comment).await
}
