//! Checks a table without putting it into force.

use super::{Catalogue, Drivers, Tools, compile};
use crate::{
    drain::Drains,
    front::GatewayMetrics,
    plugins::rate_limit::SharedLimits,
    table::{Problems, Table},
    upstream::{Chooser, Connector, Limits},
};
use fm_sdk::{
    http::Draining,
    identity::{TokenPolicy, Verifier},
    metrics::Metrics,
    registry::{MemoryRegistry, Registry, services::Services},
};
use std::sync::Arc;

/// Compiles a table on drivers that lead nowhere.
///
/// # Errors
/// All that is wrong with it.
pub fn check(table: &Table, plugins: &Catalogue) -> Result<(), Problems> {
    compile(table, 0, plugins, &drivers(Arc::new(MemoryRegistry::default()))).map(drop)
}

/// What plugins work with, outside a gateway that serves.
pub fn drivers(registry: Arc<dyn Registry>) -> Drivers {
    Drivers::new(Tools {
        services: Services::new(registry.clone()),
        chooser: Chooser::default(),
        connector: Connector::default(),
        name_servers: Arc::default(),
        drains: Drains::default(),
        verifier: Arc::new(Verifier::new(&*registry, TokenPolicy::default())),
        limits: Limits::default(),
        shared_limits: SharedLimits::default(),
        metrics: GatewayMetrics::new(Metrics::default()),
        draining: Draining::default(),
    })
}
