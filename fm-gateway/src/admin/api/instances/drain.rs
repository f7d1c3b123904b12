//! Takes an instance out.

use super::{described, instance, target};
use crate::{
    NAME,
    admin::{Ask, api::Call, document, users::Role},
    drain::{Drain, KEY},
};
use actix_web::HttpResponse;
use fm_sdk::{Error, Kind, Result, time::rfc3339};
use serde_json::{Value, json};

pub const CALL: Call = Call::post(
    "/services/{service}/instances/{id}/drain",
    Role::Editor,
    "Takes an instance of a service out: no gateway sends it new requests; those that it has end as they would",
    |ask| Box::pin(run(ask)),
);

async fn run(ask: Ask) -> Result<HttpResponse> {
    let drain = drain(&ask, ask.param("service"), ask.param("id")).await?;
    Ok(HttpResponse::Ok().json(json!({"drained": drain})))
}

/// Takes an instance out; one that is out stays so.
///
/// # Errors
/// `NotFound`, code `instance-unknown`; `Conflict`, code `last-instance`, if no other one would get requests; those of the registry.
pub async fn drain(ask: &Ask, service: &str, id: &str) -> Result<Drain> {
    if service == NAME {
        return Err(Error::new(Kind::Conflict, "not-drainable", "gateways are stopped by their signal; they drain by themselves"));
    }
    let (instance, all) = instance(ask, service, id).await?;
    let by = ask.caller()?.name.clone();
    document::edit(&*ask.admin.registry, KEY, |list: &mut Vec<Drain>| {
        // Of this service, those that run no more are forgotten.
        list.retain(|drain| drain.service != service || all.iter().any(|one| drain.is_of(one)));
        let drain = match list.iter().find(|drain| drain.is_of(&instance)) {
            Some(known) => known.clone(),
            None => {
                let left = all.iter().filter(|one| one.id != instance.id && !list.iter().any(|drain| drain.is_of(one))).count();
                if left == 0 {
                    let text = format!("no other instance of {service} gets requests; start one first");
                    return Err(Error::new(Kind::Conflict, "last-instance", text));
                }
                let (service, id, started) = (instance.service.clone(), instance.id.clone(), instance.started);
                let drain = Drain { service, id, started, by: by.clone(), at: rfc3339(ask.now) };
                list.push(drain.clone());
                drain
            }
        };
        let event = ask.event("instance.drain", &target(&instance), Value::Null, described(&drain));
        Ok((drain, event))
    })
    .await
}
