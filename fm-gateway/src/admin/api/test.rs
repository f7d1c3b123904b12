//! Sends a request through a table that need not be in force, and shows what each step does.

use crate::{
    admin::{Admin, Ask, api::Call, drafts::Working, table::invalid, users::Role},
    table::Table,
    trial::{self, TrialReport, TrialRequest},
};
use actix_web::HttpResponse;
use fm_sdk::Result;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

pub const CALL: Call = Call::post(
    "/test",
    Role::Editor,
    "Sends a request through a table (the own draft, if none is given); services are really asked",
    |ask| Box::pin(run(ask)),
)
.with_body(|| {
    json!({"type": "object", "required": ["method", "url"], "properties": {
        "method": {"type": "string"}, "url": {"type": "string"}, "headers": {"type": "array", "items": {"type": "string"}},
        "body": {"type": "string"}, "table": {"$ref": "#/components/schemas/Table"}}})
});

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    method: String,
    url: String,
    #[serde(default)]
    headers: Vec<String>,
    #[serde(default)]
    body: String,
    table: Option<Table>,
}

async fn run(ask: Ask) -> Result<HttpResponse> {
    let body: Body = ask.json()?;
    let request = TrialRequest::parse(&body.method, &body.url, &body.headers, body.body.into())?;
    let draft = Working::load(&ask).await?;
    let table = match body.table {
        Some(mut table) => {
            let unknown = crate::admin::secrets::unmask(&mut table, &draft.table);
            if !unknown.is_empty() {
                return Err(invalid(unknown));
            }
            Arc::new(table)
        }
        None => draft.table,
    };
    Ok(HttpResponse::Ok().json(test(&ask.admin, &table, &request).await?))
}

/// Sends the request through the table.
///
/// # Errors
/// `Invalid`, code `table-invalid`.
pub async fn test(admin: &Admin, table: &Table, request: &TrialRequest) -> Result<TrialReport> {
    trial::run(table, &admin.plugins, &admin.drivers, request).await.map_err(|problems| invalid(problems.0))
}
