//! What all parts of one running instance share.

mod backends;
mod publish;
mod relay;
mod schedules;
mod snapshots;
mod trail;

pub use backends::Backends;
pub(crate) use schedules::{Schedule, cancel, earliest, read};
pub(crate) use snapshots::Taken;
pub(crate) use trail::{Trail, Trails};

use crate::{
    bus::transport::Transport,
    http::{Client, Draining},
    identity::{Delegate, Verifier},
    metrics::Metrics,
    registry::{Registry, services::Services},
    store::{Driver, Traced},
    trace::{TraceSettings, Tracer},
};
use relay::Relay;
use schedules::Schedules;
use snapshots::Snapshots;
use std::sync::Arc;

/// What all handlers of one running instance share: its name, its backends, its keys.
pub struct Runtime {
    pub(crate) service: String,
    pub(crate) instance: String,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) store: Arc<dyn Driver>,
    pub(crate) registry: Arc<dyn Registry>,
    pub(crate) verifier: Arc<Verifier>,
    pub(crate) delegate: Arc<Delegate>,
    pub(crate) relay: Relay,
    schedules: Schedules,
    pub(crate) snapshots: Snapshots,
    pub(crate) draining: Draining,
    pub(crate) client: Client,
    pub(crate) metrics: Metrics,
    pub(crate) tracer: Tracer,
    trails: Trails,
}

impl Runtime {
    pub(crate) fn new(service: &str, instance: &str, traces: TraceSettings, backends: Backends) -> Arc<Self> {
        let client = Client::new(Services::new(backends.registry.clone()));
        let (metrics, tracer) = (Metrics::default(), Tracer::new(service, instance, traces));
        tracer.register(&metrics);
        let (schedules, delegate) = (Schedules::default(), backends.delegate.clone());
        schedules.gauges.register(&metrics, move || delegate.now_ms());
        Arc::new(Runtime {
            service: service.into(),
            instance: instance.into(),
            transport: backends.transport,
            store: Arc::new(Traced(backends.store)),
            registry: backends.registry,
            verifier: backends.verifier,
            delegate: backends.delegate,
            relay: Relay::default(),
            schedules,
            snapshots: Snapshots::default(),
            draining: Draining::default(),
            client,
            metrics,
            tracer,
            trails: Trails::default(),
        })
    }
    /// The instance's name.
    pub fn instance(&self) -> &str {
        &self.instance
    }
    /// The registry, for what a service keeps there itself.
    pub fn registry(&self) -> &Arc<dyn Registry> {
        &self.registry
    }
    /// Verifies tokens.
    pub fn verifier(&self) -> &Arc<Verifier> {
        &self.verifier
    }
    /// Whether this instance takes leave; streams must end then.
    pub fn draining(&self) -> &Draining {
        &self.draining
    }
    /// What this instance counts; a service may add families of its own.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }
    /// Makes the spans of this instance and keeps the last ones.
    pub fn tracer(&self) -> &Tracer {
        &self.tracer
    }
    /// Asks other services over HTTP, by name.
    pub fn client(&self) -> &Client {
        &self.client
    }
    pub(crate) fn trails(&self) -> &Trails {
        &self.trails
    }
}
