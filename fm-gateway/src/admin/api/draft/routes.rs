//! Switches routes of the own draft on or off, all or none.

use super::staged;
use crate::admin::{
    Ask,
    api::Call,
    drafts::{Switched, Working, switch_routes},
    users::Role,
};
use actix_web::HttpResponse;
use fm_sdk::Result;
use serde::Deserialize;
use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::Arc};

pub const CALL: Call =
    Call::patch("/draft/routes", Role::Editor, "Switches routes of the own draft on or off, all or none", |ask| Box::pin(run(ask)))
        .with_body(body);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    ids: BTreeSet<String>,
    active: bool,
}

fn body() -> Value {
    json!({
        "type": "object", "required": ["ids", "active"], "additionalProperties": false,
        "description": "If one of the routes does not exist, none is switched (422 `route-unknown`, which names them).",
        "properties": {"ids": {"type": "array", "minItems": 1, "items": {"type": "string"}}, "active": {"type": "boolean"}}
    })
}

async fn run(ask: Ask) -> Result<HttpResponse> {
    let Body { ids, active } = ask.json()?;
    let mut draft = Working::load(&ask).await?;
    let mark = draft.mark;
    let switched = switch(&ask, &mut draft, &ids, active, mark).await?;
    staged(&ask, &draft, json!(switched)).await
}

/// Switches routes and keeps the draft, if it is still the one that was read with this mark. Which routes were switched is recorded.
///
/// # Errors
/// `Invalid`: `routes-missing`, `route-unknown`; `Conflict` if the draft has changed since; those of the registry.
pub async fn switch(ask: &Ask, draft: &mut Working, ids: &BTreeSet<String>, active: bool, mark: i64) -> Result<Switched> {
    let switched = switch_routes(Arc::make_mut(&mut draft.table), ids, active)?;
    if !switched.changed.is_empty() {
        let target = format!("{} routes", switched.changed.len());
        let event = ask.event("draft.switch", &target, Value::Null, json!({"active": active, "changed": switched.changed}));
        draft.save_recorded(ask, mark, &event).await?;
    }
    Ok(switched)
}
