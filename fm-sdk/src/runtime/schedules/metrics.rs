//! How many messages are scheduled, and how late the first of them is.

use crate::metrics::Metrics;
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::gauge::ConstGauge,
    registry::Unit,
};
use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64, Ordering::Relaxed},
};

/// What the last look at the schedules found. The age is computed at each scrape, so that it grows also while no look succeeds.
pub(in crate::runtime) struct Gauges {
    pending: AtomicU64,
    /// When the earliest is due; `i64::MAX` = there is none.
    earliest_ms: AtomicI64,
}

impl Default for Gauges {
    fn default() -> Self {
        Gauges { pending: AtomicU64::new(0), earliest_ms: AtomicI64::new(i64::MAX) }
    }
}

impl Gauges {
    pub(super) fn show_pending(&self, pending: u64) {
        self.pending.store(pending, Relaxed);
    }
    /// When the next one is due, now that those before it are sent.
    pub(super) fn show_next(&self, due_ms: Option<i64>) {
        self.earliest_ms.store(due_ms.unwrap_or(i64::MAX), Relaxed);
    }

    /// `now_ms` is the clock that schedules fall due by.
    pub(in crate::runtime) fn register(self: &Arc<Self>, metrics: &Metrics, now_ms: impl Fn() -> i64 + Send + Sync + 'static) {
        let scrape = Scrape { gauges: self.clone(), now_ms: Box::new(now_ms) };
        metrics.with_registry(|r| r.register_collector(Box::new(scrape)));
    }
}

struct Scrape {
    gauges: Arc<Gauges>,
    now_ms: Box<dyn Fn() -> i64 + Send + Sync>,
}

impl std::fmt::Debug for Scrape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Scrape")
    }
}

impl Collector for Scrape {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let pending = ConstGauge::new(i64::try_from(self.gauges.pending.load(Relaxed)).unwrap_or(i64::MAX));
        let help = "Messages that are scheduled and not sent yet";
        pending.encode(encoder.encode_descriptor("schedules_pending", help, None, pending.metric_type())?)?;
        let late = (self.now_ms)().saturating_sub(self.gauges.earliest_ms.load(Relaxed)).max(0);
        let overdue = ConstGauge::new(late as f64 / 1000.0);
        let help = "Time since the oldest scheduled message should have been sent";
        overdue.encode(encoder.encode_descriptor("schedules_overdue", help, Some(&Unit::Seconds), overdue.metric_type())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_age_of_what_is_overdue_grows_with_the_clock_and_what_is_due_later_has_none() {
        let (metrics, gauges, clock) = (Metrics::default(), Arc::new(Gauges::default()), Arc::new(AtomicI64::new(10_000)));
        let now = clock.clone();
        gauges.register(&metrics, move || now.load(Relaxed));
        let shows = |lines: [&str; 2]| {
            let text = metrics.text();
            lines.iter().for_each(|line| assert!(text.lines().any(|l| l == *line), "{line} is not in\n{text}"));
        };
        shows(["schedules_pending 0", "schedules_overdue_seconds 0.0"]);
        gauges.show_pending(3);
        gauges.show_next(Some(12_000));
        shows(["schedules_pending 3", "schedules_overdue_seconds 0.0"]);
        clock.store(13_500, Relaxed);
        shows(["schedules_pending 3", "schedules_overdue_seconds 1.5"]);
        gauges.show_pending(0);
        gauges.show_next(None);
        shows(["schedules_pending 0", "schedules_overdue_seconds 0.0"]);
    }
}
