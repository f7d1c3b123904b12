//! The gateway as clients, services and operators see it: the very object that runs in production, on a registry in memory.

#[cfg(test)]
mod access_log;
#[cfg(test)]
mod acme;
#[cfg(test)]
mod admin;
#[cfg(test)]
mod answers;
#[cfg(test)]
mod apply;
#[cfg(test)]
mod authentication;
#[cfg(test)]
mod cache;
#[cfg(test)]
mod canary;
#[cfg(test)]
mod compression;
#[cfg(test)]
mod connections;
#[cfg(test)]
mod credentials;
#[cfg(test)]
mod dns;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod drain;
#[cfg(test)]
mod edge_plugins;
#[cfg(test)]
mod entry;
#[cfg(test)]
mod exhaustion;
#[cfg(test)]
mod external_auth;
#[cfg(test)]
mod grpc;
#[cfg(test)]
mod handover;
#[cfg(test)]
mod hanging;
#[cfg(test)]
mod hops;
#[cfg(test)]
mod http2;
#[cfg(test)]
mod http2_end;
#[cfg(test)]
mod http2_upstreams;
#[cfg(test)]
mod load_shedding;
#[cfg(test)]
mod mirror;
#[cfg(test)]
mod oidc;
#[cfg(test)]
mod overload;
#[cfg(test)]
mod own_answers;
#[cfg(test)]
mod own_plugins;
#[cfg(test)]
mod parity;
#[cfg(test)]
mod pipelining;
#[cfg(test)]
mod plugins;
#[cfg(test)]
mod program;
#[cfg(test)]
mod rate_limit;
#[cfg(test)]
mod request_validation;
#[cfg(test)]
mod retries;
#[cfg(test)]
mod rolling;
#[cfg(test)]
mod routing;
#[cfg(test)]
mod streaming;
#[cfg(test)]
mod support;
#[cfg(test)]
mod table_commands;
#[cfg(test)]
mod tables;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod tls_handshakes;
#[cfg(test)]
mod tls_reload;
#[cfg(test)]
mod trial;
#[cfg(test)]
mod unfinished;
#[cfg(test)]
mod upstreams;
#[cfg(test)]
mod websocket;
#[cfg(test)]
mod websocket_refused;
