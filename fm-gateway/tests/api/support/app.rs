use super::{Authority, Client, Reply, Upstream, soon, until};
use fm_gateway::{
    Application, GatewaySettings, admin::users::Cost, live::LiveRequests, pipeline::trace::Samples, recent::RecentRequests, table,
};
use fm_sdk::{
    config::Settings,
    registry::{
        Change, Expect, MemoryRegistry, Registry,
        services::{Instance, Registration, Services},
    },
    testing::TestIdentities,
};
use serde_json::{Value, json};
use std::{cell::RefCell, fs, net::SocketAddr, sync::Arc};
use tempfile::{TempDir, tempdir};
use tokio::{sync::oneshot, task::JoinHandle};

pub struct TestApp {
    pub address: SocketAddr,
    pub admin: SocketAddr,
    pub tls: Option<SocketAddr>,
    pub registry: MemoryRegistry,
    pub identities: TestIdentities,
    pub data: tempfile::TempDir,
    pub recent: Arc<RecentRequests>,
    pub samples: Arc<Samples>,
    pub live: Arc<LiveRequests>,
    table: tokio::sync::watch::Receiver<table::TableState>,
    stop: RefCell<Option<oneshot::Sender<()>>>,
    pub running: RefCell<Option<JoinHandle<fm_sdk::Result<()>>>>,
}

/// Settings of a gateway under test; the drain is short.
pub fn settings(data: &tempfile::TempDir) -> Settings {
    Settings { data: Some(data.path().into()), ..Settings::memory() }
}

/// A table of these routes; what every route must have is filled in.
pub fn table_of(routes: Value) -> Value {
    let mut routes = routes.as_array().expect("a list of routes").clone();
    for (n, route) in routes.iter_mut().enumerate() {
        let route = route.as_object_mut().expect("a route");
        route.entry("id").or_insert(json!(format!("route-{n}")));
        route.entry("public").or_insert(json!(true));
    }
    json!({"format": 1, "routes": routes})
}

impl TestApp {
    /// A gateway with these routes in force.
    pub async fn with_routes(routes: Value) -> TestApp {
        Self::with(routes, |_, _| {}).await
    }

    /// One that sends everything to this upstream.
    pub async fn in_front_of(upstream: &Upstream) -> TestApp {
        Self::with_routes(json!([{"path": "/**", "plugins": [{"plugin": "proxy", "settings": {"target": upstream.url()}}]}])).await
    }

    /// One whose upstreams are trusted by an authority of the test's own; the folder has its certificate.
    pub async fn trusting(authority: &Authority, routes: Value) -> (TestApp, TempDir) {
        let folder = tempdir().unwrap();
        let file = folder.path().join("authority.pem");
        fs::write(&file, &authority.pem).unwrap();
        (TestApp::with(routes, |_, own| own.upstream_ca = Some(file)).await, folder)
    }

    pub async fn with(routes: Value, change: impl FnOnce(&mut Settings, &mut GatewaySettings)) -> TestApp {
        let registry = MemoryRegistry::new();
        put(&registry, &table_of(routes).to_string()).await;
        let app = Self::on(registry, tempfile::tempdir().unwrap(), change);
        app.loaded().await;
        app
    }

    /// A gateway on a registry as it is; nothing is waited for.
    pub fn on(registry: MemoryRegistry, data: tempfile::TempDir, change: impl FnOnce(&mut Settings, &mut GatewaySettings)) -> TestApp {
        Self::on_backend(registry.clone(), registry, data, change)
    }

    /// The same with a back end of its own over that registry.
    pub fn on_backend(
        backend: impl Registry,
        registry: MemoryRegistry,
        data: tempfile::TempDir,
        change: impl FnOnce(&mut Settings, &mut GatewaySettings),
    ) -> TestApp {
        let identities = TestIdentities::in_registry(registry.clone());
        let (mut settings, mut own) = (settings(&data), GatewaySettings::default());
        own.password_cost = Cost { memory_kib: 8, passes: 1 };
        change(&mut settings, &mut own);
        let app = Application::on(settings, own, Arc::new(backend), identities.policy().clone()).unwrap();
        let (address, admin, tls, table) = (app.address().unwrap(), app.admin_address().unwrap(), app.tls_address().unwrap(), app.table());
        let (recent, samples, live) = (app.recent(), app.samples(), app.live());
        let (stop, stopped) = oneshot::channel();
        let running = actix_rt::spawn(app.run(async move { drop(stopped.await) }));
        let (stop, running) = (RefCell::new(Some(stop)), RefCell::new(Some(running)));
        TestApp { address, admin, tls, registry, identities, data, recent, samples, live, table, stop, running }
    }

    /// Waits until a table is in force and the gateway has registered.
    pub async fn loaded(&self) {
        let mut table = self.table.clone();
        soon(table.wait_for(|t| t.revision.is_some())).await.unwrap();
        let services = self.services();
        until("the gateway registers", || !services.instances("fm-gateway").is_empty()).await;
    }

    pub fn table(&self) -> table::TableState {
        self.table.borrow().clone()
    }

    /// Publishes a table and waits until it is in force.
    pub async fn publish(&self, routes: Value) {
        let revision = put(&self.registry, &table_of(routes).to_string()).await;
        let mut table = self.table.clone();
        soon(table.wait_for(|t| t.revision == Some(revision))).await.unwrap();
    }

    pub fn services(&self) -> Services {
        Services::new(Arc::new(self.registry.clone()))
    }

    /// Registers an upstream as an instance of a service.
    pub fn register(&self, service: &str, id: &str, upstream: &Upstream) -> Registration {
        self.services().register(Instance::new(service, id, upstream.url())).unwrap()
    }

    pub async fn connect(&self) -> Client {
        Client::connect(self.address).await
    }

    /// One request on a connection of its own, `Host` and the end of the head included.
    pub async fn send(&self, request: &str) -> Reply {
        let mut client = self.connect().await;
        client.send(request).await;
        client.reply_to(request).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: market.test\r\n\r\n")).await
    }

    pub async fn get_as(&self, path: &str, token: &str) -> Reply {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: market.test\r\nAuthorization: Bearer {token}\r\n\r\n")).await
    }

    /// What it counts, as operators see it.
    pub async fn metrics(&self) -> String {
        Client::connect(self.admin).await.ask("GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n").await.text()
    }

    /// Waits until a line is among what it counts.
    pub async fn counts(&self, line: &str) {
        soon(async {
            while !self.metrics().await.lines().any(|counted| counted == line) {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
        })
        .await;
    }

    /// Asks it to stop, as SIGTERM does.
    pub fn stop(&self) {
        if let Some(stop) = self.stop.borrow_mut().take() {
            let _ = stop.send(());
        }
    }

    /// Waits until it has stopped.
    pub async fn stopped(&self) {
        let running = self.running.borrow_mut().take().unwrap();
        soon(running).await.unwrap().unwrap();
    }
}

/// Puts a text where the table belongs.
pub async fn put(registry: &MemoryRegistry, text: &str) -> i64 {
    let change = Change { key: table::CURRENT.into(), expect: Expect::Any, value: Some(text.into()) };
    registry.commit(vec![change]).await.unwrap()
}
