//! Takes an instance back in.

use super::{described, instance, target};
use crate::{
    admin::{Ask, api::Call, document, users::Role},
    drain::{Drain, KEY},
};
use actix_web::HttpResponse;
use fm_sdk::{Error, Kind, Result};
use serde_json::Value;

pub const CALL: Call =
    Call::post("/services/{service}/instances/{id}/undrain", Role::Editor, "Takes an instance of a service back in", |ask| {
        Box::pin(run(ask))
    });

async fn run(ask: Ask) -> Result<HttpResponse> {
    undrain(&ask, ask.param("service"), ask.param("id")).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Takes an instance back in.
///
/// # Errors
/// `NotFound`, code `instance-unknown`; `Conflict`, code `not-drained`; those of the registry.
pub async fn undrain(ask: &Ask, service: &str, id: &str) -> Result<()> {
    let (instance, _) = instance(ask, service, id).await?;
    document::edit(&*ask.admin.registry, KEY, |list: &mut Vec<Drain>| {
        let at = list.iter().position(|drain| drain.is_of(&instance));
        let at = at.ok_or_else(|| Error::new(Kind::Conflict, "not-drained", format!("{id} gets requests already")))?;
        let drain = list.remove(at);
        Ok(((), ask.event("instance.undrain", &target(&instance), described(&drain), Value::Null)))
    })
    .await
}
