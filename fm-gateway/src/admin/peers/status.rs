//! How a gateway is, and the instances as it sees them.

use super::{Question, place};
use crate::{admin::Admin, pipeline::DriverStatus};
use fm_sdk::{Result, registry::services::Instance};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How a gateway is.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct NodeStatus {
    /// Open connections of clients.
    pub connections: i64,
    /// Requests under way, without event streams and WebSockets.
    pub requests: i64,
    /// Memory that it holds in RAM, in bytes; `None` where the system does not tell.
    pub memory: Option<u64>,
    pub drivers: Vec<DriverStatus>,
    /// By service and id.
    pub instances: BTreeMap<String, InstanceStatus>,
}

/// How an instance is, as one gateway sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct InstanceStatus {
    /// Requests that it has in hand from this gateway.
    pub in_flight: u32,
    /// The moving average of its latency, in milliseconds; `None` if it has answered nothing lately.
    pub latency_ms: Option<f64>,
    /// It gets no requests for a while, since it failed or was silent, or its health checks fail.
    pub ejected: bool,
}

impl NodeStatus {
    /// That of this node.
    pub fn of(admin: &Admin) -> NodeStatus {
        let metrics = &admin.drivers.tools.metrics;
        let (registered, table) = (admin.services.all().list(), admin.compiled.load_full());
        let unregistered = table.iter().flat_map(|table| table.unregistered()).flat_map(|upstream| {
            let status =
                upstream.instances.iter().map(|one| (place(one), with_health(instance(admin, one), upstream.unwell.contains(&one.id))));
            status.collect::<Vec<_>>()
        });
        NodeStatus {
            connections: metrics.connections().get(),
            requests: metrics.under_way().get(),
            memory: fm_sdk::metrics::resident_memory(),
            drivers: admin.drivers.status(),
            instances: registered.iter().map(|one| (place(one), instance(admin, one))).chain(unregistered).collect(),
        }
    }
}

fn instance(admin: &Admin, instance: &Instance) -> InstanceStatus {
    let health = admin.drivers.tools.chooser.balancer.health(instance);
    InstanceStatus {
        in_flight: health.in_flight,
        latency_ms: health.latency.map(|latency| latency.as_secs_f64() * 1000.0),
        ejected: !health.ejected_for.is_zero(),
    }
}

/// The same of an instance that is checked.
fn with_health(status: InstanceStatus, is_unwell: bool) -> InstanceStatus {
    InstanceStatus { ejected: status.ejected || is_unwell, ..status }
}

impl Admin {
    /// How all gateways are, by name; those that gave no answer are left out.
    ///
    /// # Errors
    /// Those of the registry.
    pub async fn node_status(&self) -> Result<BTreeMap<String, NodeStatus>> {
        let mut status = self.peers.ask::<NodeStatus>(self, &Question::Status).await?.of;
        status.extend(self.own_status());
        Ok(status)
    }

    /// How this gateway is, by its name.
    pub fn own_status(&self) -> BTreeMap<String, NodeStatus> {
        BTreeMap::from([(self.instance.clone(), NodeStatus::of(self))])
    }
}
