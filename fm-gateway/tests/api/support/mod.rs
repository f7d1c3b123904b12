//! A gateway under test, its clients and the services behind it.

mod app;
mod authority;
mod browser;
mod client;
mod encrypted;
mod frames;
mod grpc;
mod http2_upstream;
mod name_server;
mod operator;
mod terminator;
mod upstream;
mod websocket;

pub use {
    app::{TestApp, put, table_of},
    authority::{Authority, Signed, connector, trusting},
    browser::{Browser, value_of},
    client::{Client, Reply, find},
    encrypted::{Encrypted, Http2, request, to},
    frames::{Frames, frame, head, indexed, literal},
    grpc::{GrpcClient, GrpcUpstream},
    http2_upstream::{Asked, Http2Upstream, Io, acceptor},
    name_server::NameServer,
    operator::{Operator, one_time_password},
    terminator::Terminator,
    upstream::{Upstream, ok},
    websocket::{HANDSHAKE, Message, SWITCHES, echoing, message, read_message, switching},
};

use std::time::Duration;

/// Waits until something holds; a test fails when it does not in time.
pub async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..6000 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not in time: {what}");
}

/// Bounds a wait.
pub async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(60), future).await.expect("it takes too long")
}
