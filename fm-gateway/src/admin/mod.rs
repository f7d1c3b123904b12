//! What operators reach, on a port of its own: health, metrics, the Admin API and the dashboard on top of it.
//!
//! Nothing of the data path imports this module. All state lies in the registry, so any node shows and changes the same.

pub mod api;
mod ask;
pub mod audit;
pub mod bus;
mod document;
mod drafts;
mod exposure;
pub mod history;
mod known_nodes;
pub mod pages;
pub mod peers;
mod secrets;
pub mod sessions;
mod table;
mod table_cache;
pub mod traces;
pub mod users;
pub mod watchdog;

pub use {
    ask::{Access, Ask},
    exposure::{ClearText, Exposure},
    known_nodes::KnownNode,
};

use crate::{
    live::LiveRequests,
    pipeline::{Catalogue, Compiled, Drivers},
    recent::RecentRequests,
    table::TableState,
};
use actix_web::{App, HttpServer, dev::Server, middleware::from_fn};
use arc_swap::ArcSwapOption;
use fm_sdk::{
    Clock, Result, ResultExt,
    health::Health,
    http::{BodyTimeout, Draining, Observe, TrustedProxies, UnreadBody, routes, trace_routes},
    metrics::Metrics,
    registry::{Registry, services::Services},
    trace::Tracer,
};
use std::{net::TcpListener, path::PathBuf, sync::Arc, time::Duration};
use tokio::sync::watch;
use {
    bus::Bus,
    peers::Peers,
    table_cache::TableCache,
    users::{Cost, Passwords},
};

/// What the Admin API and the dashboard work with.
pub struct Admin {
    pub registry: Arc<dyn Registry>,
    pub services: Services,
    pub plugins: Catalogue,
    /// What plugins of a table that is tried work with.
    pub drivers: Drivers,
    /// The last requests of this node.
    pub recent: Arc<RecentRequests>,
    /// The table in force on this node.
    pub compiled: Arc<ArcSwapOption<Compiled>>,
    /// Requests of this node as they are answered.
    pub live: Arc<LiveRequests>,
    /// The traces that this node keeps.
    pub tracer: Tracer,
    /// How the table of this node stands.
    pub table: watch::Receiver<TableState>,
    /// The name of this node.
    pub instance: String,
    /// The folder of the one-time password.
    pub data: PathBuf,
    pub trusted: TrustedProxies,
    /// How operators reach their port.
    pub exposure: Exposure,
    pub clock: Clock,
    /// The broker of the services.
    pub bus: Bus,
    /// The other gateways.
    pub peers: Peers,
    /// What is known of the last tables.
    tables: TableCache,
    passwords: Passwords,
    throttle: sessions::Throttle,
}

/// What [`Admin`] is made of.
pub struct Parts {
    pub registry: Arc<dyn Registry>,
    pub services: Services,
    pub plugins: Catalogue,
    pub drivers: Drivers,
    pub recent: Arc<RecentRequests>,
    pub compiled: Arc<ArcSwapOption<Compiled>>,
    pub live: Arc<LiveRequests>,
    pub tracer: Tracer,
    pub table: watch::Receiver<TableState>,
    pub instance: String,
    pub data: PathBuf,
    pub trusted: TrustedProxies,
    pub exposure: Exposure,
    pub password_cost: Cost,
    pub bus: Bus,
    pub clock: Clock,
}

impl Admin {
    pub fn new(parts: Parts) -> Admin {
        let Parts {
            registry,
            services,
            plugins,
            drivers,
            recent,
            compiled,
            live,
            tracer,
            table,
            instance,
            data,
            trusted,
            exposure,
            password_cost,
            bus,
            clock,
        } = parts;
        let peers = Peers::new(registry.clone(), instance.clone());
        let tables = TableCache::new(plugins.clone(), drivers.tools.metrics.clone());
        Admin {
            peers,
            tables,
            registry,
            services,
            plugins,
            drivers,
            recent,
            compiled,
            live,
            tracer,
            table,
            instance,
            data,
            trusted,
            exposure,
            bus,
            clock,
            passwords: Passwords::new(password_cost),
            throttle: sessions::Throttle::default(),
        }
    }

    /// Creates the first user if there is none; see [`users::create_first`].
    pub async fn prepare(&self) {
        users::create_first(&*self.registry, &self.passwords, &self.data).await;
    }
}

/// Serves operators on a bound socket. A client may pause for so long within a body.
///
/// # Errors
/// Those of the system, when the socket cannot be used.
pub fn listen(socket: TcpListener, body_pause: Duration, health: Health, metrics: Metrics, admin: Arc<Admin>) -> Result<Server> {
    let bodies = BodyTimeout::new(body_pause, metrics.clone());
    let server = HttpServer::new(move || {
        let bodies = bodies.clone();
        // The counters of the routes are those of clients; operators are not counted among them.
        App::new()
            .wrap(from_fn(move |request, next| bodies.clone().pass(request, next)))
            .wrap(Observe::new(Metrics::default(), Draining::default()))
            .configure(routes(health.clone(), metrics.clone()))
            .configure(trace_routes(admin.tracer.clone()))
            .configure(api::mount(&admin))
            .configure(pages::mount(&admin))
    });
    let server = server.on_connect(|_, connection| drop(connection.insert(UnreadBody::default())));
    Ok(server.workers(1).disable_signals().shutdown_timeout(1).listen(socket).internal()?.run())
}
