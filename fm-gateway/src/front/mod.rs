//! The side towards clients: what is let in, what is stripped, what is answered here, and what goes through a pipeline.

mod client;
mod gateway;
mod guard;
mod headers;
mod listener;
mod metrics;
mod path;
mod serve;
mod socket;

pub use {
    client::{client_of, host_of},
    gateway::{Gateway, Limits},
    listener::listen,
    metrics::{GatewayMetrics, RouteMetrics},
    path::{BadPath, normalise},
};
