//! Shows what an import would change.

use super::Backup;
use crate::{
    admin::{
        Ask,
        api::Call,
        history::{RouteChange, diff},
        users::Role,
    },
    table::{Problem, Table},
};
use actix_web::HttpResponse;
use fm_sdk::Result;
use serde_json::json;

pub const CALL: Call =
    Call::post("/backup/preview", Role::Admin, "Shows what an import would change, and changes nothing", |ask| Box::pin(run(ask)))
        .with_body(|| json!({"$ref": "#/components/schemas/Backup"}));

async fn run(ask: Ask) -> Result<HttpResponse> {
    let backup: Backup = ask.json()?;
    let (revision, changes, problems) = preview(&ask, backup.table).await?;
    Ok(HttpResponse::Ok().json(json!({"revision": revision, "changes": changes, "problems": problems})))
}

/// The revision in force, what an import would change, and what is wrong with it.
///
/// # Errors
/// Those of the registry.
pub async fn preview(ask: &Ask, mut table: Table) -> Result<(i64, Vec<RouteChange>, Vec<Problem>)> {
    let (current, revision) = ask.admin.current().await?;
    let problems = ask.admin.problems(&mut table, &current).await?;
    Ok((revision, diff(&current, &table), problems))
}
