//! Gives a version of the table.

use crate::admin::{Ask, api::Call, history::diff, table::shown, users::Role};
use actix_web::HttpResponse;
use fm_sdk::{Error, Result};
use serde_json::json;

pub const CALL: Call = Call::get(
    "/table/history/{revision}",
    Role::Viewer,
    "Gives a version of the table, and what differs in the one in the registry",
    |ask| Box::pin(run(ask)),
);

async fn run(ask: Ask) -> Result<HttpResponse> {
    let (version, table) = ask.admin.version(revision(&ask)?).await?;
    let (current, _) = ask.admin.current().await?;
    let changes = diff(&table, &current);
    Ok(HttpResponse::Ok().json(json!({"version": version, "table": shown(&table), "changes_since": changes})))
}

/// The revision that the path names.
///
/// # Errors
/// `NotFound`, code `version-unknown`.
pub fn revision(ask: &Ask) -> Result<i64> {
    ask.param("revision").parse().map_err(|_| Error::not_found("version-unknown"))
}
