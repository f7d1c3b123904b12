//! The gateway as clients, services and operators see it: the very object that runs in production, on a registry in memory.

mod support;

mod answers;
mod authentication;
mod documents;
mod drain;
mod entry;
mod plugins;
mod retries;
mod routing;
mod streaming;
mod tables;
