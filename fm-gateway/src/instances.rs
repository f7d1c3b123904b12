//! Shows how many instances each service has that routes lead to, read at each scrape.

use crate::pipeline::Compiled;
use arc_swap::ArcSwapOption;
use fm_sdk::{
    metrics::{
        Metrics,
        prometheus_client::{
            collector::Collector,
            encoding::{DescriptorEncoder, EncodeMetric},
            metrics::{MetricType, gauge::ConstGauge},
        },
    },
    registry::services::Services,
};
use std::{fmt, sync::Arc};

/// The gauge `gateway_instances`. Without it nobody is told of a service that is gone: who has left is no target of Prometheus any more.
pub struct InstanceCounts {
    services: Services,
    table: Arc<ArcSwapOption<Compiled>>,
}

impl InstanceCounts {
    /// Adds the gauge.
    pub fn register(metrics: &Metrics, services: Services, table: Arc<ArcSwapOption<Compiled>>) {
        metrics.with_registry(|r| r.register_collector(Box::new(InstanceCounts { services, table })));
    }
}

impl fmt::Debug for InstanceCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstanceCounts").finish_non_exhaustive()
    }
}

impl Collector for InstanceCounts {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let instances = self.services.all();
        // Before the registry has answered, no number is better than a zero.
        let Some(table) = self.table.load_full().filter(|table| instances.is_known() && !table.services.is_empty()) else { return Ok(()) };
        let (list, help) = (instances.list(), "Registered instances of the services that routes lead to");
        let mut family = encoder.encode_descriptor("gateway_instances", help, None, MetricType::Gauge)?;
        for service in &table.services {
            let count = list.iter().filter(|instance| instance.service == *service).count();
            let count = ConstGauge::new(i64::try_from(count).unwrap_or(i64::MAX));
            count.encode(family.encode_family(&[("service", service.as_str())])?)?;
        }
        Ok(())
    }
}
