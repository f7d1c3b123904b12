//! Compares a table with the one in force.

use super::TableBody;
use crate::admin::{Ask, api::Call, history::diff, secrets, users::Role};
use actix_web::HttpResponse;
use fm_sdk::Result;
use serde_json::json;

pub const CALL: Call =
    Call::post("/table/diff", Role::Viewer, "Compares a table with the one in the registry, route by route", |ask| Box::pin(run(ask)))
        .with_body(|| json!({"$ref": "#/components/schemas/TableBody"}));

async fn run(ask: Ask) -> Result<HttpResponse> {
    let TableBody { mut table } = ask.json()?;
    let (current, revision) = ask.admin.current().await?;
    secrets::unmask(&mut table, &current);
    Ok(HttpResponse::Ok().json(json!({"revision": revision, "changes": diff(&current, &table)})))
}
