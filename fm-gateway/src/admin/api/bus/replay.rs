//! Gives a dead letter back to its handler.

use super::{Body, body, service};
use crate::admin::{
    Ask,
    api::Call,
    audit,
    bus::{DeadLetter, DeadLetterContent},
    users::Role,
};
use actix_web::HttpResponse;
use fm_sdk::{Error, Result, backend};
use serde_json::{Value, json};

pub const CALL: Call =
    Call::post("/bus/{service}/dead-letters/replay", Role::Editor, "Gives a dead letter back to its handler, with fresh attempts", |ask| {
        Box::pin(run(ask))
    })
    .with_body(body);

async fn run(ask: Ask) -> Result<HttpResponse> {
    let Body { id } = ask.json()?;
    let service = service(&ask).await?;
    let replayed = replay(&ask, &service, &id).await?;
    Ok(HttpResponse::Ok().json(json!({"replayed": replayed})))
}

/// Records the replay, then replays.
///
/// # Errors
/// `NotFound`, code `dead-letter-unknown`; `Conflict` if the service would refuse it; those of the broker and the registry.
pub async fn replay(ask: &Ask, service: &str, id: &str) -> Result<DeadLetter> {
    let (bus, registry) = (&ask.admin.bus, &*ask.admin.registry);
    let found = bus.dead_letter(service, id).await?;
    bus.check_replay(registry, service, &found.message).await?;
    let letter = DeadLetter::from(&found);
    record(ask, "dead-letter.replay", service, &found).await?;
    match bus.replay(service, found).await {
        Ok(()) => Ok(letter),
        Err(e) => Err(record_failure(ask, "dead-letter.replay-failed", service, id, e).await),
    }
}

/// Writes the entry of the audit log before what cannot be made in one commit with it.
pub(super) async fn record(ask: &Ask, action: &str, service: &str, letter: &backend::DeadLetter) -> Result<()> {
    let DeadLetter { name, cause, code, attempts, at, .. } = DeadLetterContent::from(letter).letter;
    let before = json!({"name": name, "code": code, "cause": cause, "attempts": attempts, "at": at});
    let event = ask.event(action, &format!("{service} {}", letter.message.id), before, Value::Null);
    audit::commit(&*ask.admin.registry, &event, Vec::new()).await.map(drop)
}

/// Records that what is in the log was not done after all.
pub(super) async fn record_failure(ask: &Ask, action: &str, service: &str, id: &str, error: Error) -> Error {
    let event = ask.event(action, &format!("{service} {id}"), Value::Null, error.chain().into());
    if let Err(e) = audit::commit(&*ask.admin.registry, &event, Vec::new()).await {
        log::warn!(queue = service, id = id; "audit: {action} not recorded: {}", e.chain());
    }
    error
}
