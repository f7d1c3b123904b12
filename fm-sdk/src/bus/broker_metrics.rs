//! What happened between this process and its broker, read at each scrape.

use super::transport::{Transport, TransportMetrics};
use crate::metrics::Metrics;
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::counter::ConstCounter,
};
use std::sync::Arc;

/// Shows what happened between this process and its broker; the transport may end first.
pub(crate) fn register(metrics: &Metrics, transport: &Arc<dyn Transport>) {
    let transport = Arc::downgrade(transport);
    collect(metrics, move || transport.upgrade().map(|t| t.metrics()).unwrap_or_default());
}

fn collect(registry: &Metrics, metrics: impl Fn() -> TransportMetrics + Send + Sync + 'static) {
    registry.with_registry(|r| r.register_collector(Box::new(Broker(Box::new(metrics)))));
}

struct Broker(Box<dyn Fn() -> TransportMetrics + Send + Sync>);

impl std::fmt::Debug for Broker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Broker").field(&(self.0)()).finish()
    }
}

impl Collector for Broker {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let mut counter = |name: &str, help: &str, value: u64| {
            let metric = ConstCounter::new(value);
            metric.encode(encoder.encode_descriptor(name, help, None, metric.metric_type())?)
        };
        let metrics = (self.0)();
        counter("bus_reconnects", "Connections to the broker opened after the first ones", metrics.reconnects)?;
        counter("bus_resent", "Messages sent again, unconfirmed when the connection was lost", metrics.resent)?;
        counter("bus_redelivered", "Messages delivered before and not acknowledged", metrics.redelivered)?;
        counter("bus_retried", "Messages put aside to be tried again later", metrics.retried)?;
        counter("bus_dead_letters", "Messages that became dead letters", metrics.dead_lettered)?;
        counter("bus_calls_expired", "Calls thrown away unexecuted after their deadline", metrics.expired)?;
        counter("bus_replies_vanished", "Replies that came when nobody waited for them any more", metrics.vanished)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broker_counters_are_in_the_metrics_text() {
        let metrics = Metrics::default();
        collect(&metrics, || TransportMetrics {
            reconnects: 1,
            resent: 2,
            redelivered: 3,
            expired: 4,
            vanished: 5,
            retried: 6,
            dead_lettered: 7,
        });
        let text = metrics.text();
        for line in [
            "bus_reconnects_total 1",
            "bus_resent_total 2",
            "bus_redelivered_total 3",
            "bus_calls_expired_total 4",
            "bus_replies_vanished_total 5",
            "bus_retried_total 6",
            "bus_dead_letters_total 7",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
        }
    }
}
