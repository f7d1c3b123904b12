//! The gateway from its first bind to the end of its drain.

use crate::{
    GatewaySettings, NAME,
    acme::Acme,
    admin::{
        Admin, Exposure, KnownNode, TableCache,
        api::targets::OPERATORS,
        bus::Bus,
        peers::{self, Peers},
        server::{self, Encryption},
        sessions::Throttle,
        users::Passwords,
        watchdog,
    },
    announce::{announce, operators_url},
    api::{self, Documents},
    drain::Drains,
    front::{Gateway, GatewayMetrics, Issued, Listeners, Load, Offer, PerAddress, Reloader, Server, Tls, TlsSettings, listener},
    instances::InstanceCounts,
    live::LiveRequests,
    pipeline::{Drivers, Tools, trace::Samples},
    plugins::rate_limit::SharedLimits,
    recent::RecentRequests,
    table::{Copy, TableState, TableWatcher},
    timeline::Timeline,
    upstream::{Chooser, Connector, Limits},
};
use fm_sdk::{
    Error, Kind, Result, ResultExt,
    config::{RegistryUrl, Settings},
    health::{Health, Phase},
    http::{Draining, TrustedProxies},
    identity::{TokenPolicy, Verifier},
    metrics::{Metrics, prometheus_client::metrics::gauge::Gauge},
    registry::{
        Etcd, MemoryRegistry, Registry,
        balance::{Balancer, Policy},
        services::{Instance, Registration, Services},
    },
    trace::{TraceParent, Tracer},
};
use std::{
    future::Future,
    net::{SocketAddr, TcpListener},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{sync::watch, task::JoinSet};

/// How long one slow answer counts against an instance: many requests a second bring news soon.
const LATENCY_MEMORY: Duration = Duration::from_secs(2);

/// A gateway that took another one's socket accepts after this time also without a table: it may be the only one by then.
const ALONE_AFTER: Duration = Duration::from_secs(10);

/// One that has a copy of its routes on disk accepts after this time also while the registry is unreachable.
const COPY_AFTER: Duration = Duration::from_secs(2);

/// How long a connection that was accepted last has to be taken up and to send its request. Others wait in the queue for the next gateway.
const LAST_REQUESTS: Duration = Duration::from_secs(1);

/// A gateway that is bound and not serving yet.
pub struct Application {
    settings: Settings,
    instance: String,
    public: Listeners,
    /// Keep certificates true to their files.
    reloaders: Vec<Reloader>,
    acme: Option<Acme>,
    /// To the gateway that the sockets were taken from; it sees that this one lives as long as these are open.
    ties: Vec<UnixStream>,
    offers: Vec<Offer>,
    admin: TcpListener,
    encryption: Option<Encryption>,
    operators: Arc<Admin>,
    gateway: Arc<Gateway>,
    services: Services,
    watcher: TableWatcher,
    state: watch::Receiver<TableState>,
    watchdog_interval: Duration,
}

impl Application {
    /// Connects to the registry and binds both ports. A registry that is unreachable is waited for while serving.
    ///
    /// # Errors
    /// What will not get better by waiting: addresses that cannot be read, ports that are taken.
    pub fn build(settings: Settings, own: GatewaySettings) -> Result<Self> {
        let registry = registry(&settings)?;
        let token_policy = settings.token_policy();
        Self::on(settings, own, registry, token_policy)
    }

    /// Builds it on a registry that exists already.
    ///
    /// # Errors
    /// If a port cannot be bound.
    pub fn on(settings: Settings, own: GatewaySettings, registry: Arc<dyn Registry>, token_policy: TokenPolicy) -> Result<Self> {
        let (admin, _) = listener::bind("FM_ADMIN_HTTP", &own.admin_http, None)?;
        let metrics = GatewayMetrics::new(Metrics::default()).with_timeline(Arc::new(Timeline::new(own.clock.clone())));
        let (mut ties, mut offers) = (Vec::new(), Vec::new());
        let mut listen = |name, address: &str, handover: Option<&Path>| {
            let (socket, tie) = listener::bind(name, address, handover)?;
            ties.extend(tie);
            let offer = handover.map(|path| Offer::at(path, &socket)).transpose();
            offers.extend(offer.map_err(|e| Error::new(Kind::Unavailable, "handover", format!("FM_GATEWAY_HANDOVER: {e}")).caused_by(e))?);
            Ok::<_, Error>(socket)
        };
        let clear = listen("FM_HTTP", &settings.http, own.handover.as_deref())?;
        let (instance, data) = (settings.instance_name(), settings.data_folder(NAME));
        let acme = own.acme.plan()?.map(|plan| Acme::new(plan, registry.clone(), &instance, &data, metrics.clone()));
        if acme.is_some() && own.tls.address.is_none() {
            let message = "FM_GATEWAY_ACME_DIRECTORY: a certificate is shown on FM_GATEWAY_TLS_HTTP, which is not set";
            return Err(Error::new(Kind::Invalid, "acme-settings", message));
        }
        let mut reloaders = Vec::new();
        let mut tls_of = |setting, tls: TlsSettings, issued: Option<Issued>, under_way| {
            let reloader = Reloader::start(setting, tls.clone(), issued, metrics.clone())?;
            let tls = Tls::new(reloader.config(), &tls, &settings.trusted_proxies, under_way, metrics.clone());
            reloaders.push(reloader);
            Ok::<_, Error>(Arc::new(tls))
        };
        let tls = match &own.tls.address {
            Some(address) => {
                let tls = tls_of(
                    "FM_GATEWAY_TLS_CERTIFICATES",
                    own.tls.clone(),
                    acme.as_ref().map(Acme::issued),
                    metrics.handshakes_under_way(),
                )?;
                let handover = own.handover.as_ref().map(|path| beside(path));
                Some((listen("FM_GATEWAY_TLS_HTTP", address, handover.as_deref())?, tls))
            }
            None => None,
        };
        let encryption = if own.admin_tls_certificates.is_empty() {
            None
        } else {
            let tls = own.tls.with_certificates(own.admin_tls_certificates.clone());
            // Counted by themselves: clients that shake hands in great number do not lock operators out.
            let tls = tls_of("FM_ADMIN_TLS_CERTIFICATES", tls, None, Gauge::default())?;
            Some(Encryption::new(tls, own.tls.hsts()))
        };
        let public = Listeners { clear, tls };
        metrics.all.describe(NAME, &instance, env!("CARGO_PKG_VERSION"));
        let tracer = Tracer::new(NAME, &instance, settings.traces);
        tracer.register(&metrics.all);
        let services = Services::new(registry.clone());
        let verifier = Arc::new(Verifier::new(&*registry, token_policy.clone()));
        let draining = Draining::default();
        let tools = Tools {
            services: services.clone(),
            chooser: Chooser::new(Balancer::new(Policy { memory: LATENCY_MEMORY, ..Policy::default() }), own.zone.as_deref()),
            connector: Connector::trusting(own.upstream_ca.as_deref())?,
            name_servers: own.name_servers.clone().into(),
            drains: Drains::default(),
            verifier,
            limits: Limits::default(),
            shared_limits: SharedLimits::default(),
            metrics: metrics.clone(),
            draining: draining.clone(),
        };
        let copy = Copy::in_folder(&data);
        let reach = registry.connection();
        let (drivers, recent, live) = (Drivers::new(tools), Arc::<RecentRequests>::default(), Arc::<LiveRequests>::default());
        let watcher = TableWatcher::new(registry.clone(), own.plugins.clone(), drivers.clone(), Some(copy)).with_first(own.first_table);
        let (health, state) = (Health::default(), watcher.state());
        api::checks(&health, watcher.table(), state.clone(), reach);
        InstanceCounts::register(&metrics.all, services.clone(), watcher.table());
        let exposure = Exposure::of(encryption.is_some(), own.admin_clear_text, admin.local_addr().internal()?);
        let operators = Arc::new(Admin {
            peers: Peers::new(registry.clone(), instance.clone()),
            tables: TableCache::new(own.plugins.clone(), metrics.clone()),
            passwords: Passwords::new(own.password_cost),
            throttle: Throttle::default(),
            registry,
            services: services.clone(),
            plugins: own.plugins.clone(),
            drivers,
            recent: recent.clone(),
            compiled: watcher.table(),
            live: live.clone(),
            tracer: tracer.clone(),
            table: state.clone(),
            instance: instance.clone(),
            data,
            trusted: TrustedProxies(settings.trusted_proxies.clone().into()),
            exposure,
            bus: Bus::new(settings.bus.clone(), settings.tls(), token_policy),
            clock: own.clock.clone(),
        });
        let limits = own.limits();
        let gateway = Arc::new(Gateway {
            table: watcher.table(),
            load: Load::new(limits.at_once, metrics.under_way()),
            connections: PerAddress::new(limits.connections_per_address, &settings.trusted_proxies, metrics.connections()),
            multiplexed: PerAddress::new(limits.connections_per_address, &settings.trusted_proxies, metrics.multiplexed()),
            streams: PerAddress::new(limits.streams_per_address, &settings.trusted_proxies, metrics.streams()),
            limits,
            trusted: settings.trusted_proxies.clone(),
            proxy_protocol: own.proxy_protocol.clone(),
            hsts: own.tls.hsts(),
            redirect: own.tls.redirect,
            challenges: acme.as_ref().map(Acme::challenges).unwrap_or_default(),
            pseudonym: format!("{NAME}-{}", &TraceParent::continued(None).trace_id()[..16]),
            draining,
            metrics,
            tracer,
            documents: Documents::new(services.clone(), own.documents_unavailable),
            samples: Arc::default(),
            live,
            recent,
            health,
        });
        Ok(Application {
            settings,
            instance,
            public,
            reloaders,
            acme,
            ties,
            offers,
            admin,
            encryption,
            operators,
            gateway,
            services,
            watcher,
            state,
            watchdog_interval: own.watchdog_interval,
        })
    }

    /// Where clients are served.
    ///
    /// # Errors
    /// If the system does not say.
    pub fn address(&self) -> Result<SocketAddr> {
        self.public.clear.local_addr().internal()
    }

    /// Where clients are served over TLS, if they are.
    ///
    /// # Errors
    /// If the system does not say.
    pub fn tls_address(&self) -> Result<Option<SocketAddr>> {
        self.public.tls.as_ref().map(|(socket, _)| socket.local_addr()).transpose().internal()
    }

    /// Where operators are served.
    ///
    /// # Errors
    /// If the system does not say.
    pub fn admin_address(&self) -> Result<SocketAddr> {
        self.admin.local_addr().internal()
    }

    /// How the table stands, now and from now on.
    pub fn table(&self) -> watch::Receiver<TableState> {
        self.state.clone()
    }

    /// The last requests, for a dry run of another table.
    pub fn recent(&self) -> Arc<RecentRequests> {
        self.gateway.recent.clone()
    }

    /// Step traces of requests as they are served; none is recorded until somebody asks for it.
    pub fn samples(&self) -> Arc<Samples> {
        self.gateway.samples.clone()
    }

    /// Requests as they are answered.
    pub fn live(&self) -> Arc<LiveRequests> {
        self.gateway.live.clone()
    }

    /// Serves until `stop` resolves, then drains: leaves the registry, goes on serving for a while with `Connection: close`, finishes what
    /// is under way, closes.
    ///
    /// # Errors
    /// If a server cannot start.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<()> {
        let tls_address = self.tls_address()?;
        let (address, admin_address, instance) = (self.address()?, self.admin_address()?, self.registration()?);
        let leave = Draining::default();
        self.operators.exposure.warn(admin_address);
        let (health, metrics) = (self.gateway.health.clone(), self.gateway.metrics.all.clone());
        let admin = server::listen(self.admin, self.encryption, self.settings.body_timeout, health, metrics, self.operators.clone())?;
        let (admin_handle, admin) = (admin.handle(), actix_rt::spawn(admin));
        let watcher = actix_rt::spawn(self.watcher.run());
        let drains = self.operators.drivers.tools.drains.clone().follow(self.operators.registry.clone());
        // They end with this future, however it ends.
        let mut followers = JoinSet::new();
        followers.spawn_local(drains);
        let shared_limits = self.operators.drivers.tools.shared_limits.clone();
        followers.spawn_local(shared_limits.follow(self.operators.registry.clone(), self.instance.clone(), self.gateway.metrics.clone()));
        followers.spawn_local(peers::answer(self.operators.clone()));
        followers.spawn_local(watchdog::run(self.operators.clone(), self.watchdog_interval));
        if let Some(collector) = self.settings.otlp.clone() {
            let tracer = self.gateway.tracer.clone();
            followers.spawn_local(async move { tracer.export_to(collector.as_str()).await });
        }
        self.reloaders.into_iter().for_each(|reloader| drop(followers.spawn_local(reloader.run())));
        let operators = self.operators.clone();
        let first_user = actix_rt::spawn(async move { operators.prepare().await });
        let mut stop = std::pin::pin!(stop);
        let mut state = self.state;
        let follows_a_copy = state.borrow().from_disk;
        if !self.ties.is_empty() || follows_a_copy {
            // Its share of the clients comes as soon as it accepts; until it knows what to do with them another one does better. The copy on
            // disk has routes, but no instance that they lead to.
            let patience = if self.ties.is_empty() { COPY_AFTER } else { ALONE_AFTER };
            let current = state.wait_for(|s| s.revision.is_some() && !s.from_disk);
            tokio::select! {
                _ = tokio::time::timeout(patience, current) => {}
                () = &mut stop => {
                    watcher.abort();
                    admin_handle.stop(false).await;
                    return admin.await.internal()?.internal();
                }
            }
        }
        let server = Server::start(self.gateway.clone(), &self.public, self.settings.workers.into(), leave.clone()).internal()?;
        let tls = tls_address.map(|address| format!(", for TLS on {address}")).unwrap_or_default();
        log::info!("gateway: {} listens on {address}{tls}, for operators on {admin_address}", self.instance);
        drop(self.public);
        // Not before challenges are answered.
        self.acme.into_iter().for_each(|acme| drop(followers.spawn_local(acme.run())));

        let loaded = tokio::select! {
            loaded = state.wait_for(|s| s.revision.is_some()) => loaded.is_ok(),
            () = &mut stop => false,
        };
        if loaded {
            self.gateway.health.enter(Phase::Serving);
            let node = KnownNode {
                url: instance.url.clone(),
                version: instance.version.clone(),
                started: instance.started,
                seen: instance.started,
            };
            let is_remembered = self.operators.remember(&node).await;
            let mut registration = self.services.register(instance)?;
            log::info!("gateway: {} is ready", self.instance);
            tokio::select! {
                () = stop => {}
                () = announce(&mut registration, &mut state) => {}
                () = self.operators.keep_remembered(node, is_remembered) => {}
            }
            self.operators.forget().await;
            drain(&self.gateway, registration, self.settings.drain).await;
        }
        if self.offers.iter().any(Offer::taken) {
            // What the accepting thread has in hand is lost when the server stops, and a connection without a request is closed.
            server.pause();
            tokio::time::sleep(LAST_REQUESTS).await;
        }
        drop(self.offers);
        leave.begin();
        server.stop().await;
        admin_handle.stop(false).await;
        watcher.abort();
        first_user.abort();
        followers.abort_all();
        self.operators.bus.close().await;
        admin.await.internal()?.internal()
    }

    fn registration(&self) -> Result<Instance> {
        let url = self.settings.advertised(self.address()?);
        let mut instance = Instance::new(NAME, &self.instance, url);
        instance.version = env!("CARGO_PKG_VERSION").into();
        instance.metadata.clone_from(&self.settings.metadata.0);
        instance.metadata.insert(OPERATORS.into(), operators_url(&instance.url, self.admin_address()?, self.encryption.is_some()));
        Ok(instance)
    }
}

/// Where the socket of TLS is handed on.
fn beside(handover: &Path) -> PathBuf {
    let mut path = handover.to_owned().into_os_string();
    path.push(".tls");
    path.into()
}

async fn drain(gateway: &Gateway, registration: Registration, time: Duration) {
    log::info!("gateway: {} is draining", registration.instance().id);
    gateway.draining.begin();
    gateway.health.enter(Phase::Draining);
    registration.release().await;
    tokio::time::sleep(time).await;
}

/// Makes the client of the registry that the settings name.
///
/// # Errors
/// `Invalid`, if an address cannot be read.
pub fn registry(settings: &Settings) -> Result<Arc<dyn Registry>> {
    Ok(match &settings.registry {
        RegistryUrl::Memory => Arc::new(MemoryRegistry::default()),
        RegistryUrl::Etcd(urls) => {
            let urls: Vec<&str> = urls.iter().map(|url| url.as_str().trim_end_matches('/')).collect();
            Arc::new(Etcd::connect_with(&urls.join(","), &settings.registry_prefix, &settings.tls())?)
        }
    })
}
