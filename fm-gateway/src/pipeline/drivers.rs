//! What plugins work with. It outlives every table.

use crate::{
    drain::Drains,
    front::GatewayMetrics,
    plugins::rate_limit::SharedLimits,
    upstream::{Chooser, Connector, Limits},
};
use fm_sdk::{http::Draining, identity::Verifier, registry::services::Services};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

/// The parts that steps share.
#[derive(Clone)]
pub struct Tools {
    /// Who runs where.
    pub services: Services,
    /// Chooses instances; knows load and ejections of all of them.
    pub chooser: Chooser,
    /// Opens connections to them.
    pub connector: Connector,
    /// Who is asked for names; nobody named: those of the system.
    pub name_servers: Arc<[SocketAddr]>,
    /// Instances that get no new requests.
    pub drains: Drains,
    pub verifier: Arc<Verifier>,
    pub limits: Limits,
    /// What all gateways together have let through.
    pub shared_limits: SharedLimits,
    pub metrics: GatewayMetrics,
    /// Begins when the gateway takes leave; streams without an end must end then.
    pub draining: Draining,
}

/// Something outside the pipeline that plugins need: a plugin names it in `requires`, operators see how it is.
pub trait Driver: Send + Sync {
    /// Whether it works just now. It does not block and asks nobody: it tells what is known.
    ///
    /// # Errors
    /// Why it does not, in one English sentence.
    fn check(&self) -> Result<(), String>;

    /// What it has at hand, in a few English words.
    fn summary(&self) -> String;
}

/// How a driver of a gateway is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DriverStatus {
    pub name: String,
    /// See [`Driver::summary`].
    pub summary: String,
    /// See [`Driver::check`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// The tools, and the drivers that are there: `registry`, `identity`, and those that the host of the gateway adds.
#[derive(Clone)]
pub struct Drivers {
    pub tools: Tools,
    named: BTreeMap<&'static str, Arc<dyn Driver>>,
}

impl Drivers {
    pub fn new(tools: Tools) -> Self {
        let registry: Arc<dyn Driver> = Arc::new(Registry(tools.services.clone()));
        let identity: Arc<dyn Driver> = Arc::new(Keys(tools.verifier.clone()));
        Drivers { tools, named: BTreeMap::from([("registry", registry), ("identity", identity)]) }
    }

    /// Adds another driver.
    #[must_use]
    pub fn with(mut self, name: &'static str, driver: impl Driver + 'static) -> Self {
        self.named.insert(name, Arc::new(driver));
        self
    }

    pub fn has(&self, name: &str) -> bool {
        self.named.contains_key(name)
    }

    /// How each of them is.
    pub fn status(&self) -> Vec<DriverStatus> {
        let status = |(name, driver): (&&str, &Arc<dyn Driver>)| DriverStatus {
            name: (*name).into(),
            summary: driver.summary(),
            problem: driver.check().err(),
        };
        self.named.iter().map(status).collect()
    }
}

struct Registry(Services);

impl Driver for Registry {
    fn check(&self) -> Result<(), String> {
        let instances = self.0.all();
        match (instances.is_known(), instances.is_stale()) {
            (false, _) => Err("the registry has not answered yet".into()),
            (true, true) => Err("the registry is unreachable, what was known last is used".into()),
            (true, false) => Ok(()),
        }
    }

    fn summary(&self) -> String {
        format!("{} registered instances", self.0.all().list().len())
    }
}

struct Keys(Arc<Verifier>);

impl Driver for Keys {
    fn check(&self) -> Result<(), String> {
        if self.0.is_ready() { Ok(()) } else { Err("no keys are known yet, access tokens are refused".into()) }
    }

    fn summary(&self) -> String {
        "access tokens are verified by the keys in the registry".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::drivers;
    use fm_sdk::{registry::MemoryRegistry, testing::eventually};
    use std::time::Duration;

    struct Broken;

    impl Driver for Broken {
        fn check(&self) -> Result<(), String> {
            Err("the licence server is unreachable".into())
        }
        fn summary(&self) -> String {
            "3 licences".into()
        }
    }

    #[tokio::test]
    async fn each_driver_has_a_check_and_a_summary() {
        let drivers = drivers(Arc::new(MemoryRegistry::new())).with("licences", Broken);
        drivers.tools.verifier.ready().await;
        let status = drivers.status();
        let said: Vec<_> = status.iter().map(|one| (one.name.as_str(), one.summary.as_str(), one.problem.as_deref())).collect();
        assert_eq!(
            said,
            [
                ("identity", "access tokens are verified by the keys in the registry", None),
                ("licences", "3 licences", Some("the licence server is unreachable")),
                ("registry", "0 registered instances", None),
            ]
        );
        assert!(drivers.has("licences") && !drivers.has("printer"));
    }

    #[tokio::test]
    async fn the_registry_driver_reports_an_unreachable_registry() {
        let registry = MemoryRegistry::new();
        let drivers = drivers(Arc::new(registry.clone()));
        let problem = || drivers.status().into_iter().find(|one| one.name == "registry").unwrap().problem;
        eventually("the registry has answered", Duration::from_secs(10), async || problem().is_none()).await;
        registry.cut();
        let unreachable = async || problem().is_some_and(|problem| problem.contains("unreachable"));
        eventually("the driver tells of it", Duration::from_secs(10), unreachable).await;
    }
}
