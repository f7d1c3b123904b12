//! What all workers share.

use super::{load::Load, metrics::GatewayMetrics};
use crate::{api::Documents, pipeline::Compiled};
use arc_swap::ArcSwapOption;
use fm_sdk::{health::Health, http::Draining};
use ipnet::IpNet;
use std::{sync::Arc, time::Duration};

/// What a request's head may be like, and how long it may take.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of path and query.
    pub uri: usize,
    /// Bytes of all headers.
    pub head: usize,
    pub headers: usize,
    /// From the first byte of a head to its last.
    pub head_time: Duration,
    /// How long a client may take nothing of an answer.
    pub stall: Duration,
    /// How long a connection may wait for its next request.
    pub keep_alive: Duration,
    /// Requests under way in the whole gateway.
    pub at_once: usize,
    /// Connections of clients.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        let s = Duration::from_secs;
        let (at_once, connections) = (4096, 8192);
        Limits { uri: 8 * 1024, head: 32 * 1024, headers: 64, head_time: s(10), stall: s(30), keep_alive: s(60), at_once, connections }
    }
}

/// The gateway as every worker sees it.
pub struct Gateway {
    /// The table in force. Requests take it once and keep it; a new one is put in its place without any lock.
    pub table: Arc<ArcSwapOption<Compiled>>,
    pub limits: Limits,
    pub load: Load,
    pub trusted: Vec<IpNet>,
    pub draining: Draining,
    pub metrics: GatewayMetrics,
    pub documents: Documents,
    pub health: Health,
}
