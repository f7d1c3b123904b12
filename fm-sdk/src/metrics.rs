//! TransportMetrics and times in the text form of OpenMetrics (<https://prometheus.io/docs/specs/om/open_metrics_spec/>).

mod process;

use crate::time::now_ms;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{
        counter::Counter,
        exemplar::HistogramWithExemplars,
        family::{Family, MetricConstructor},
        gauge::Gauge,
        histogram::exponential_buckets,
        info::Info,
    },
    registry::{Registry, Unit},
};
use std::{
    sync::{Arc, Mutex, PoisonError, atomic::AtomicU64},
    time::{Duration, UNIX_EPOCH},
};

pub use self::process::resident_memory;
pub use prometheus_client;

/// The media type of [`Metrics::text`].
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The metrics of one process. Cheap to clone; all clones count together.
#[derive(Clone, Default)]
pub struct Metrics(Arc<Families>);

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    route: String,
    method: String,
    status: &'static str,
}
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
    method: String,
}
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    name: String,
    outcome: String,
}
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Handled {
    name: String,
    audience: &'static str,
    outcome: String,
}
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Handler {
    name: String,
    audience: &'static str,
}
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Collection {
    collection: &'static str,
}
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Name {
    name: String,
}

/// The trace of something that took this long; of each bucket the last one.
#[derive(Clone, Debug, EncodeLabelSet)]
struct Exemplar {
    trace_id: String,
}
type Histogram = HistogramWithExemplars<Exemplar>;

/// From 1 ms to about 16 s.
#[derive(Clone)]
struct Seconds;
impl MetricConstructor<Histogram> for Seconds {
    fn new_metric(&self) -> Histogram {
        Histogram::new(exponential_buckets(0.001, 2.0, 15))
    }
}
type Times<L> = Family<L, Histogram, Seconds>;

/// Counts a time, and names the trace in which it was taken if there is one to look at.
fn observe(histogram: &Histogram, seconds: f64, trace_id: Option<String>) {
    let now = UNIX_EPOCH + Duration::from_millis(now_ms().unsigned_abs());
    histogram.observe(seconds, trace_id.map(|trace_id| Exemplar { trace_id }), Some(now));
}

struct Families {
    registry: Mutex<Registry>,
    requests: Family<Request, Counter>,
    request_seconds: Times<Route>,
    turned_away: Counter,
    body_timeouts: Counter,
    handled: Family<Handled, Counter>,
    duplicates: Family<Name, Counter>,
    handle_seconds: Times<Handler>,
    published: Family<Outcome, Counter>,
    calls: Family<Outcome, Counter>,
    call_seconds: Times<Name>,
    expired: Family<Collection, Counter>,
    outbox_pending: Gauge,
    outbox_age: Gauge<f64, AtomicU64>,
    up: Family<Name, Gauge>,
}

impl Default for Families {
    fn default() -> Self {
        let mut r = Registry::default();
        r.register_collector(Box::new(process::Process::default()));
        let families = Families {
            registry: Mutex::default(),
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(Seconds),
            turned_away: Counter::default(),
            body_timeouts: Counter::default(),
            handled: Family::default(),
            duplicates: Family::default(),
            handle_seconds: Family::new_with_constructor(Seconds),
            published: Family::default(),
            calls: Family::default(),
            call_seconds: Family::new_with_constructor(Seconds),
            expired: Family::default(),
            outbox_pending: Gauge::default(),
            outbox_age: Gauge::default(),
            up: Family::default(),
        };
        r.register("http_requests", "HTTP requests answered", families.requests.clone());
        r.register_with_unit("http_request", "Time to the response's head", Unit::Seconds, families.request_seconds.clone());
        r.register("http_requests_turned_away", "HTTP requests refused because of overload", families.turned_away.clone());
        r.register("http_request_body_timeouts", "HTTP requests whose client stopped sending the body", families.body_timeouts.clone());
        r.register(
            "messages_handled",
            "Messages handled, by audience (service, instance, command, call) and outcome: ok or the error's code",
            families.handled.clone(),
        );
        r.register("messages_duplicate", "Messages that had taken effect before, and had none again", families.duplicates.clone());
        r.register_with_unit("message_handling", "Time in a message's handler", Unit::Seconds, families.handle_seconds.clone());
        r.register("messages_published", "Messages given to the broker, by outcome: ok or the error's code", families.published.clone());
        r.register("calls", "Calls to other services, by outcome: ok or the error's code", families.calls.clone());
        r.register_with_unit("call", "Time to the reply of a call", Unit::Seconds, families.call_seconds.clone());
        r.register("documents_expired", "Documents removed because they were too old", families.expired.clone());
        r.register("outbox_pending", "Messages in the outbox that the broker has not confirmed", families.outbox_pending.clone());
        r.register_with_unit("outbox_oldest", "Age of the oldest message in the outbox", Unit::Seconds, families.outbox_age.clone());
        r.register("up", "Whether a part (bus, registry, store) answers", families.up.clone());
        *families.registry.lock().unwrap_or_else(PoisonError::into_inner) = r;
        families
    }
}

impl Metrics {
    /// Names the process: the metric `service_info` with these labels and the value 1.
    pub fn describe(&self, service: &str, instance: &str, version: &str) {
        let labels = [("service", service), ("instance", instance), ("version", version)];
        let info = Info::new(labels.map(|(k, v)| (k.to_owned(), v.to_owned())).to_vec());
        self.with_registry(|r| r.register("service", "The service that this process runs", info));
    }
    /// Counts an HTTP request; `route` is the pattern (`/api/cars/{id}`), never the path.
    pub fn request(&self, route: &str, method: &str, status: u16, seconds: f64) {
        self.request_in(None, route, method, status, seconds);
    }
    /// Counts an HTTP request, and names its trace.
    pub(crate) fn request_in(&self, trace: Option<String>, route: &str, method: &str, status: u16, seconds: f64) {
        let (route, method) = (route.to_owned(), known(method));
        let class = match status / 100 {
            1 => "1xx",
            2 => "2xx",
            3 => "3xx",
            4 => "4xx",
            _ => "5xx",
        };
        let of_route = Route { route: route.clone(), method: method.clone() };
        observe(&self.0.request_seconds.get_or_create(&of_route), seconds, trace);
        self.0.requests.get_or_create(&Request { route, method, status: class }).inc();
    }
    /// Counts an HTTP request that was refused because of overload.
    pub fn turned_away(&self) {
        self.0.turned_away.inc();
    }
    /// Counts an HTTP request whose client stopped sending its body.
    pub(crate) fn body_timeout(&self) {
        self.0.body_timeouts.inc();
    }
    /// Counts a handled message. `audience` is `service`, `instance`, `command` or `call`; `outcome` is `ok` or the error's code.
    pub(crate) fn handled(&self, trace: Option<String>, audience: &'static str, name: &str, outcome: &str, seconds: f64) {
        self.0.handled.get_or_create(&Handled { name: name.into(), audience, outcome: outcome.into() }).inc();
        observe(&self.0.handle_seconds.get_or_create(&Handler { name: name.into(), audience }), seconds, trace);
    }
    /// Counts a message that had taken effect before: it is handled without another one.
    pub fn duplicate(&self, name: &str) {
        self.0.duplicates.get_or_create(&Name { name: name.into() }).inc();
    }
    /// Counts a message that was given to the broker: `ok` or the error's code.
    pub fn published(&self, name: &str, outcome: &str) {
        self.0.published.get_or_create(&Outcome { name: name.into(), outcome: outcome.into() }).inc();
    }
    /// Counts a call to another service: `ok` or the error's code.
    pub fn called(&self, name: &str, outcome: &str, seconds: f64) {
        self.called_in(None, name, outcome, seconds);
    }
    /// Counts a call to another service, and names its trace.
    pub(crate) fn called_in(&self, trace: Option<String>, name: &str, outcome: &str, seconds: f64) {
        self.0.calls.get_or_create(&Outcome { name: name.into(), outcome: outcome.into() }).inc();
        observe(&self.0.call_seconds.get_or_create(&Name { name: name.into() }), seconds, trace);
    }
    /// Counts documents that were removed because they were too old.
    pub(crate) fn expired(&self, collection: &'static str, n: u64) {
        self.0.expired.get_or_create(&Collection { collection }).inc_by(n);
    }
    /// Shows how many messages wait in the outbox and for how long the oldest does, in seconds.
    pub fn outbox(&self, pending: usize, oldest_seconds: f64) {
        self.0.outbox_pending.set(i64::try_from(pending).unwrap_or(i64::MAX));
        self.0.outbox_age.set(oldest_seconds);
    }
    /// Shows whether a part (`bus`, `registry`, `store`) answers.
    pub fn up(&self, part: &str, is: bool) {
        self.0.up.get_or_create(&Name { name: part.into() }).set(i64::from(is));
    }
    /// Registers metrics of the service's own.
    pub fn with_registry<T>(&self, register: impl FnOnce(&mut Registry) -> T) -> T {
        register(&mut self.0.registry.lock().unwrap_or_else(PoisonError::into_inner))
    }
    /// Writes all metrics, for a scrape.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.with_registry(|r| prometheus_client::encoding::text::encode(&mut text, r));
        text
    }
}

/// A client may invent methods; labels must stay few.
fn known(method: &str) -> String {
    match method {
        "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" => method.into(),
        _ => "other".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counted_values_are_in_the_metrics_text() {
        let metrics = Metrics::default();
        metrics.describe("fm-x", "x-1", "1.2.3");
        metrics.request("/api/cars/{id}", "GET", 204, 0.003);
        metrics.request("/api/cars/{id}", "BREW", 418, 0.003);
        metrics.handled(None, "service", "car.listed", "done", 0.01);
        metrics.handled(None, "instance", "car.listed", "later", 0.01);
        metrics.published("car.listed", "ok");
        metrics.called("fm-x/do", "deadline", 2.0);
        metrics.outbox(3, 1.5);
        metrics.up("bus", true);
        let text = metrics.text();
        for line in [
            r#"service_info{service="fm-x",instance="x-1",version="1.2.3"} 1"#,
            r#"http_requests_total{route="/api/cars/{id}",method="GET",status="2xx"} 1"#,
            r#"http_requests_total{route="/api/cars/{id}",method="other",status="4xx"} 1"#,
            r#"http_request_seconds_count{route="/api/cars/{id}",method="GET"} 1"#,
            r#"messages_handled_total{name="car.listed",audience="service",outcome="done"} 1"#,
            r#"messages_handled_total{name="car.listed",audience="instance",outcome="later"} 1"#,
            r#"message_handling_seconds_count{name="car.listed",audience="service"} 1"#,
            r#"message_handling_seconds_count{name="car.listed",audience="instance"} 1"#,
            r#"messages_published_total{name="car.listed",outcome="ok"} 1"#,
            r#"calls_total{name="fm-x/do",outcome="deadline"} 1"#,
            "outbox_pending 3",
            "outbox_oldest_seconds 1.5",
            r#"up{name="bus"} 1"#,
        ] {
            assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
    }

    #[test]
    fn each_bucket_names_the_trace_of_its_last_time_that_has_one() {
        let metrics = Metrics::default();
        let trace = |n: u8| Some(format!("{n:032x}"));
        metrics.request_in(trace(1), "/a", "GET", 200, 0.003);
        metrics.request_in(trace(2), "/a", "GET", 200, 0.0035);
        metrics.request("/a", "GET", 200, 0.0032);
        metrics.handled(trace(3), "call", "fm-x/do", "ok", 0.5);
        metrics.called_in(trace(4), "fm-x/do", "ok", 0.5);
        let text = metrics.text();
        let exemplars: Vec<_> = text.lines().filter_map(|line| Some((line.split_once("_bucket{")?.0, line.split_once(" # ")?.1))).collect();
        let exemplars: Vec<_> =
            exemplars.iter().map(|(name, exemplar)| format!("{name} {}", exemplar.rsplit_once(' ').unwrap().0)).collect();
        assert_eq!(
            exemplars,
            [
                format!("http_request_seconds {{trace_id=\"{}\"}} 0.0035", trace(2).unwrap()),
                format!("message_handling_seconds {{trace_id=\"{}\"}} 0.5", trace(3).unwrap()),
                format!("call_seconds {{trace_id=\"{}\"}} 0.5", trace(4).unwrap()),
            ],
            "{text}"
        );
    }

    #[test]
    fn the_process_shows_its_memory_and_age() {
        let text = Metrics::default().text();
        let value = |name: &str| text.lines().find_map(|l| l.strip_prefix(name)).and_then(|v| v.trim().parse::<f64>().ok());
        assert!(value("process_resident_memory_bytes ").unwrap() > 1e6, "{text}");
        assert!(value("process_uptime_seconds ").unwrap() >= 0.0);
        assert!(value("process_open_fds ").unwrap() >= 3.0);
    }
}
