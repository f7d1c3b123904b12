//! Tries a table on the last requests.

use super::TableBody;
use crate::{
    admin::{Admin, Ask, api::Call, peers::Question, table::invalid, users::Role},
    pipeline::{compile, drivers},
    recent::RecentRequest,
    table::Table,
    trial::{self, DryRun},
};
use actix_web::{HttpResponse, web};
use fm_sdk::{Result, ResultExt, registry::MemoryRegistry};
use serde::Serialize;
use std::sync::Arc;

pub const CALL: Call = Call::post(
    "/table/dry-run",
    Role::Viewer,
    "Tells which of the last requests of all nodes a table would treat otherwise, and changes nothing",
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
    Ok(HttpResponse::Ok().json(dry_run(&ask.admin, current, table.into()).await?))
}

/// What would become of the last requests of all nodes.
#[derive(Clone, Debug, Serialize)]
pub struct DryRunReport {
    #[serde(flatten)]
    pub run: DryRun,
    /// The nodes whose requests were tried.
    pub nodes: Vec<String>,
    /// Nodes that are registered and did not answer: their requests are missing.
    pub silent: Vec<String>,
}

/// What would become of the last requests of all nodes. Both tables must be valid.
///
/// # Errors
/// `Invalid`, code `table-invalid`; those of the registry.
pub async fn dry_run(admin: &Admin, before: Arc<Table>, after: Arc<Table>) -> Result<DryRunReport> {
    let others = admin.peers.ask::<Vec<RecentRequest>>(admin, &Question::Recent).await?;
    let (plugins, mut recent, mut nodes) = (admin.plugins.clone(), admin.recent.list(), vec![admin.instance.clone()]);
    for (node, requests) in others.of {
        nodes.push(node);
        recent.extend(requests);
    }
    let compare = move || -> Result<DryRun> {
        let drivers = drivers(Arc::new(MemoryRegistry::default()));
        let compiled = |table: &Table| compile(table, 0, &plugins, &drivers).map_err(|problems| invalid(problems.0));
        Ok(trial::dry_run(&compiled(&before)?, &compiled(&after)?, &recent))
    };
    let run = web::block(compare).await.internal()??;
    Ok(DryRunReport { run, nodes, silent: others.silent })
}
