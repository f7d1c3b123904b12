//! Begins traces and keeps them.

use super::{
    RecentTraces, Span, SpanKind, SpanRecord, Text, TraceId, TraceParent, TraceSettings, TraceSummary, buffer::Buffer,
    metrics::TraceMetrics, otlp, segment::Segment,
};
use crate::metrics::Metrics;
use serde::{Serialize, Serializer};
use std::{
    fmt,
    sync::{Arc, OnceLock},
};

/// Makes the spans of one instance and keeps the last ones. Cheap to clone; all clones keep together.
#[derive(Clone)]
pub struct Tracer(Arc<Inner>);

struct Inner {
    service: String,
    instance: String,
    settings: TraceSettings,
    buffer: Buffer,
    metrics: TraceMetrics,
    exporter: OnceLock<otlp::Exporter>,
}

impl Tracer {
    /// Makes one for an instance.
    #[must_use]
    pub fn new(service: &str, instance: &str, settings: TraceSettings) -> Self {
        let (service, instance, metrics) = (service.to_owned(), instance.to_owned(), TraceMetrics::default());
        let buffer = Buffer::new(settings.memory_mib as usize * 1024 * 1024, metrics.clone());
        Tracer(Arc::new(Inner { service, instance, settings, buffer, metrics, exporter: OnceLock::new() }))
    }
    /// Shows in these metrics what is kept and what was not.
    pub fn register(&self, metrics: &Metrics) {
        self.0.metrics.register(metrics);
    }
    /// Begins the first span of a request or message in this process. `parent` is what came along; without one a new trace begins, kept
    /// with the probability of the settings.
    pub fn begin(&self, kind: SpanKind, verb: &'static str, target: impl Into<Text>, parent: Option<TraceParent>) -> Span {
        if self.0.settings.memory_mib == 0 {
            return Span::default();
        }
        let context = match parent {
            Some(parent) => parent.child(),
            None => TraceParent::start_sampled(self.0.settings.sample),
        };
        Segment::new(self.clone()).open(context, parent.map_or(0, |p| p.span()), kind, verb, target.into(), true)
    }
    /// Gives the spans of a trace that are kept here, earliest first.
    #[must_use]
    pub fn trace(&self, id: TraceId) -> Vec<SpanRecord> {
        let mut spans = self.0.buffer.trace(id);
        spans.sort_by_key(|s| (s.start_us, std::cmp::Reverse(s.duration_us)));
        spans
    }
    /// Gives the last traces that fit, newest first.
    #[must_use]
    pub fn recent(&self, wanted: &RecentTraces) -> Vec<TraceSummary> {
        self.recent_where(wanted, |_| true)
    }
    /// Gives the last traces that fit and of whose request or message the span fits, too, newest first.
    #[must_use]
    pub fn recent_where(&self, wanted: &RecentTraces, fits: impl Fn(&SpanRecord) -> bool) -> Vec<TraceSummary> {
        let mut found = self.0.buffer.summaries(|summary, first| wanted.fits(summary) && fits(first));
        found.sort_by_key(|s| std::cmp::Reverse(s.start_us));
        found.truncate(wanted.limit());
        found.iter_mut().for_each(|s| (s.service, s.instance) = (self.0.service.clone(), self.0.instance.clone()));
        found
    }
    /// Shows spans as JSON: a list, each with the name of this instance.
    #[must_use]
    pub fn json(&self, spans: &[SpanRecord]) -> String {
        struct Named<'a>(&'a Inner, &'a SpanRecord);
        impl Serialize for Named<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.1.serialize_for(&self.0.service, &self.0.instance, serializer)
            }
        }
        let named: Vec<_> = spans.iter().map(|span| Named(&self.0, span)).collect();
        // Texts and numbers can be written always.
        serde_json::to_string(&named).unwrap_or_default()
    }
    pub(super) fn is_slow(&self, duration_us: u64) -> bool {
        u128::from(duration_us) >= self.0.settings.slow.as_micros()
    }
    /// Sends what is kept from now on to an OpenTelemetry collector (`http://collector:4318`), too; never ends. A second call of a tracer ends
    /// at once. It needs a thread of actix, which it does not leave.
    pub async fn export_to(&self, collector: &str) {
        let (exporter, sending) = otlp::queue(self.0.metrics.clone());
        if self.0.exporter.set(exporter).is_ok() {
            sending.run(collector, &self.0.service, &self.0.instance).await;
        }
    }
    pub(super) fn keep(&self, spans: Vec<SpanRecord>, is_notable: bool) {
        if let Some(exporter) = self.0.exporter.get() {
            exporter.push(&spans);
        }
        self.0.buffer.add(spans, is_notable);
    }
    pub(super) fn forgot(&self, spans: usize) {
        self.0.metrics.forgotten.inc_by(spans as u64);
    }
    pub(super) fn dropped(&self, spans: usize) {
        self.0.metrics.dropped.inc_by(spans as u64);
    }
}

impl fmt::Debug for Tracer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tracer")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::{SpanStatus, Value, child, current, in_span, key};
    use std::time::Duration;

    fn tracer(settings: TraceSettings) -> Tracer {
        Tracer::new("fm-x", "x-1", settings)
    }
    fn parent(flags: &str) -> TraceParent {
        format!("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-{flags}").parse().unwrap()
    }
    /// In the order of the alphabet: several may begin within one microsecond.
    fn names(tracer: &Tracer) -> Vec<String> {
        let mut names: Vec<_> = tracer.trace(parent("01").id()).iter().map(SpanRecord::name).collect();
        names.sort();
        names
    }

    #[tokio::test]
    async fn what_is_done_in_a_span_is_below_it() {
        let tracer = tracer(TraceSettings::default());
        let root = tracer.begin(SpanKind::Server, "GET", "/", Some(parent("01")));
        in_span(&root, async {
            assert_eq!(current(), root.context());
            let one = child(SpanKind::Client, "find", || "cars");
            in_span(&one, async { child(SpanKind::Internal, "read", || "").end() }).await;
            one.end();
        })
        .await;
        assert!(names(&tracer).is_empty(), "nothing is kept before the request ends");
        root.end();
        assert_eq!(names(&tracer), ["GET /", "find cars", "read"]);
        let spans = tracer.trace(parent("01").id());
        let span = |name: &str| spans.iter().find(|s| s.name() == name).unwrap();
        assert_eq!(span("find cars").parent_span_id(), Some(span("GET /").span_id()));
        assert_eq!(span("read").parent_span_id(), Some(span("find cars").span_id()));
    }

    #[test]
    fn a_trace_that_is_sampled_out_is_kept_if_it_failed_or_was_slow() {
        for (sample, flags) in [(0.0, None), (1.0, Some("00"))] {
            let tracer = tracer(TraceSettings { sample, slow: Duration::from_millis(1), ..TraceSettings::default() });
            let begin = || tracer.begin(SpanKind::Server, "GET", "/", flags.map(parent));
            let kept = |span: &TraceParent| !tracer.trace(span.id()).is_empty();
            let quick = begin();
            let context = quick.context().unwrap();
            let under = quick.child(SpanKind::Client, "find", "cars");
            quick.end();
            under.end();
            // A machine that stops for a millisecond right here makes even this one slow.
            assert!(!kept(&context) || tracer.recent(&RecentTraces::default())[0].duration_us >= 1000);
            let slow = begin();
            let context = slow.context().unwrap();
            std::thread::sleep(Duration::from_millis(2));
            slow.end();
            assert!(kept(&context));
            let mut failed = begin();
            let context = failed.context().unwrap();
            failed.fail("500");
            failed.end();
            assert!(kept(&context));
        }
    }

    #[test]
    fn a_span_that_ends_after_its_request_shares_the_sampling_decision() {
        let tracer = tracer(TraceSettings::default());
        let root = tracer.begin(SpanKind::Server, "GET", "/", Some(parent("01")));
        let late = root.child(SpanKind::Client, "find", "cars");
        root.end();
        late.end();
        assert_eq!(names(&tracer), ["GET /", "find cars"]);
    }

    #[test]
    fn a_request_of_many_spans_keeps_the_first_ones_and_counts_the_rest() {
        let (tracer, metrics) = (tracer(TraceSettings::default()), Metrics::default());
        tracer.register(&metrics);
        let root = tracer.begin(SpanKind::Server, "GET", "/", Some(parent("01")));
        for _ in 0..1000 {
            root.child(SpanKind::Client, "find", "cars").end();
        }
        root.end();
        assert_eq!(names(&tracer).len(), 257);
        assert!(metrics.text().contains("trace_spans_dropped_total 744"), "{}", metrics.text());
    }

    #[test]
    fn a_span_that_nobody_waits_for_any_more_says_so() {
        let tracer = tracer(TraceSettings::default());
        drop(tracer.begin(SpanKind::Server, "GET", "/", Some(parent("01"))));
        let span = &tracer.trace(parent("01").id())[0];
        assert_eq!((span.attribute(key::CANCELLED), span.status()), (Some(&Value::Bool(true)), SpanStatus::Unset));
    }

    #[test]
    fn attributes_and_links_are_bounded() {
        const KEYS: [&str; 20] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t"];
        let tracer = tracer(TraceSettings::default());
        let mut span = tracer.begin(SpanKind::Server, "GET", "/", Some(parent("01")));
        for key in KEYS.into_iter().chain(["a"]) {
            span.set(key, 1_i64);
            span.link(parent("01"));
        }
        span.end();
        let span = &tracer.trace(parent("01").id())[0];
        assert_eq!((span.attributes.len(), span.links().len()), (16, 8));
    }

    #[test]
    fn without_memory_no_spans_are_made() {
        let tracer = tracer(TraceSettings { memory_mib: 0, ..TraceSettings::default() });
        let span = tracer.begin(SpanKind::Server, "GET", "/", Some(parent("01")));
        assert_eq!(span.context(), None);
        span.end();
        assert!(names(&tracer).is_empty());
    }

    #[test]
    fn a_list_shows_what_somebody_waited_for_and_the_newest_first() {
        let tracer = tracer(TraceSettings::default());
        let request = tracer.begin(SpanKind::Server, "PUT", "/api/cars", None);
        let context = request.context().unwrap();
        tracer.begin(SpanKind::Producer, "send", "car.listed", Some(context)).end();
        request.end();
        std::thread::sleep(Duration::from_millis(1));
        tracer.begin(SpanKind::Consumer, "process", "car.sold", None).end();
        let list = tracer.recent(&RecentTraces::default());
        assert_eq!(list.iter().map(|t| t.name.as_str()).collect::<Vec<_>>(), ["process car.sold", "PUT /api/cars"]);
        assert_eq!((list[1].spans, list[1].trace_id.clone()), (2, context.trace_id()));
        let one = RecentTraces { limit: Some(1), ..RecentTraces::default() };
        assert_eq!(tracer.recent(&one).len(), 1);
        // Before the limit: a trace that is wanted is not hidden by newer ones that are not.
        let requests = tracer.recent_where(&one, |first| first.kind() == SpanKind::Server);
        assert_eq!(requests.iter().map(|t| t.name.as_str()).collect::<Vec<_>>(), ["PUT /api/cars"]);
    }
}
