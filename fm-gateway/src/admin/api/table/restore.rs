//! Publishes a version of the history again.

use super::version::revision;
use crate::admin::{Ask, api::Call, users::Role};
use actix_web::HttpResponse;
use fm_sdk::Result;
use serde::Deserialize;
use serde_json::json;

pub const CALL: Call =
    Call::post("/table/history/{revision}/restore", Role::Editor, "Publishes a version of the table again, as a new revision", |ask| {
        Box::pin(run(ask))
    })
    .conditional()
    .with_body(|| json!({"type": "object", "properties": {"comment": {"type": "string", "maxLength": 500}}}));

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    #[serde(default)]
    comment: String,
}

async fn run(ask: Ask) -> Result<HttpResponse> {
    let base = ask.if_match()?;
    let body: Body = ask.json()?;
    Ok(HttpResponse::Ok().json(json!({"revision": restore(&ask, revision(&ask)?, base, &body.comment).await?})))
}

/// Publishes an old version, if `base` is still the revision of the one in force.
///
/// # Errors
/// `NotFound`, code `version-unknown`; those of a publish.
pub async fn restore(ask: &Ask, revision: i64, base: i64, comment: &str) -> Result<i64> {
    let (_, table) = ask.admin.version(revision).await?;
    let comment = if comment.is_empty() { format!("Restore revision {revision}") } else { comment.to_owned() };
    ask.admin.publish(ask, "table.restore", table, base, &comment).await
}
