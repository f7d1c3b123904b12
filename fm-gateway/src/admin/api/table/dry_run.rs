//! Tries a table on the last requests.

use super::TableBody;
use crate::{
    admin::{Admin, Ask, api::Call, table::invalid, users::Role},
    pipeline::{compile, drivers},
    table::Table,
    trial::{self, DryRun},
};
use actix_web::{HttpResponse, web};
use fm_sdk::{Result, ResultExt, registry::MemoryRegistry};
use std::sync::Arc;

pub const CALL: Call = Call::post(
    "/table/dry-run",
    Role::Viewer,
    "Tells which of the last requests of this node a table would treat otherwise, and changes nothing",
    |ask| Box::pin(run(ask)),
)
.with_body(|| serde_json::json!({"$ref": "#/components/schemas/TableBody"}));

async fn run(ask: Ask) -> Result<HttpResponse> {
    let TableBody { mut table } = ask.json()?;
    let (current, _) = ask.admin.current().await?;
    let problems = ask.admin.problems(&mut table, &current).await?;
    if !problems.is_empty() {
        return Err(invalid(problems));
    }
    Ok(HttpResponse::Ok().json(dry_run(&ask.admin, current, table).await?))
}

/// What would become of the last requests of this node. Both tables must be valid.
///
/// # Errors
/// `Invalid`, code `table-invalid`.
pub async fn dry_run(admin: &Admin, before: Table, after: Table) -> Result<DryRun> {
    let (plugins, recent) = (admin.plugins.clone(), admin.recent.list());
    let compare = move || {
        let drivers = drivers(Arc::new(MemoryRegistry::default()));
        let compiled = |table: &Table| compile(table, 0, &plugins, &drivers).map_err(|problems| invalid(problems.0));
        Ok(trial::dry_run(&compiled(&before)?, &compiled(&after)?, &recent))
    };
    web::block(compare).await.internal()?
}
