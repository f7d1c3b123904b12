//! From the first bind to the end of the drain, in order.

use super::{Application, surround, workers::Workers};
use crate::{
    Backoff, Result, ResultExt, Runtime,
    health::Phase,
    http::{self, Admission, BodyTimeout, Observe, TrustedProxies, UnreadBody},
    identity::{ScopeTable, publish_scopes},
    registry::services::{Instance, Instances, Registration},
};
use actix_web::{App, HttpServer, dev::ServerHandle, middleware::from_fn};
use std::{future::Future, sync::Arc, time::Duration};
use tokio::task::JoinHandle;

/// Longer than a gateway keeps its idle connections (30 s), so that the side that closes is the one that knows.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long messages that are being handled, and the outbox, may take at the end.
const FINISH: Duration = Duration::from_secs(20);
/// How long inbox rows are kept: longer than a message may wait for its replay.
const REMEMBER: Duration = Duration::from_secs(30 * 24 * 3600);
const SWEEP: Duration = Duration::from_secs(600);
/// The first wait, and the longest one, for a part that the start needs.
const RETRY_DELAY: Duration = Duration::from_millis(100);
const MAX_RETRY_DELAY: Duration = Duration::from_secs(2);

impl<S: Send + Sync + 'static> Application<S> {
    /// Serves until `stop` resolves, then drains: leaves the registry, goes on serving for a while with `Connection: close`, stops
    /// consuming, finishes what is in flight, empties the outbox, closes.
    ///
    /// # Errors
    /// If the HTTP server cannot start, or the broker refuses what the service declares.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<()> {
        let mut stop = std::pin::pin!(stop);
        let (server, handle) = self.serve()?;
        let server = actix_rt::spawn(server);
        log::info!("service: {} listens on {}", self.rt.instance, self.address()?);
        let started = tokio::select! {
            started = self.start() => Some(started?),
            () = &mut stop => None,
        };
        let mut workers = None;
        if let Some(up) = started {
            stop.await;
            workers = Some(self.drain(up).await);
        }
        handle.stop(true).await;
        self.rt.transport.close().await;
        // Their channels are closed with the transport.
        if let Some(workers) = workers {
            workers.stop();
        }
        server.await.internal()?.internal()
    }

    fn serve(&self) -> Result<(actix_web::dev::Server, ServerHandle)> {
        let (service, rt, gate, health) = (self.service.clone(), self.rt.clone(), self.gate.clone(), self.health.clone());
        let proxies = TrustedProxies(self.settings.trusted_proxies.clone().into());
        let admission = Admission::new(self.settings.max_requests, rt.metrics.clone());
        let bodies = BodyTimeout::new(self.settings.body_timeout, rt.metrics.clone());
        let listener = self.listener.try_clone().internal()?;
        let server = HttpServer::new(move || {
            let layers = Arc::new(service.layers.clone());
            let (service, own, gate, admission, bodies) = (service.clone(), rt.clone(), gate.clone(), admission.clone(), bodies.clone());
            App::new()
                .app_data(proxies.clone())
                .configure(http::routes(health.clone(), rt.metrics.clone()))
                .configure(http::trace_routes(rt.tracer.clone()))
                .configure(move |cfg| service.configure(&own, cfg))
                .wrap(from_fn(move |request, next| surround(layers.clone(), request, next)))
                .wrap(from_fn(move |request, next| admission.clone().pass(request, next)))
                .wrap(from_fn(move |request, next| gate.clone().pass(request, next)))
                .wrap(from_fn(move |request, next| bodies.clone().pass(request, next)))
                .wrap(Observe::new(rt.metrics.clone(), rt.draining.clone()).traced(rt.tracer.clone()))
        })
        .on_connect(|_, connection| drop(connection.insert(UnreadBody::default())))
        .workers(self.settings.workers.into())
        .keep_alive(KEEP_ALIVE)
        .tcp_nodelay(true)
        .shutdown_timeout(FINISH.as_secs())
        .disable_signals()
        .listen(listener)
        .internal()?
        .run();
        let handle = server.handle();
        Ok((server, handle))
    }

    /// Brings everything up, waiting for what is unreachable; the instance is in the registry only when it can do all it is there for.
    async fn start(&self) -> Result<Up> {
        let rt = &self.rt;
        again("the store is not ready", || self.service.prepare(rt)).await;
        let keys = rt.delegate.keys().clone();
        again("the service's key is not in the registry", || keys.publish(&*rt.registry)).await;
        rt.verifier.ready().await;
        let mut tasks = vec![actix_rt::spawn(keys.keep(rt.registry.clone())), actix_rt::spawn(rt.clone().relay_for_ever())];
        tasks.push(actix_rt::spawn(rt.clone().run_schedules()));
        if !self.service.defined_scopes.is_empty() {
            tasks.push(actix_rt::spawn(define_scopes(rt.clone(), self.service.defined_scopes.clone())));
        }
        for task in &self.service.at_start {
            again("the service cannot start yet", || task(self.service.state.clone(), self.work())).await;
        }
        let handles = !self.service.handlers.is_empty();
        let workers = Workers::start(if handles { usize::from(self.settings.workers).max(1) } else { 0 });
        if handles {
            rt.transport.consume(self.consume(), workers.handling(&self.service, rt, self.retry.attempts)).await?;
        }
        // From here on every event is kept, so that a snapshot which begins now misses nothing.
        for needed in self.service.needed_snapshots() {
            tasks.push(actix_rt::spawn(self.service.clone().take_snapshot(rt.clone(), needed, self.retry.attempts)));
        }
        // Only now is everything heard: what happened before must come from the store.
        for task in &self.service.on_gap {
            again("the service cannot start yet", || task(self.service.state.clone(), self.work())).await;
        }
        tasks.extend(self.jobs());
        if let Some(collector) = self.settings.otlp.clone() {
            let tracer = rt.tracer.clone();
            tasks.push(actix_rt::spawn(async move { tracer.export_to(collector.as_str()).await }));
        }
        self.gate.open();
        let registration = self.services().register(self.instance()?)?;
        self.until_found(registration.instance()).await;
        self.health.enter(Phase::Serving);
        log::info!("service: {} is ready", rt.instance);
        Ok(Up { registration, workers, tasks })
    }

    /// Waits until others can find this instance: who learns that it is ready may stop another one at once.
    async fn until_found(&self, instance: &Instance) {
        let mut instances = self.services().watch(&instance.service);
        let is_found = |instances: &Instances| instances.list().contains(instance);
        while !is_found(&instances) && instances.changed().await {}
    }

    fn jobs(&self) -> Vec<JoinHandle<()>> {
        let mut jobs: Vec<_> =
            self.service.jobs.iter().cloned().map(|job| actix_rt::spawn(job.repeat(self.service.state.clone(), self.work()))).collect();
        let store = self.rt.store.clone();
        jobs.push(actix_rt::spawn(async move {
            loop {
                tokio::time::sleep(SWEEP).await;
                if let Err(e) = store.sweep(REMEMBER).await {
                    log::warn!("store: ids of old messages not removed, trying again later: {}", e.chain());
                }
            }
        }));
        jobs
    }

    /// Gives the workers, which are done.
    async fn drain(&self, up: Up) -> Workers {
        log::info!("service: {} is draining", self.rt.instance);
        self.rt.draining.begin();
        self.health.enter(Phase::Draining);
        up.registration.release().await;
        tokio::time::sleep(self.settings.drain).await;
        self.rt.transport.stop_consuming().await;
        let left = up.workers.idle(FINISH).await;
        if left > 0 {
            log::warn!(messages = left; "service: stopping while messages are handled, the broker delivers them again");
        }
        for job in self.service.jobs.iter().filter(|job| !job.once) {
            job.run(&self.service.state, &self.work()).await;
        }
        if !matches!(tokio::time::timeout(FINISH, self.rt.flush()).await, Ok(Ok(None))) {
            log::warn!("outbox: stopping with messages that are not confirmed, the next instance sends them");
        }
        up.tasks.iter().for_each(JoinHandle::abort);
        for job in self.service.jobs.iter().filter(|job| job.once) {
            job.release(&self.work()).await;
        }
        up.workers
    }
}

/// What is up, and is taken down in the drain.
struct Up {
    registration: Registration,
    workers: Workers,
    tasks: Vec<JoinHandle<()>>,
}

/// Nothing waits for it: whose token lacks a scope is refused.
async fn define_scopes(rt: Arc<Runtime>, scopes: ScopeTable) {
    again("the service's scopes are not in the registry", || publish_scopes(&*rt.registry, &rt.service, &scopes)).await;
}

/// Tries until it works.
async fn again<T, F: Future<Output = Result<T>>>(what: &str, f: impl Fn() -> F) -> T {
    let mut backoff = Backoff::new(RETRY_DELAY, MAX_RETRY_DELAY);
    loop {
        match f().await {
            Ok(t) => return t,
            Err(e) => log::warn!("service: {what}, trying again: {}", e.chain()),
        }
        tokio::time::sleep(backoff.next_wait()).await;
    }
}

/// Resolves at SIGTERM or SIGINT.
///
/// # Errors
/// If the system does not let this process listen to signals.
pub async fn stop_signal() -> Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut term, mut int) = (signal(SignalKind::terminate()).internal()?, signal(SignalKind::interrupt()).internal()?);
    tokio::select! { _ = term.recv() => {}, _ = int.recv() => {} }
    Ok(())
}
