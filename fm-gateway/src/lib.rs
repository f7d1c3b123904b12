//! The entry point of a market of services.
//!
//! A routing table that lies in the registry says which requests go through which pipeline of plugins; it changes while the gateway runs,
//! on all nodes at once, and no request is lost or answered 503 for it. See [`pipeline::Plugin`] for plugins of one's own.
#![forbid(unsafe_code)]

pub mod acme;
pub mod admin;
mod announce;
pub mod api;
mod application;
pub mod apply;
pub mod cli;
pub mod credentials;
pub mod drain;
mod fetch;
pub mod front;
mod grpc;
mod instances;
pub mod live;
pub mod pipeline;
pub mod plugins;
pub mod recent;
pub mod router;
mod settings;
pub mod table;
pub mod timeline;
pub mod traffic;
pub mod trial;
mod trust;
pub mod upstream;

// What plugins of others need, in the versions that the gateway uses.
pub use {application::Application, settings::GatewaySettings};
pub use {fm_sdk, http, serde_json};

/// The name under which the gateway registers.
pub const NAME: &str = "fm-gateway";
