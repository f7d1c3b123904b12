//! What all workers share.

use super::{challenges::Challenges, load::Load, metrics::GatewayMetrics, per_address::PerAddress};
use crate::{
    api::Documents,
    live::LiveRequests,
    pipeline::{Compiled, trace::Samples},
    recent::RecentRequests,
};
use arc_swap::ArcSwapOption;
use fm_sdk::{health::Health, http::Draining, trace::Tracer};
use http::HeaderValue;
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
    /// How long the rest of a body may take whose request is answered already, and how many bytes of it are read.
    pub rest_time: Duration,
    pub rest: usize,
    /// Requests under way in the whole gateway.
    pub at_once: usize,
    /// Connections of clients.
    pub connections: usize,
    /// Connections, and event streams, of one client's address.
    pub connections_per_address: usize,
    pub streams_per_address: usize,
    /// Requests under way on one HTTP/2 connection.
    pub http2_streams: u32,
}

impl Default for Limits {
    fn default() -> Self {
        let s = Duration::from_secs;
        Limits {
            uri: 8 * 1024,
            head: 32 * 1024,
            headers: 64,
            head_time: s(10),
            stall: s(30),
            keep_alive: s(60),
            rest_time: s(5),
            rest: 16 << 20,
            at_once: 4096,
            connections: 8192,
            connections_per_address: 1024,
            streams_per_address: 100,
            http2_streams: 100,
        }
    }
}

/// The gateway as every worker sees it.
pub struct Gateway {
    /// The table in force. Requests take it once and keep it; a new one is put in its place without any lock.
    pub table: Arc<ArcSwapOption<Compiled>>,
    pub limits: Limits,
    pub load: Load,
    /// Connections and event streams by client address.
    pub connections: PerAddress,
    pub streams: PerAddress,
    /// Requests under way on HTTP/2 connections.
    pub multiplexed: PerAddress,
    pub trusted: Vec<IpNet>,
    /// Load balancers, whose connections begin with a header of the PROXY protocol.
    pub proxy_protocol: Vec<IpNet>,
    /// `Strict-Transport-Security` of every answer over https.
    pub hsts: Option<HeaderValue>,
    /// The port of https that clear HTTP is sent to.
    pub redirect: Option<u16>,
    /// Those of ACME servers.
    pub challenges: Challenges,
    /// What it calls itself in `Via`; no other gateway does.
    pub pseudonym: String,
    pub draining: Draining,
    pub metrics: GatewayMetrics,
    /// Makes the spans of requests and keeps the last ones.
    pub tracer: Tracer,
    pub documents: Documents,
    /// What a new table is tried on before it is published.
    pub recent: Arc<RecentRequests>,
    /// Step traces of some requests, where somebody watches.
    pub samples: Arc<Samples>,
    /// Requests as they are answered, where somebody watches.
    pub live: Arc<LiveRequests>,
    pub health: Health,
}
