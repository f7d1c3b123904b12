//! Lists services and their instances.

use crate::{
    NAME,
    admin::{
        Admin, Ask,
        api::{Call, routes},
        users::Role,
    },
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
const PATIENCE: Duration = Duration::from_secs(2);

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
}

async fn run(ask: Ask) -> Result<HttpResponse> {
    let (table, _) = ask.admin.current().await?;
    Ok(HttpResponse::Ok().json(json!({"services": list(&ask.admin, &table).await})))
}

/// The services that are registered or that a route leads to.
pub async fn list(admin: &Admin, table: &Table) -> Vec<Service> {
    let all = admin.services.all();
    all.ready(PATIENCE).await;
    let mut services: BTreeMap<String, Service> = BTreeMap::new();
    for instance in all.list().iter().filter(|instance| instance.service != NAME) {
        services.entry(instance.service.clone()).or_default().instances.push(running(instance));
    }
    for route in &table.routes {
        for name in routes::services(route) {
            services.entry(name.into()).or_default().routes.insert(route.id.clone());
        }
    }
    services.into_iter().map(|(name, service)| Service { name, ..service }).collect()
}

fn running(instance: &Instance) -> Running {
    let Instance { id, url, version, started, metadata, .. } = instance.clone();
    Running { id, url, version, started: rfc3339(started), metadata }
}
