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
    Call::get("/services", Role::Viewer, "Lists services and other upstreams, their instances and the routes that lead to them", |ask| {
        Box::pin(run(ask))
    });

/// What `source` says of services.
const REGISTRY: &str = "registry";

/// A service, or another upstream.
#[derive(Clone, Debug, Serialize)]
pub struct Service {
    pub name: String,
    /// Who knows its instances: `registry`, or the plugin of its routes.
    pub source: &'static str,
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
    /// Whether its instances register.
    pub fn is_registered(&self) -> bool {
        self.source == REGISTRY
    }

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

/// The services that are registered or that a route leads to, with their instances as these gateways see them, and the upstreams that the
/// table in force names otherwise.
pub async fn list(admin: &Admin, table: &Table, nodes: &BTreeMap<String, NodeStatus>) -> Vec<Service> {
    let all = admin.services.all();
    all.ready(TIMEOUT).await;
    let in_force = admin.compiled.load_full();
    let mut services: Known = BTreeMap::new();
    for instance in all.list().iter().filter(|instance| instance.service != NAME) {
        let running = Running { drained: admin.drivers.tools.drains.of(instance), ..running(instance, nodes) };
        entry(&mut services, &instance.service, REGISTRY).instances.push(running);
    }
    for route in &table.routes {
        for name in table.services(route) {
            entry(&mut services, name, REGISTRY).routes.insert(route.id.clone());
        }
    }
    for upstream in in_force.iter().flat_map(|table| table.unregistered()) {
        let known = entry(&mut services, upstream.name, upstream.plugin);
        known.routes.insert(upstream.route.into());
        for instance in upstream.instances.iter() {
            // Another route may name it, too.
            if known.instances.iter().all(|one| one.id != instance.id) {
                known.instances.push(running(instance, nodes));
            }
        }
    }
    services.into_values().collect()
}

/// By name and source.
type Known = BTreeMap<(String, &'static str), Service>;

fn entry<'k>(known: &'k mut Known, name: &str, source: &'static str) -> &'k mut Service {
    let service = || Service { name: name.into(), source, instances: Vec::new(), routes: BTreeSet::new() };
    known.entry((name.into(), source)).or_insert_with(service)
}

/// The names of the services that are registered, or that a route of the table discovers.
pub async fn registered(admin: &Admin, table: &Table) -> BTreeSet<String> {
    let all = list(admin, table, &BTreeMap::new()).await.into_iter();
    all.filter(Service::is_registered).map(|service| service.name).collect()
}

fn running(instance: &Instance, nodes: &BTreeMap<String, NodeStatus>) -> Running {
    let place = place(instance);
    let seen: Vec<_> = nodes.iter().filter_map(|(node, status)| Some((node, status.instances.get(&place)?))).collect();
    let Instance { id, url, version, started, metadata, .. } = instance.clone();
    Running {
        id,
        url,
        version,
        // Of those that do not register nobody knows it.
        started: if started > 0 { rfc3339(started) } else { String::new() },
        metadata,
        in_flight: seen.iter().map(|(_, instance)| instance.in_flight).sum(),
        latency_ms: seen.iter().filter_map(|(_, instance)| instance.latency_ms).reduce(f64::max),
        ejected_by: seen.iter().filter(|(_, instance)| instance.ejected).map(|(node, _)| (*node).clone()).collect(),
        drained: None,
    }
}
