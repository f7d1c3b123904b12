//! Switches a plugin of a route in the own draft on or off.

use super::staged;
use crate::admin::{
    Ask,
    api::Call,
    drafts::{Working, switch_plugin},
    users::Role,
};
use actix_web::HttpResponse;
use fm_sdk::{Error, Result};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

pub const CALL: Call =
    Call::patch("/draft/routes/{id}/plugins/{place}", Role::Editor, "Switches a plugin of a route in the own draft on or off", |ask| {
        Box::pin(run(ask))
    })
    .with_body(body);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    plugin: String,
    enabled: bool,
}

fn body() -> Value {
    json!({
        "type": "object", "required": ["plugin", "enabled"], "additionalProperties": false,
        "description": "`place` counts from 0. The plugin there is named, so that no other one is switched if the pipeline has changed (409 `pipeline-changed`).",
        "properties": {"plugin": {"type": "string"}, "enabled": {"type": "boolean"}}
    })
}

async fn run(ask: Ask) -> Result<HttpResponse> {
    let Body { plugin, enabled } = ask.json()?;
    let place = ask.param("place").parse().map_err(|_| Error::field("place", "must be a whole number from 0 on"))?;
    let mut draft = Working::load(&ask).await?;
    switch_plugin(Arc::make_mut(&mut draft.table), ask.param("id"), place, &plugin, enabled)?;
    draft.save(&ask, draft.mark).await?;
    staged(&ask, &draft, json!({})).await
}
