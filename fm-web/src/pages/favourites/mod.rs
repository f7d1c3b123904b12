//! Cars that the reader remembers: with an account or in this browser alone.

pub mod change;
pub mod compare;
pub mod list;

use crate::{
    Web,
    gateway::Answer,
    request_context::RequestContext,
    search::encoded,
    view::{Car, CarPage},
};
use fm_sdk::Result;

/// Cars by their ids, sold ones too; those that are gone are left out.
pub async fn cars(web: &Web, context: &RequestContext, ids: impl IntoIterator<Item = &str>) -> Result<Vec<Car>> {
    let ids: Vec<_> = ids.into_iter().map(|id| ("id", id.to_owned())).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let asked = web.gateway.get(&context.caller, "/api/cars/batch").query_string(&encoded(&ids)).send().await;
    asked.and_then(Answer::json::<CarPage>).map(|found| found.items)
}
