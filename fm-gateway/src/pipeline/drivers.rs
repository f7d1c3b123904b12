//! What plugins work with. It outlives every table.

use crate::{drain::Drains, front::GatewayMetrics, upstream::Limits};
use fm_sdk::{
    http::Draining,
    identity::Verifier,
    registry::{balance::Balancer, services::Services},
};
use std::{collections::BTreeSet, sync::Arc};

/// The parts that steps share.
#[derive(Clone)]
pub struct Tools {
    /// Who runs where.
    pub services: Services,
    /// Load and ejections of all instances.
    pub balancer: Balancer,
    /// Instances that get no new requests.
    pub drains: Drains,
    pub verifier: Arc<Verifier>,
    pub limits: Limits,
    pub metrics: GatewayMetrics,
    /// Begins when the gateway takes leave; streams without an end must end then.
    pub draining: Draining,
}

/// The tools, and the names of the drivers that are there: `registry`, `identity`, and those that the host of the gateway adds.
#[derive(Clone)]
pub struct Drivers {
    pub tools: Tools,
    names: BTreeSet<&'static str>,
}

impl Drivers {
    pub fn new(tools: Tools) -> Self {
        Drivers { tools, names: BTreeSet::from(["registry", "identity"]) }
    }

    /// Says that another driver is there.
    #[must_use]
    pub fn with(mut self, name: &'static str) -> Self {
        self.names.insert(name);
        self
    }

    pub fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }
}
