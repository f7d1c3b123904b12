//! The side towards clients: what is let in, what is stripped, what is answered here, and what goes through a pipeline.

mod client;
mod gateway;
mod guard;
mod handover;
mod headers;
pub mod listener;
mod load;
mod metrics;
mod path;
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
};
