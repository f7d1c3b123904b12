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
mod saved_requests;
mod secrets;
pub mod server;
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
    table_cache::TableCache,
};

use crate::{
    live::LiveRequests,
    pipeline::{Catalogue, Compiled, Drivers},
    recent::RecentRequests,
    table::TableState,
};
use arc_swap::ArcSwapOption;
use bus::Bus;
use fm_sdk::{
    Clock,
    http::TrustedProxies,
    registry::{Registry, services::Services},
    trace::Tracer,
};
use peers::Peers;
use sessions::Throttle;
use std::{path::PathBuf, sync::Arc};
use tokio::sync::watch;
use users::Passwords;

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
    pub(crate) tables: TableCache,
    pub(crate) passwords: Passwords,
    pub(crate) throttle: Throttle,
}

impl Admin {
    /// Creates the first user if there is none; see [`users::create_first`].
    pub async fn prepare(&self) {
        users::create_first(&*self.registry, &self.passwords, &self.data).await;
    }
}
