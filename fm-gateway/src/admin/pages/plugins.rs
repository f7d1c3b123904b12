//! The plugins that routes may use.

use super::{
    Layout,
    fields::{Field, fields},
    html, plugin_texts,
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
    s: Layout,
    plugins: Vec<(Described, Vec<Field>)>,
}

async fn show(ask: Ask) -> Result<HttpResponse> {
    let s = Layout::of(&ask, "plugins").await?;
    let (table, _) = ask.admin.current().await?;
    let shown = |mut plugin: Described| {
        plugin.about = plugin_texts::text_of_plugin(plugin.about, s.de);
        let fields = plugin_texts::localised(fields(&plugin.schema, &Map::new(), "", "", &[]), s.de);
        (plugin, fields)
    };
    let plugins = list(&ask.admin, &table).into_iter().map(shown).collect();
    html(&ask, &Page { s, plugins })
}
