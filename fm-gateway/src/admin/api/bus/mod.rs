//! The message broker: its queues and the dead letters of services.

pub mod dead_letter;
pub mod dead_letters;
pub mod drop;
pub mod queues;
pub mod replay;

use crate::{
    NAME,
    admin::{Admin, Ask, api::services},
};
use fm_sdk::{Error, Result};
use serde::Deserialize;
use serde_json::{Value, json};

/// The body of a call that is about one dead letter. Its id may be any text, so it does not stand in the path.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    id: String,
}

fn body() -> Value {
    json!({"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "description": "The message's id"}}})
}

/// The services that may have queues: those that are registered or that a route leads to.
///
/// # Errors
/// Those of the registry.
pub async fn known_services(admin: &Admin) -> Result<Vec<String>> {
    let (table, _) = admin.current().await?;
    let mut names: Vec<String> = services::registered(admin, &table).await.into_iter().collect();
    names.push(NAME.into());
    // What is no word of a queue's name has no queue.
    names.retain(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_'));
    Ok(names)
}

/// The service that the path names.
///
/// # Errors
/// `NotFound`, code `service-unknown`; those of the registry.
pub async fn service(ask: &Ask) -> Result<String> {
    let name = ask.param("service");
    let known = known_services(&ask.admin).await?;
    known.into_iter().find(|known| known == name).ok_or_else(|| Error::not_found("service-unknown"))
}
