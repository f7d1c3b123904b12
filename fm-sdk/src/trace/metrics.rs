//! What a tracer counts of itself.

use crate::metrics::Metrics;
use prometheus_client::metrics::{counter::Counter, gauge::Gauge};

#[derive(Clone, Default)]
pub(super) struct TraceMetrics {
    /// Spans that are kept now.
    pub kept: Gauge,
    /// Bytes that they take.
    pub bytes: Gauge,
    /// Spans that were sampled out.
    pub forgotten: Counter,
    /// Spans that had to make room for others.
    pub evicted: Counter,
    /// Spans that had no room.
    pub dropped: Counter,
    /// Spans that a collector has taken.
    pub exported: Counter,
    /// Spans that it should have got.
    pub not_exported: Counter,
}

impl TraceMetrics {
    pub(super) fn register(&self, metrics: &Metrics) {
        metrics.with_registry(|r| {
            r.register("trace_spans", "Spans that are kept in memory", self.kept.clone());
            r.register("trace_spans_bytes", "Memory that the kept spans take", self.bytes.clone());
            r.register("trace_spans_sampled_out", "Spans that were not kept because their trace was sampled out", self.forgotten.clone());
            r.register("trace_spans_evicted", "Kept spans that made room for newer ones", self.evicted.clone());
            r.register("trace_spans_exported", "Spans that the collector has taken", self.exported.clone());
            r.register("trace_spans_not_exported", "Spans that were meant for the collector and dropped", self.not_exported.clone());
            r.register("trace_spans_dropped", "Spans of a request or trace that has too many", self.dropped.clone());
        });
    }
}
