//! Keeps a table as the own draft.

use crate::admin::{
    Ask,
    api::{Call, table::TableBody},
    drafts::Working,
    secrets,
    users::Role,
};
use actix_web::HttpResponse;
use fm_sdk::Result;
use serde_json::json;

pub const CALL: Call =
    Call::put("/draft", Role::Editor, "Keeps a table as the own draft; it has no effect until it is published", |ask| Box::pin(run(ask)))
        .with_body(|| json!({"$ref": "#/components/schemas/TableBody"}));

async fn run(ask: Ask) -> Result<HttpResponse> {
    let TableBody { mut table } = ask.json()?;
    let mut draft = Working::load(&ask).await?;
    secrets::unmask(&mut table, &draft.table);
    draft.table = table.into();
    draft.save(&ask, draft.mark).await?;
    Ok(HttpResponse::Ok().json(json!({"base": draft.base, "changes": draft.changes(&ask.admin)})))
}
