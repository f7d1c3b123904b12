//! The plugins that routes may use.

use super::{
    Shell,
    fields::{Field, fields},
    html,
};
use crate::admin::{
    Ask,
    api::{
        Call,
        plugins::{Described, list},
    },
    users::Role,
};
use actix_web::HttpResponse;
use askama::Template;
use fm_sdk::Result;
use serde_json::Map;

pub const SHOW: Call = Call::get("/plugins", Role::Viewer, "Plugins", |ask| Box::pin(show(ask)));

#[derive(Template)]
#[template(path = "plugins.html")]
struct Page {
    s: Shell,
    plugins: Vec<(Described, Vec<Field>)>,
}

async fn show(ask: Ask) -> Result<HttpResponse> {
    let s = Shell::of(&ask, "plugins").await?;
    let (table, _) = ask.admin.current().await?;
    let settings = |plugin: Described| (fields(&plugin.schema, &Map::new(), "", "", &[]), plugin);
    let plugins = list(&ask.admin, &table).into_iter().map(settings).map(|(fields, plugin)| (plugin, fields)).collect();
    html(&ask, &Page { s, plugins })
}
