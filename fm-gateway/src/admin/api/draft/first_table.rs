//! Takes the first table into the own draft.

use super::staged;
use crate::{
    admin::{Ask, api::Call, drafts::Working, users::Role},
    table::market,
};
use actix_web::HttpResponse;
use fm_sdk::{Error, Kind, Result};
use serde_json::{Value, json};

pub const CALL: Call =
    Call::post("/draft/first-table", Role::Editor, "Takes the market's table into the own draft, if that has no routes", |ask| {
        Box::pin(run(ask))
    });

async fn run(ask: Ask) -> Result<HttpResponse> {
    let mut draft = Working::load(&ask).await?;
    let mark = draft.mark;
    take(&ask, &mut draft, mark).await?;
    let routes = draft.table.routes.len();
    staged(&ask, &draft, json!({"routes": routes})).await
}

/// Takes it and keeps the draft, if it is still the one that was read with this mark. This is recorded.
///
/// # Errors
/// `Conflict`, code `table-not-empty`, if the draft has routes; `Stale` if it has changed since; those of the registry.
pub async fn take(ask: &Ask, draft: &mut Working, mark: i64) -> Result<()> {
    if !draft.table.routes.is_empty() {
        return Err(Error::new(Kind::Conflict, "table-not-empty", "the draft has routes already"));
    }
    draft.table = market().into();
    let event = ask.event("draft.first-table", "draft", Value::Null, json!({"routes": draft.table.routes.len()}));
    draft.save_recorded(ask, mark, &event).await
}
