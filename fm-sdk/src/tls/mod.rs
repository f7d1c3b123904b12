//! TLS to the bus, the registry and the store: whom to trust, what to show, and why a handshake failed.

#[cfg(any(feature = "rabbitmq", feature = "etcd", feature = "mongodb"))]
mod client;
#[cfg(any(feature = "rabbitmq", feature = "etcd", feature = "mongodb"))]
mod failure;
mod files;

#[cfg(any(feature = "rabbitmq", feature = "etcd", feature = "mongodb"))]
pub(crate) use failure::TlsFailure;
pub use files::TlsFiles;
