//! Takes instances of services out, and back in.

pub mod drain;
pub mod undrain;

use crate::{
    admin::{Admin, Ask},
    drain::Drain,
};
use fm_sdk::{Error, Result, registry::services::Instance};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

/// How long the first look may take.
const TIMEOUT: Duration = Duration::from_secs(2);

/// The running instances of a service.
async fn running(admin: &Admin, service: &str) -> Arc<[Instance]> {
    let instances = admin.services.watch(service);
    instances.ready(TIMEOUT).await;
    instances.list()
}

/// The instance that is meant.
///
/// # Errors
/// `NotFound`, code `instance-unknown`.
async fn instance(ask: &Ask, service: &str, id: &str) -> Result<(Instance, Arc<[Instance]>)> {
    let all = running(&ask.admin, service).await;
    let found = all.iter().find(|one| one.id == id).cloned().ok_or_else(|| Error::not_found("instance-unknown"))?;
    Ok((found, all))
}

/// The part of the log's entry that names the instance.
fn target(instance: &Instance) -> String {
    format!("{} {}", instance.service, instance.id)
}

fn described(drain: &Drain) -> Value {
    json!({"by": drain.by, "at": drain.at})
}
