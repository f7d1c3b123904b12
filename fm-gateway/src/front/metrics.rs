//! What the gateway counts. The handles of a route are looked up when a table is loaded, not per request.

use crate::{
    pipeline::Outcome,
    timeline::{RouteTimeline, Timeline},
    traffic::{Traffic, TrafficCounter},
};
use fm_sdk::{
    metrics::{
        Metrics,
        prometheus_client::{
            encoding::EncodeLabelSet,
            metrics::{
                counter::Counter,
                exemplar::HistogramWithExemplars,
                family::{Family, MetricConstructor},
                gauge::Gauge,
                histogram::exponential_buckets,
            },
            registry::Unit,
        },
    },
    time::now_ms,
    trace::TraceParent,
};
use std::{
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByRoute {
    route: String,
}
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByStatus {
    route: String,
    status: &'static str,
}
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByReason {
    service: String,
    reason: &'static str,
}
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByOutcome {
    route: String,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByIssuer {
    issuer: String,
    outcome: &'static str,
}
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByCheck {
    service: String,
    outcome: &'static str,
}
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByPlugin {
    route: String,
    plugin: &'static str,
}
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByService {
    service: String,
}
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByFile {
    file: String,
}
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByCode {
    code: String,
}
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByKind {
    kind: &'static str,
}

/// The trace of a request that took this long; of each bucket the last one.
#[derive(Clone, Debug, EncodeLabelSet)]
struct Exemplar {
    trace_id: String,
}
type Histogram = HistogramWithExemplars<Exemplar>;

/// From 0.25 ms to about 8 s.
#[derive(Clone)]
struct Seconds;
impl MetricConstructor<Histogram> for Seconds {
    fn new_metric(&self) -> Histogram {
        Histogram::new(exponential_buckets(0.000_25, 2.0, 16))
    }
}

/// All counters; clones count together.
#[derive(Clone)]
pub struct GatewayMetrics {
    pub all: Metrics,
    requests: Family<ByStatus, Counter>,
    seconds: Family<ByRoute, Histogram, Seconds>,
    aborted: Family<ByRoute, Counter>,
    failures: Family<ByReason, Counter>,
    retries: Family<ByReason, Counter>,
    withheld: Family<ByService, Counter>,
    lookups: Family<ByCheck, Counter>,
    health_checks: Family<ByCheck, Counter>,
    limited: Family<ByRoute, Counter>,
    limited_locally: Family<ByRoute, Counter>,
    limits_shared: Gauge,
    cached: Family<ByOutcome, Counter>,
    shed: Family<ByPlugin, Counter>,
    validated: Family<ByOutcome, Counter>,
    mirrored: Family<ByOutcome, Counter>,
    issuer_keys: Family<ByIssuer, Counter>,
    cache_bytes: Gauge,
    under_way: Gauge,
    connections: Gauge,
    streams: Gauge,
    hedges: Family<ByReason, Counter>,
    refused: Family<ByCode, Counter>,
    loads: Family<ByCode, Counter>,
    revision: Gauge,
    computations: Family<ByKind, Counter>,
    handshakes: Family<ByCode, Counter>,
    handshakes_under_way: Gauge,
    multiplexed: Gauge,
    certificates: Family<ByCode, Counter>,
    orders: Family<ByCode, Counter>,
    expires: Family<ByFile, Gauge>,
    timeline: Arc<Timeline>,
}

impl GatewayMetrics {
    /// Registers them.
    pub fn new(all: Metrics) -> Self {
        let m = GatewayMetrics {
            all,
            requests: Family::default(),
            seconds: Family::new_with_constructor(Seconds),
            aborted: Family::default(),
            failures: Family::default(),
            retries: Family::default(),
            withheld: Family::default(),
            lookups: Family::default(),
            health_checks: Family::default(),
            limited: Family::default(),
            limited_locally: Family::default(),
            limits_shared: Gauge::default(),
            cached: Family::default(),
            shed: Family::default(),
            validated: Family::default(),
            mirrored: Family::default(),
            issuer_keys: Family::default(),
            cache_bytes: Gauge::default(),
            under_way: Gauge::default(),
            connections: Gauge::default(),
            streams: Gauge::default(),
            hedges: Family::default(),
            refused: Family::default(),
            loads: Family::default(),
            revision: Gauge::default(),
            computations: Family::default(),
            handshakes: Family::default(),
            handshakes_under_way: Gauge::default(),
            multiplexed: Gauge::default(),
            certificates: Family::default(),
            orders: Family::default(),
            expires: Family::default(),
            timeline: Arc::default(),
        };
        m.all.with_registry(|r| {
            r.register("gateway_requests", "Requests by route and class of status", m.requests.clone());
            r.register_with_unit("gateway_request", "Time from a request's head to its last byte", Unit::Seconds, m.seconds.clone());
            r.register("gateway_aborted", "Answers that did not reach their end", m.aborted.clone());
            r.register("gateway_upstream_failures", "Calls to upstreams that came to nothing", m.failures.clone());
            r.register("gateway_retries", "Calls that were tried again on another instance", m.retries.clone());
            r.register("gateway_retries_withheld", "Calls that were not tried again because too many were already", m.withheld.clone());
            r.register("gateway_dns_lookups", "Names of upstreams that were asked for, by outcome", m.lookups.clone());
            r.register("gateway_health_checks", "Health checks of upstreams that do not register, by outcome", m.health_checks.clone());
            r.register("gateway_rate_limited", "Requests that came too often", m.limited.clone());
            let local = "Requests counted by this gateway alone, though their limit is that of all gateways";
            r.register("gateway_rate_limit_local", local, m.limited_locally.clone());
            r.register(
                "gateway_rate_limits_shared",
                "1 while gateways tell each other what they have let through",
                m.limits_shared.clone(),
            );
            r.register("gateway_load_shed", "Requests that a plugin refused to spare a service", m.shed.clone());
            r.register("gateway_validated_requests", "Requests by what comparing them with a document gave", m.validated.clone());
            r.register("gateway_mirrored_requests", "Copies of requests by what became of them", m.mirrored.clone());
            r.register("gateway_issuer_key_fetches", "Fetches of the keys of issuers of tokens, by outcome", m.issuer_keys.clone());
            r.register("gateway_cache_requests", "Requests by what the cache made of them", m.cached.clone());
            r.register("gateway_cache_bytes", "Bytes of the answers in the cache", m.cache_bytes.clone());
            r.register("gateway_under_way", "Requests under way, without event streams", m.under_way.clone());
            r.register("gateway_connections", "Open connections of clients", m.connections.clone());
            r.register("gateway_event_streams", "Open event streams and WebSockets", m.streams.clone());
            r.register("gateway_hedges", "Requests sent to another instance too because the first was silent or slow", m.hedges.clone());
            r.register("gateway_refused", "Requests that reached no route, by code", m.refused.clone());
            r.register("gateway_table_loads", "Tables from the registry, by outcome", m.loads.clone());
            r.register("gateway_table_revision", "The registry's revision of the table in force", m.revision.clone());
            let computations = "Tables that the Admin API and the dashboard parsed, checked or compared because they did not know them yet";
            r.register("gateway_admin_table_computations", computations, m.computations.clone());
            r.register("gateway_tls_handshakes", "Handshakes of TLS, by outcome", m.handshakes.clone());
            r.register("gateway_tls_handshakes_under_way", "Handshakes of TLS under way", m.handshakes_under_way.clone());
            r.register("gateway_http2_requests", "Requests under way on HTTP/2 connections", m.multiplexed.clone());
            r.register("gateway_tls_reloads", "Changed files of TLS, by outcome", m.certificates.clone());
            r.register("gateway_acme_orders", "Certificates ordered by ACME, by outcome", m.orders.clone());
            let expires = "When the certificate in use expires, in seconds since 1970";
            r.register("gateway_tls_certificate_expiry_timestamp_seconds", expires, m.expires.clone());
        });
        m.start_at_zero();
        m
    }

    /// Shows what alerts watch from the start: a counter that appears with its first event has never increased for Prometheus.
    fn start_at_zero(&self) {
        let zero = |family: &Family<ByCode, Counter>, code: &str| drop(family.get_or_create(&ByCode { code: code.into() }));
        zero(&self.refused, "overloaded");
        zero(&self.loads, "loaded");
        zero(&self.certificates, "loaded");
        zero(&self.certificates, "refused");
        zero(&self.orders, "issued");
    }

    /// With a timeline that is kept by this one.
    pub fn with_timeline(self, timeline: Arc<Timeline>) -> Self {
        GatewayMetrics { timeline, ..self }
    }

    /// The handles of one route.
    pub fn of_route(&self, route: &str) -> RouteMetrics {
        let timeline = self.timeline.clone();
        let over_time = timeline.route(route);
        let status = |status| self.requests.get_or_create(&ByStatus { route: route.to_owned(), status }).clone();
        let route = ByRoute { route: route.to_owned() };
        RouteMetrics {
            classes: ["1xx", "2xx", "3xx", "4xx", "5xx"].map(status),
            seconds: self.seconds.get_or_create(&route).clone(),
            aborted: self.aborted.get_or_create(&route).clone(),
            traffic: Arc::default(),
            timeline,
            over_time,
        }
    }
    /// The requests of all routes over time.
    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    pub fn upstream_failed(&self, service: &str, reason: &'static str) {
        self.failures.get_or_create(&ByReason { service: service.into(), reason }).inc();
    }
    pub fn retried(&self, service: &str, reason: &'static str) {
        self.retries.get_or_create(&ByReason { service: service.into(), reason }).inc();
    }
    pub fn withheld(&self, service: &str) {
        self.withheld.get_or_create(&ByService { service: service.into() }).inc();
    }
    /// Counts a health check that `passed` or `failed`.
    pub fn health_checked(&self, service: &str, outcome: &'static str) {
        self.health_checks.get_or_create(&ByCheck { service: service.into(), outcome }).inc();
    }
    /// Counts a name that was asked for: `resolved`, `none`, `failed`.
    pub fn resolved(&self, service: &str, outcome: &'static str) {
        self.lookups.get_or_create(&ByCheck { service: service.into(), outcome }).inc();
    }
    pub fn hedged(&self, service: &str, reason: &'static str) {
        self.hedges.get_or_create(&ByReason { service: service.into(), reason }).inc();
    }
    /// The gauge of open connections.
    pub fn connections(&self) -> Gauge {
        self.connections.clone()
    }
    /// The gauge of open event streams.
    pub fn streams(&self) -> Gauge {
        self.streams.clone()
    }
    pub fn limited(&self, route: &str) {
        self.limited.get_or_create(&ByRoute { route: route.into() }).inc();
    }
    /// Counts a request that was counted by this gateway alone, though its limit is that of all.
    pub fn limited_locally(&self, route: &str) {
        self.limited_locally.get_or_create(&ByRoute { route: route.into() }).inc();
    }
    /// Shows whether gateways tell each other what they have let through.
    pub fn rate_limits_shared(&self, is_shared: bool) {
        self.limits_shared.set(i64::from(is_shared));
    }
    /// Counts a request that a plugin refuses so that a service has less to do.
    pub fn shed(&self, route: &str, plugin: &'static str) {
        self.shed.get_or_create(&ByPlugin { route: route.into(), plugin }).inc();
    }
    /// Counts what comparing a request with a document gave: `valid`, `invalid`, `undocumented`, `unusable`, `unknown`.
    pub fn validated(&self, route: &str, outcome: &'static str) {
        self.validated.get_or_create(&ByOutcome { route: route.into(), outcome }).inc();
    }
    /// Counts a copy of a request: `sent`, `failed`, `no-instance`, `busy`, `too-large`, `incomplete`, `unsendable`.
    pub fn mirrored(&self, route: &str, outcome: &'static str) {
        self.mirrored.get_or_create(&ByOutcome { route: route.into(), outcome }).inc();
    }
    /// Counts a fetch of an issuer's keys: `fetched`, `failed`.
    pub fn issuer_keys_fetched(&self, issuer: &str, outcome: &'static str) {
        self.issuer_keys.get_or_create(&ByIssuer { issuer: issuer.into(), outcome }).inc();
    }
    /// Counts what the cache makes of a request: `hit`, `stale`, `revalidated`, `miss`, `bypass`.
    pub fn cached(&self, route: &str, outcome: &'static str) {
        self.cached.get_or_create(&ByOutcome { route: route.into(), outcome }).inc();
    }
    /// The gauge of bytes in the cache.
    pub fn cache_bytes(&self) -> Gauge {
        self.cache_bytes.clone()
    }
    /// The gauge of requests under way.
    pub fn under_way(&self) -> Gauge {
        self.under_way.clone()
    }
    pub fn refused(&self, code: &str) {
        self.refused.get_or_create(&ByCode { code: code.into() }).inc();
    }
    /// The gauge of handshakes under way.
    pub fn handshakes_under_way(&self) -> Gauge {
        self.handshakes_under_way.clone()
    }
    /// The gauge of requests under way on HTTP/2 connections.
    pub fn multiplexed(&self) -> Gauge {
        self.multiplexed.clone()
    }
    pub fn handshake(&self, outcome: &str) {
        self.handshakes.get_or_create(&ByCode { code: outcome.into() }).inc();
    }
    /// Counts files of TLS that have changed.
    pub fn certificates_loaded(&self, outcome: &str) {
        self.certificates.get_or_create(&ByCode { code: outcome.into() }).inc();
    }
    /// Counts a certificate that was `issued`, or why it was not.
    pub fn certificate_ordered(&self, outcome: &str) {
        self.orders.get_or_create(&ByCode { code: outcome.into() }).inc();
    }
    pub fn certificate_expires(&self, file: &str, at: i64) {
        self.expires.get_or_create(&ByFile { file: file.into() }).set(at);
    }
    /// Counts work on a table for operators: `parse`, `check`, `compare`.
    pub fn table_computed(&self, kind: &'static str) {
        self.computations.get_or_create(&ByKind { kind }).inc();
    }
    /// Counts a table that was `loaded`, or why it was not.
    pub fn table(&self, outcome: &str, revision: Option<i64>) {
        self.loads.get_or_create(&ByCode { code: outcome.into() }).inc();
        if let Some(revision) = revision {
            self.revision.set(revision);
        }
    }
}

/// The counters of one route.
#[derive(Clone, Debug)]
pub struct RouteMetrics {
    classes: [Counter; 5],
    seconds: Histogram,
    aborted: Counter,
    /// Since this table is in force, where the others count from the start of the program.
    traffic: Arc<TrafficCounter>,
    timeline: Arc<Timeline>,
    over_time: Arc<RouteTimeline>,
}

impl RouteMetrics {
    /// Counts a request; `trace` is where its spans are, if they are kept.
    pub fn done(&self, outcome: &Outcome, trace: Option<TraceParent>) {
        let class = usize::from(outcome.status.as_u16() / 100).clamp(1, 5) - 1;
        self.classes[class].inc();
        let exemplar = trace.filter(TraceParent::is_sampled).map(|trace| Exemplar { trace_id: trace.trace_id() });
        let now = UNIX_EPOCH + Duration::from_millis(now_ms().unsigned_abs());
        self.seconds.observe(outcome.took.as_secs_f64(), exemplar, Some(now));
        if !outcome.complete {
            self.aborted.inc();
        }
        let took = (!outcome.is_stream).then_some(outcome.took);
        let is_error = outcome.status.is_server_error();
        self.traffic.note(is_error, took);
        self.timeline.note(&self.over_time, is_error, took);
    }
    /// The numbers since this table is in force.
    pub fn traffic(&self) -> Traffic {
        self.traffic.read()
    }
}
