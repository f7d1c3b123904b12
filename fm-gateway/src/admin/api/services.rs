//! Lists services and their instances.

use crate::{
    NAME,
    admin::{
        Admin, Ask,
        api::Call,
        peers::{self, Question, place},
        users::Role,
    },
    drain::Drain,
    table::Table,
};
use actix_web::HttpResponse;
use fm_sdk::{Result, registry::services::Instance, time::rfc3339};
use serde::Serialize;
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// How long the first look may take.
const TIMEOUT: Duration = Duration::from_secs(2);

pub const CALL: Call =
    Call::get("/services", Role::Viewer, "Lists services, their instances and the routes that lead to them", |ask| Box::pin(run(ask)));

/// A service.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Service {
    pub name: String,
    pub instances: Vec<Running>,
    pub routes: BTreeSet<String>,
}

/// One instance of a service.
#[derive(Clone, Debug, Serialize)]
pub struct Running {
    pub id: String,
    pub url: String,
    pub version: String,
    pub started: String,
    pub metadata: BTreeMap<String, String>,
    /// Requests that it has in hand.
    pub in_flight: u32,
    /// Who has taken it out, and when: it gets no new requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drained: Option<Drain>,
}

async fn run(ask: Ask) -> Result<HttpResponse> {
    let (table, _) = ask.admin.current().await?;
    let mut services = list(&ask.admin, &table).await;
    add_in_flight(&ask.admin, &mut services).await?;
    Ok(HttpResponse::Ok().json(json!({"services": services})))
}

/// The services that are registered or that a route leads to; requests in flight are those of this gateway.
pub async fn list(admin: &Admin, table: &Table) -> Vec<Service> {
    let all = admin.services.all();
    all.ready(TIMEOUT).await;
    let mut services: BTreeMap<String, Service> = BTreeMap::new();
    let in_flight = peers::in_flight(admin);
    for instance in all.list().iter().filter(|instance| instance.service != NAME) {
        let in_flight = in_flight.get(&place(instance)).copied().unwrap_or_default();
        let running = Running { in_flight, drained: admin.drivers.tools.drains.of(instance), ..running(instance) };
        services.entry(instance.service.clone()).or_default().instances.push(running);
    }
    for route in &table.routes {
        for name in route.services() {
            services.entry(name.into()).or_default().routes.insert(route.id.clone());
        }
    }
    services.into_iter().map(|(name, service)| Service { name, ..service }).collect()
}

/// Adds the requests in flight from the other gateways.
///
/// # Errors
/// Those of the registry.
pub async fn add_in_flight(admin: &Admin, services: &mut [Service]) -> Result<()> {
    let others = admin.peers.ask::<BTreeMap<String, u32>>(admin, &Question::InFlight).await?;
    for service in services {
        for instance in &mut service.instances {
            let place = format!("{}/{}", service.name, instance.id);
            instance.in_flight += others.of.values().filter_map(|of| of.get(&place)).sum::<u32>();
        }
    }
    Ok(())
}

fn running(instance: &Instance) -> Running {
    let Instance { id, url, version, started, metadata, .. } = instance.clone();
    Running { id, url, version, started: rfc3339(started), metadata, in_flight: 0, drained: None }
}
