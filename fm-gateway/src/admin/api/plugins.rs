//! Lists the plugins.

use crate::{
    admin::{Admin, Ask, api::Call, users::Role},
    pipeline::{Phases, Plugin},
    table::Table,
};
use actix_web::HttpResponse;
use fm_sdk::Result;
use serde::Serialize;
use serde_json::{Value, json};

pub const CALL: Call =
    Call::get("/plugins", Role::Viewer, "Lists the plugins, the JSON Schemas of their settings, and where they are used", |ask| {
        Box::pin(run(ask))
    });

/// A plugin.
#[derive(Clone, Debug, Serialize)]
pub struct Described {
    pub name: &'static str,
    pub version: &'static str,
    pub about: &'static str,
    pub schema: Value,
    pub phases: Vec<&'static str>,
    pub requires: &'static [&'static str],
    pub provides: &'static [&'static str],
    /// It answers every request, so that nothing can come after it.
    pub answers: bool,
    /// The routes that use it.
    pub routes: Vec<String>,
}

async fn run(ask: Ask) -> Result<HttpResponse> {
    let (table, _) = ask.admin.current().await?;
    Ok(HttpResponse::Ok().json(json!({"plugins": list(&ask.admin, &table)})))
}

/// All plugins, by name.
pub fn list(admin: &Admin, table: &Table) -> Vec<Described> {
    admin.plugins.iter().map(|plugin| describe(&**plugin, table)).collect()
}

fn describe(plugin: &dyn Plugin, table: &Table) -> Described {
    let Phases { request, response, body, log } = plugin.phases();
    let phases = [(request, "request"), (response, "response"), (body, "body"), (log, "log")];
    let uses =
        table.routes.iter().filter(|route| table.shared(route).iter().chain(&route.plugins).any(|stage| stage.plugin == plugin.name()));
    Described {
        name: plugin.name(),
        version: plugin.version(),
        about: plugin.about(),
        schema: plugin.schema(),
        phases: phases.into_iter().filter_map(|(takes_part, name)| takes_part.then_some(name)).collect(),
        requires: plugin.requires(),
        provides: plugin.provides(),
        answers: plugin.answers(),
        routes: uses.map(|route| route.id.clone()).collect(),
    }
}
