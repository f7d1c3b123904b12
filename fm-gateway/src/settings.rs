//! What the gateway is told from outside, beside what all services are told.

use crate::{
    acme::AcmeSettings,
    admin::{ClearText, users::Cost, watchdog::INTERVAL},
    front::{CertificateFiles, Limits, TlsSettings},
    pipeline::Catalogue,
    table::FirstTable,
};
use fm_sdk::{Clock, config::parse_duration};
use ipnet::IpNet;
use std::{net::SocketAddr, path::PathBuf, time::Duration};

/// Settings of the gateway's own.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Gateway")]
pub struct GatewaySettings {
    /// Where to listen for operators: dashboard, Admin API, metrics and health; port 0 takes a free one
    #[arg(long, env = "FM_ADMIN_HTTP", default_value = "127.0.0.1:8081", value_name = "HOST:PORT")]
    pub admin_http: String,

    /// Certificates with which the operators' port speaks TLS, as FM_GATEWAY_TLS_CERTIFICATES; not set: it speaks no TLS
    #[arg(long, env = "FM_ADMIN_TLS_CERTIFICATES", value_name = "FILES", value_delimiter = ',')]
    pub admin_tls_certificates: Vec<CertificateFiles>,

    /// Where dashboard and Admin API are served without TLS of the port's own: they need TLS or a network where nobody else listens
    #[arg(long, env = "FM_ADMIN_CLEAR_TEXT", default_value = "loopback", value_name = "WHERE")]
    pub admin_clear_text: ClearText,

    /// What the first gateway writes into a registry that has no table
    #[arg(long, env = "FM_GATEWAY_FIRST_TABLE", default_value = "market", value_name = "TABLE")]
    pub first_table: FirstTable,

    /// The longest path and query, in bytes
    #[arg(long, env = "FM_GATEWAY_MAX_URI", default_value_t = 8192, value_name = "BYTES")]
    pub max_uri: usize,

    /// The most bytes of all headers of a request
    #[arg(long, env = "FM_GATEWAY_MAX_HEAD", default_value_t = 32768, value_name = "BYTES")]
    pub max_head: usize,

    /// The most headers of a request
    #[arg(long, env = "FM_GATEWAY_MAX_HEADERS", default_value_t = 64, value_name = "N")]
    pub max_headers: usize,

    /// How long the head of a request may take to come
    #[arg(long, env = "FM_GATEWAY_HEAD_TIME", default_value = "10s", value_name = "TIME", value_parser = parse_duration)]
    pub head_time: Duration,

    /// How long a client may take nothing of its answer
    #[arg(long, env = "FM_GATEWAY_STALL", default_value = "30s", value_name = "TIME", value_parser = parse_duration)]
    pub stall: Duration,

    /// How long a connection may wait for its next request
    #[arg(long, env = "FM_GATEWAY_KEEP_ALIVE", default_value = "60s", value_name = "TIME", value_parser = parse_duration)]
    pub keep_alive: Duration,

    /// How long the rest of a request's body may take to come once the request is answered; then the connection is closed
    #[arg(long, env = "FM_GATEWAY_REST_TIME", default_value = "5s", value_name = "TIME", value_parser = parse_duration)]
    pub rest_time: Duration,

    /// How many requests may be under way at once; more are answered 503
    #[arg(long, env = "FM_GATEWAY_AT_ONCE", default_value_t = 4096, value_name = "N")]
    pub at_once: usize,

    /// How many connections clients may have; more wait to be accepted
    #[arg(long, env = "FM_GATEWAY_CONNECTIONS", default_value_t = 8192, value_name = "N")]
    pub connections: usize,

    /// How many connections one client address may have; more are answered 429. Trusted proxies may have any number
    #[arg(long, env = "FM_GATEWAY_CONNECTIONS_PER_ADDRESS", default_value_t = 1024, value_name = "N")]
    pub connections_per_address: usize,

    /// How many event streams one client address may have, also behind trusted proxies; more are answered 429
    #[arg(long, env = "FM_GATEWAY_STREAMS_PER_ADDRESS", default_value_t = 100, value_name = "N")]
    pub streams_per_address: usize,

    /// Networks of load balancers, separated by commas, whose connections begin with a header of the PROXY protocol (version 1 or 2)
    #[arg(long, env = "FM_GATEWAY_PROXY_PROTOCOL", value_name = "NETWORKS", value_delimiter = ',')]
    pub proxy_protocol: Vec<IpNet>,

    /// Certificates (PEM) of the only authorities that upstreams with https:// are trusted by; not set: those of the public internet
    #[arg(long, env = "FM_GATEWAY_UPSTREAM_CA", value_name = "FILE")]
    pub upstream_ca: Option<PathBuf>,

    /// Name servers that the plugin dns asks, separated by commas, IP:PORT each; not set: those of the system
    #[arg(long, env = "FM_GATEWAY_NAME_SERVERS", value_name = "ADDRESSES", value_delimiter = ',')]
    pub name_servers: Vec<SocketAddr>,

    /// Where this gateway runs: instances whose metadata names the same zone come first, while any of them is well
    #[arg(long, env = "FM_GATEWAY_ZONE", value_name = "ZONE")]
    pub zone: Option<String>,

    /// How long a service that has no instance stays in the API's documents
    #[arg(long, env = "FM_GATEWAY_DOCUMENTS_UNAVAILABLE", default_value = "10m", value_name = "TIME", value_parser = parse_duration)]
    pub documents_unavailable: Duration,

    /// Where gateways of one address hand their listening socket on, in a folder of this user's own: the next one starts before the last
    /// one ends
    #[arg(long, env = "FM_GATEWAY_HANDOVER", value_name = "PATH")]
    pub handover: Option<PathBuf>,

    #[command(flatten)]
    pub tls: TlsSettings,

    #[command(flatten)]
    pub acme: AcmeSettings,

    /// The plugins that routes may use; not a flag: a program that brings its own sets it
    #[arg(skip = Catalogue::shipped())]
    pub plugins: Catalogue,

    /// What hashing a password of the dashboard costs; not a flag: tests set it
    #[arg(skip)]
    pub password_cost: Cost,

    /// How often the watchdog looks at a publish; not a flag: tests set it
    #[arg(skip = INTERVAL)]
    pub watchdog_interval: Duration,

    /// What the numbers over time go by; not a flag: tests turn it
    #[arg(skip)]
    pub clock: Clock,
}

impl Default for GatewaySettings {
    /// Those without any flag, on free ports.
    fn default() -> Self {
        let limits = Limits::default();
        GatewaySettings {
            admin_http: "127.0.0.1:0".into(),
            admin_tls_certificates: Vec::new(),
            admin_clear_text: ClearText::default(),
            first_table: FirstTable::default(),
            max_uri: limits.uri,
            max_head: limits.head,
            max_headers: limits.headers,
            head_time: limits.head_time,
            stall: limits.stall,
            keep_alive: limits.keep_alive,
            rest_time: limits.rest_time,
            at_once: limits.at_once,
            connections: limits.connections,
            connections_per_address: limits.connections_per_address,
            streams_per_address: limits.streams_per_address,
            proxy_protocol: Vec::new(),
            upstream_ca: None,
            name_servers: Vec::new(),
            zone: None,
            documents_unavailable: Duration::from_secs(600),
            handover: None,
            tls: TlsSettings::default(),
            acme: AcmeSettings::default(),
            plugins: Catalogue::shipped(),
            password_cost: Cost::default(),
            watchdog_interval: INTERVAL,
            clock: Clock::system(),
        }
    }
}

impl GatewaySettings {
    /// What the front keeps to.
    pub fn limits(&self) -> Limits {
        Limits {
            uri: self.max_uri,
            head: self.max_head,
            headers: self.max_headers,
            head_time: self.head_time,
            stall: self.stall,
            keep_alive: self.keep_alive,
            rest_time: self.rest_time,
            rest: Limits::default().rest,
            at_once: self.at_once,
            connections: self.connections,
            connections_per_address: self.connections_per_address,
            streams_per_address: self.streams_per_address,
            http2_streams: self.tls.http2_streams,
        }
    }
}
