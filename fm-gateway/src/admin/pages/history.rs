//! The versions of the table: who, when, why, what; and the way back.

use super::{Layout, filters, html, see};
use crate::{
    admin::{
        Ask,
        api::{
            Call,
            nodes::nodes,
            table::{restore::restore, version::revision},
        },
        history::{RouteChange, diff},
        users::Role,
    },
    table::{Version, history},
};
use actix_web::HttpResponse;
use askama::Template;
use fm_sdk::Result;
use std::collections::BTreeMap;

pub const LIST: Call = Call::get("/history", Role::Viewer, "History", |ask| Box::pin(list(ask)));
pub const SHOW: Call = Call::get("/history/{revision}", Role::Viewer, "A version of the table", |ask| Box::pin(show(ask)));
pub const RESTORE: Call = Call::post("/history/{revision}", Role::Editor, "Restores a version", |ask| Box::pin(submit(ask)));

#[derive(Template)]
#[template(path = "history.html")]
struct List {
    s: Layout,
    revision: i64,
    /// Versions and the nodes that have them in force.
    versions: Vec<(Version, Vec<String>)>,
}

#[derive(Template)]
#[template(path = "version.html")]
struct One {
    s: Layout,
    current: i64,
    version: Version,
    /// What a restore would change.
    changes: Vec<RouteChange>,
}

async fn list(ask: Ask) -> Result<HttpResponse> {
    let s = Layout::of(&ask, "history").await?;
    let (_, revision) = ask.admin.current().await?;
    let nodes = nodes(&ask.admin, revision, &BTreeMap::new()).await?;
    let on = |version: &Version| nodes.iter().filter(|n| n.revision == Some(version.revision)).map(|n| n.id.clone()).collect();
    let versions = history::list(&*ask.admin.registry).await?;
    let versions = versions.into_iter().map(|version| (on(&version), version)).map(|(on, version)| (version, on)).collect();
    html(&ask, &List { s, revision, versions })
}

async fn show(ask: Ask) -> Result<HttpResponse> {
    let s = Layout::of(&ask, "history").await?;
    let (version, table) = ask.admin.version(revision(&ask)?).await?;
    let (current, current_revision) = ask.admin.current().await?;
    let changes = diff(&current, &table);
    html(&ask, &One { s, current: current_revision, version, changes })
}

async fn submit(ask: Ask) -> Result<HttpResponse> {
    let base = ask.field("base").and_then(|base| base.parse().ok()).unwrap_or_default();
    restore(&ask, revision(&ask)?, base, ask.field("comment").unwrap_or_default().trim()).await?;
    Ok(see("/admin/history?done=restored"))
}
