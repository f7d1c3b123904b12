//! Lists services and their instances.

use crate::{
    NAME,
    admin::{
        Admin, Ask,
        api::Call,
        peers::{NodeStatus, place},
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
    /// The highest moving average of its latency that a gateway sees, in milliseconds.
    pub latency_ms: Option<f64>,
    /// The gateways that send it nothing for a while, since it failed or was silent.
    pub ejected_by: Vec<String>,
    /// Who has taken it out, and when: it gets no new requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drained: Option<Drain>,
}

impl Service {
    /// How many of its instances were taken out.
    pub fn drained(&self) -> usize {
        self.instances.iter().filter(|instance| instance.drained.is_some()).count()
    }

    /// How many of its instances get nothing from a gateway for a while.
    pub fn ejected(&self) -> usize {
        self.instances.iter().filter(|instance| !instance.ejected_by.is_empty()).count()
    }
}

async fn run(ask: Ask) -> Result<HttpResponse> {
    let (table, _) = ask.admin.current().await?;
    let services = list(&ask.admin, &table, &ask.admin.node_status().await?).await;
    Ok(HttpResponse::Ok().json(json!({"services": services})))
}

/// The services that are registered or that a route leads to, with their instances as these gateways see them.
pub async fn list(admin: &Admin, table: &Table, nodes: &BTreeMap<String, NodeStatus>) -> Vec<Service> {
    let all = admin.services.all();
    all.ready(TIMEOUT).await;
    let mut services: BTreeMap<String, Service> = BTreeMap::new();
    for instance in all.list().iter().filter(|instance| instance.service != NAME) {
        let running = Running { drained: admin.drivers.tools.drains.of(instance), ..running(instance, nodes) };
        services.entry(instance.service.clone()).or_default().instances.push(running);
    }
    for route in &table.routes {
        for name in route.services() {
            services.entry(name.into()).or_default().routes.insert(route.id.clone());
        }
    }
    services.into_iter().map(|(name, service)| Service { name, ..service }).collect()
}

fn running(instance: &Instance, nodes: &BTreeMap<String, NodeStatus>) -> Running {
    let place = place(instance);
    let seen: Vec<_> = nodes.iter().filter_map(|(node, status)| Some((node, status.instances.get(&place)?))).collect();
    let Instance { id, url, version, started, metadata, .. } = instance.clone();
    Running {
        id,
        url,
        version,
        started: rfc3339(started),
        metadata,
        in_flight: seen.iter().map(|(_, instance)| instance.in_flight).sum(),
        latency_ms: seen.iter().filter_map(|(_, instance)| instance.latency_ms).reduce(f64::max),
        ejected_by: seen.iter().filter(|(_, instance)| instance.ejected).map(|(node, _)| (*node).clone()).collect(),
        drained: None,
    }
}
