//! The side towards clients: what is let in, what is stripped, what is answered here, and what goes through a pipeline.

mod chunks;
mod client;
mod gateway;
mod guard;
mod handover;
mod head_end;
mod headers;
mod host;
pub mod listener;
mod load;
mod metrics;
mod page;
mod path;
mod per_address;
mod serve;
mod socket;
mod turn;

pub use {
    client::{client_of, host_of},
    gateway::{Gateway, Limits},
    handover::Offer,
    load::{Load, Place},
    metrics::{GatewayMetrics, RouteMetrics},
    path::{BadPath, normalise},
    per_address::PerAddress,
};
