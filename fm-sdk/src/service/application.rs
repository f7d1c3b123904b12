//! One instance of a service: its backends, its HTTP server, its handlers, from the first bind to the end of the drain.

use super::{Service, gate::Gate, snapshot::Needed};
use crate::{
    BoxFuture, Bus, ConnectionState, Error, Kind, Result, ResultExt, Runtime, Work,
    bus::{
        self,
        memory::Memory,
        transport::{Consume, Retry},
    },
    config::{BusUrl, RegistryUrl, Settings, StoreUrl},
    health::Health,
    identity::{Delegate, Keys, Purpose, Verifier},
    registry::{
        MemoryRegistry, Registry,
        services::{Instance, Services},
    },
    runtime::Backends,
    store::{Driver, Sqlite},
};
use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
};

/// One instance, bound and connected (or connecting), not yet serving.
pub struct Application<S> {
    pub(super) service: Service<S>,
    pub(super) rt: Arc<Runtime>,
    pub(super) settings: Settings,
    pub(super) listener: TcpListener,
    pub(super) gate: Gate,
    pub(super) health: Health,
    pub(super) retry: Retry,
}

impl<S: Send + Sync + 'static> Application<S> {
    /// Opens the store, starts to connect to the broker and the registry, and binds the HTTP port. Parts that are unreachable are waited for
    /// later, in [`Application::run`].
    ///
    /// # Errors
    /// What will not get better by waiting: addresses that cannot be read, a port that is taken, a folder that cannot be written.
    pub async fn build(service: Service<S>, settings: Settings) -> Result<Self> {
        service.check()?;
        let name = service.name();
        let instance = settings.instance_name();
        let registry = registry(&settings)?;
        let keys = Keys::open(&settings.data_folder(name).join("keys"), Purpose::Service(name.into()))?;
        let policy = settings.token_policy();
        let backends = Backends {
            transport: transport(&settings)?,
            store: store(&settings, name).await?,
            verifier: Arc::new(Verifier::new(&*registry, policy.clone()).for_service(name)),
            delegate: Arc::new(Delegate::new(Arc::new(keys), policy)?),
            registry,
        };
        Self::on(service, settings, &instance, backends)
    }

    /// Puts an instance on backends that exist already.
    ///
    /// # Errors
    /// If the HTTP port cannot be bound.
    pub fn on(service: Service<S>, settings: Settings, instance: &str, backends: Backends) -> Result<Self> {
        service.check()?;
        let address = &settings.http;
        let listener = TcpListener::bind(address)
            .map_err(|e| Error::new(Kind::Unavailable, "bind", format!("FM_HTTP={address} cannot be bound")).caused_by(e))?;
        listener.set_nonblocking(true).internal()?;
        let rt = Runtime::new(service.name(), instance, settings.traces, backends);
        rt.metrics.describe(service.name(), instance, service.version);
        bus::register_metrics(&rt.metrics, &rt.transport);
        let health = health(&rt);
        for needed in service.needed_snapshots() {
            rt.snapshots.expect(needed.event, needed.owner);
            health.add(format!("snapshot of {}", needed.event), snapshot_check(&rt, needed), false);
        }
        Ok(Application { gate: Gate::default(), health, retry: Retry::default(), service, rt, settings, listener })
    }

    /// Sets the tries and waits of messages that fail.
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }
    /// Where the HTTP server listens.
    ///
    /// # Errors
    /// If the system does not say.
    pub fn address(&self) -> Result<SocketAddr> {
        self.listener.local_addr().internal()
    }
    /// What the instance stands on.
    pub fn runtime(&self) -> &Arc<Runtime> {
        &self.rt
    }
    /// The bus, speaking for the service itself.
    pub fn bus(&self) -> Bus {
        Bus::new(self.rt.clone(), None)
    }
    pub(super) fn work(&self) -> Work {
        Work::new(self.bus(), None)
    }
    pub(super) fn consume(&self) -> Consume {
        let mut what = Consume::new(self.service.name(), &self.rt.instance, self.service.subscriptions());
        what.retry = self.retry.clone();
        what
    }
    pub(super) fn instance(&self) -> Result<Instance> {
        let url = self.settings.advertised(self.address()?);
        let mut instance = Instance::new(self.service.name(), &self.rt.instance, url);
        instance.version = self.service.version.into();
        instance.metadata.clone_from(&self.settings.metadata.0);
        instance.scopes = self.service.scopes.iter().map(ToString::to_string).collect();
        Ok(instance)
    }
    pub(super) fn services(&self) -> Services {
        Services::new(self.rt.registry.clone())
    }
}

/// What the instance stands on. Without the broker or the registry it still reads and writes, so it stays ready and says degraded.
fn health(rt: &Arc<Runtime>) -> Health {
    let health = Health::default();
    let store = rt.store.clone();
    health.add(
        "store",
        move || {
            Box::pin({
                let store = store.clone();
                async move { store.ping().await }
            })
        },
        true,
    );
    let connection = rt.transport.connection();
    health.add(
        "bus",
        move || {
            let now = connection.borrow().clone();
            Box::pin(async move { if let ConnectionState::Down(why) = now { Err(unreachable("broker-unreachable", why)) } else { Ok(()) } })
        },
        false,
    );
    let reach = rt.registry.connection();
    health.add(
        "registry",
        move || {
            let now = reach.borrow().clone();
            Box::pin(
                async move { if let ConnectionState::Down(why) = now { Err(unreachable("registry-unreachable", why)) } else { Ok(()) } },
            )
        },
        false,
    );
    health
}

/// An instance whose snapshot is not complete is degraded: it handles no event of the owner.
fn snapshot_check(rt: &Arc<Runtime>, needed: Needed) -> impl Fn() -> BoxFuture<'static, Result<()>> + Send + Sync + 'static {
    let rt = Arc::downgrade(rt);
    move || {
        let is_missing = rt.upgrade().is_some_and(|rt| rt.snapshots.taken(needed.event).is_none());
        Box::pin(async move {
            if is_missing {
                Err(unreachable("snapshot-incomplete", format!("not complete yet, {} serves it", needed.owner)))
            } else {
                Ok(())
            }
        })
    }
}

fn unreachable(code: &'static str, why: String) -> Error {
    Error::new(Kind::Unavailable, code, why)
}

pub(super) fn transport(settings: &Settings) -> Result<Arc<dyn crate::bus::transport::Transport>> {
    Ok(match &settings.bus {
        BusUrl::Memory => Arc::new(Memory::default()),
        #[cfg(feature = "rabbitmq")]
        BusUrl::Amqp(urls) => Arc::new(crate::bus::rabbitmq::Options::new(joined(urls)).tls(settings.tls()).connect()?),
        #[cfg(not(feature = "rabbitmq"))]
        BusUrl::Amqp(_) => return Err(not_built("FM_BUS", "rabbitmq")),
    })
}

pub(super) fn registry(settings: &Settings) -> Result<Arc<dyn Registry>> {
    Ok(match &settings.registry {
        RegistryUrl::Memory => Arc::new(MemoryRegistry::default()),
        #[cfg(feature = "etcd")]
        RegistryUrl::Etcd(urls) => {
            Arc::new(crate::registry::Etcd::connect_with(&joined(urls), &settings.registry_prefix, &settings.tls())?)
        }
        #[cfg(not(feature = "etcd"))]
        RegistryUrl::Etcd(_) => return Err(not_built("FM_REGISTRY", "etcd")),
    })
}

pub(super) async fn store(settings: &Settings, service: &str) -> Result<Arc<dyn Driver>> {
    Ok(match &settings.store {
        StoreUrl::Memory => Arc::new(Sqlite::in_memory()?),
        StoreUrl::Folder(folder) => {
            std::fs::create_dir_all(folder).internal()?;
            Arc::new(Sqlite::open(folder.join(format!("{service}.sqlite")))?)
        }
        #[cfg(feature = "mongodb")]
        StoreUrl::Mongo(url) => Arc::new(crate::store::MongoDb::connect_with(url, &database(url, service), &settings.tls()).await?),
        #[cfg(not(feature = "mongodb"))]
        StoreUrl::Mongo(_) => return Err(not_built("FM_STORE", "mongodb")),
    })
}

#[cfg(any(feature = "rabbitmq", feature = "etcd"))]
fn joined(urls: &[url::Url]) -> String {
    urls.iter().map(url::Url::as_str).collect::<Vec<_>>().join(",")
}

/// Each service has a database of its own: `fm_cars`, or `shop_fm_cars` if the URL names the database `shop`.
#[cfg(feature = "mongodb")]
fn database(url: &str, service: &str) -> String {
    let path = url.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, path)| path);
    let named = path.split('?').next().unwrap_or_default();
    let own = service.replace('-', "_");
    if named.is_empty() { own } else { format!("{named}_{own}") }
}

#[cfg(not(all(feature = "rabbitmq", feature = "etcd", feature = "mongodb")))]
fn not_built(variable: &str, feature: &str) -> Error {
    Error::new(
        Kind::Invalid,
        "not-built",
        format!("{variable} asks for {feature}, and this program was built without that feature of fm-sdk"),
    )
}

#[cfg(all(test, feature = "mongodb"))]
mod tests {
    use super::database;

    #[test]
    fn each_service_has_a_database_of_its_own() {
        assert_eq!(database("mongodb://localhost", "fm-cars"), "fm_cars");
        assert_eq!(database("mongodb://localhost/?w=majority", "fm-cars"), "fm_cars");
        assert_eq!(database("mongodb://u:p@a:27017,b:27017/market?replicaSet=r0", "fm-cars"), "market_fm_cars");
    }
}
