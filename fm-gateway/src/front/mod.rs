//! The side towards clients: what is let in, what is stripped, what is answered here, and what goes through a pipeline.

mod bad_head;
mod body_copy;
mod challenges;
mod client;
mod connection;
mod gateway;
mod guard;
mod handover;
mod headers;
mod hops;
mod host;
mod http2;
pub mod listener;
mod load;
mod metrics;
mod origin;
mod page;
mod path;
mod per_address;
mod proxy_protocol;
mod redirect;
mod refusal_log;
mod request_body;
mod serve;
mod server;
mod socket;
mod state;
mod streams;
mod tls;
mod tunnel;
mod websocket;
mod wire;

pub use {
    body_copy::BodyCopy,
    challenges::Challenges,
    client::{client_of, host_of},
    gateway::{Gateway, Limits},
    handover::Offer,
    headers::is_stripped,
    load::{Load, Place},
    metrics::{GatewayMetrics, RouteMetrics},
    origin::Origin,
    path::{BadPath, normalise},
    per_address::PerAddress,
    refusal_log::RefusalLog,
    request_body::{BodyError, ReadError, RequestBody, has_no_fields},
    server::{Listeners, Server},
    state::{ConnectionState, InFlight},
    tls::{Certificate, CertificateFiles, ClientAuth, ClientCertificate, Issued, Reloader, Tls, TlsSettings},
    tunnel::Tunnel,
    websocket::{is_asked as asks_for_websocket, names_upgrade},
};
pub(crate) use {guard::enter, serve::serve};
