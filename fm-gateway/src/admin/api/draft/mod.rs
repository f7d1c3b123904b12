//! The changes of one editor that are not published yet.

pub mod delete;
pub mod first_table;
pub mod get;
pub mod plugin;
pub mod put;
pub mod routes;

use crate::admin::{Ask, drafts::Working};
use actix_web::HttpResponse;
use fm_sdk::Result;
use serde_json::{Value, json};

/// What a change of the draft is answered with: `report`, what the draft changes now, and all that is wrong with its table.
async fn staged(ask: &Ask, draft: &Working, mut report: Value) -> Result<HttpResponse> {
    report["base"] = draft.base.into();
    report["changes"] = json!(draft.changes(&ask.admin));
    report["problems"] = json!(ask.admin.tables.problems(&draft.table).await?);
    Ok(HttpResponse::Ok().json(report))
}
