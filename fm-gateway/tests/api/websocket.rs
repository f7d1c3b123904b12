//! WebSockets through the gateway: what comes through, and how they end.

use crate::support::{
    Client, Encrypted, HANDSHAKE, Message, SWITCHES, TestApp, Upstream, echoing, message, read_message, soon, switching, until,
};
use serde_json::{Value, json};
use std::{
    rc::Rc,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::Notify,
};

fn public(upstream: &Upstream) -> Value {
    json!([{"path": "/**", "plugins": [switching(upstream)]}])
}

/// Switches, and gives the head of the answer.
async fn open<S: AsyncRead + AsyncWrite + Unpin>(client: &mut Client<S>) -> String {
    client.send(format!("{HANDSHAKE}\r\n")).await;
    let head = client.head().await;
    assert!(head.starts_with("http/1.1 101 "), "{head}");
    head
}

fn unmasked(head: u8, payload: &[u8]) -> Option<Message> {
    Some(Message { head, masked: false, payload: payload.to_vec() })
}

/// Going away (RFC 6455, 7.4.1).
const GOODBYE: [u8; 2] = [3, 0xe9];

#[actix_rt::test]
async fn frames_come_through_authentication_as_they_are() {
    let (upstream, read) = echoing().await;
    let app = TestApp::with_routes(json!([
        {"path": "/**", "public": false, "plugins": [{"plugin": "authentication"}, switching(&upstream)]}
    ]))
    .await;
    let mut stranger = app.connect().await;
    let reply = stranger.ask(&format!("{HANDSHAKE}\r\n")).await;
    assert_eq!((reply.status, reply.header("connection"), upstream.requests()), (401, Some("close"), 0));
    let token = app.identities.user("anna", &[]);
    let mut client = app.connect().await;
    let first = message(0x81, b"in the same packet", true);
    let extras = "Keep-Alive: timeout=5\r\nTE: gzip\r\nSec-WebSocket-Protocol: chat\r\nX-User-Id: root\r\n";
    client.send([format!("{HANDSHAKE}{extras}Authorization: Bearer {token}\r\n\r\n").as_bytes(), &first[..]].concat()).await;
    let head = client.head().await;
    for line in ["connection: upgrade", "upgrade: websocket", "sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="] {
        assert_eq!(head.matches(&format!("\r\n{line}\r\n")).count(), 1, "{line}\n{head}");
    }
    assert_eq!(client.message().await, unmasked(0x81, b"in the same packet"));
    let seen = upstream.last().to_lowercase();
    for line in ["connection: upgrade", "upgrade: websocket", "sec-websocket-version: 13", "sec-websocket-protocol: chat"] {
        assert_eq!(seen.matches(&format!("\r\n{line}\r\n")).count(), 1, "{line}\n{seen}");
    }
    assert!(!seen.contains("keep-alive") && !seen.contains("\r\nte:") && !seen.contains("x-user-id"), "{seen}");
    assert!(seen.contains("\r\nx-forwarded-for: 127.0.0.1\r\n"), "{seen}");
    app.counts("gateway_event_streams 1").await;
    app.counts("gateway_under_way 0").await;

    let large: Vec<u8> = (0..1_000_000u32).map(|n| n as u8).collect();
    for (head, payload) in [(0x82, &[][..]), (0x82, &[0xff; 125]), (0x82, &[1; 126]), (0x82, &[2; 65_536]), (0x82, &large)] {
        client.send(message(head, payload, true)).await;
        assert_eq!(client.message().await, unmasked(head, payload));
    }
    for (head, payload) in [(0x01, "frag"), (0x00, "men"), (0x80, "ted")] {
        client.send(message(head, payload.as_bytes(), true)).await;
        assert_eq!(client.message().await, unmasked(head, payload.as_bytes()));
    }
    client.send(message(0x89, b"ping", true)).await;
    assert_eq!(client.message().await, unmasked(0x8a, b"ping"));
    let bye = [&4000u16.to_be_bytes()[..], b"enough"].concat();
    client.send(message(0x88, &bye, true)).await;
    assert_eq!(client.message().await, unmasked(0x88, &bye));
    assert_eq!(client.message().await, None);
    assert!(read.borrow().iter().all(|message| message.masked));
    app.counts("gateway_event_streams 0").await;
    app.counts("gateway_connections 0").await;
    until("the upstream is closed", || upstream.ended.get() == 1).await;
}

#[actix_rt::test]
async fn websockets_pass_over_tls() {
    let (upstream, _) = echoing().await;
    let served = Encrypted::start(public(&upstream), |_, _, _| ()).await;
    let mut client = served.connect().await;
    open(&mut client).await;
    for payload in [&b"hello"[..], &[7; 300_000]] {
        client.send(message(0x82, payload, true)).await;
        assert_eq!(client.message().await, unmasked(0x82, payload));
    }
    served.app.stop();
    assert_eq!(client.message().await, unmasked(0x88, &GOODBYE));
    served.app.stopped().await;
}

#[actix_rt::test]
async fn a_drain_sends_a_close_frame_after_the_current_frame() {
    let (go, heard) = (Rc::new(Notify::new()), Rc::new(Notify::new()));
    let (late, hears) = (go.clone(), heard.clone());
    let upstream = Upstream::start(move |mut connection| {
        let (late, hears) = (late.clone(), hears.clone());
        async move {
            connection.request_head().await;
            // The half frame comes with the head.
            let frame = message(0x82, &[5; 1000], false);
            connection.write([SWITCHES.as_bytes(), &frame[..500]].concat()).await;
            late.notified().await;
            connection.write([&frame[500..], &message(0x82, b"too late", false)].concat()).await;
            let goodbye = read_message(&mut connection.io, &mut connection.input).await;
            assert_eq!(goodbye, Some(Message { head: 0x88, masked: true, payload: GOODBYE.to_vec() }));
            hears.notify_one();
        }
    })
    .await;
    let app = TestApp::with_routes(public(&upstream)).await;
    let mut client = app.connect().await;
    open(&mut client).await;
    let asked = Instant::now();
    app.stop();
    until("it leaves the registry", || app.services().instances("fm-gateway").is_empty()).await;
    go.notify_one();
    assert_eq!(client.message().await, unmasked(0x82, &[5; 1000]));
    assert_eq!(client.message().await, unmasked(0x88, &GOODBYE));
    assert_eq!(client.message().await, None);
    soon(heard.notified()).await;
    app.stopped().await;
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
}

#[actix_rt::test]
async fn an_idle_websocket_is_closed_and_an_active_one_stays_open() {
    let (upstream, _) = echoing().await;
    let app = TestApp::with_routes(public(&upstream)).await;
    let (mut silent, mut alive) = (app.connect().await, app.connect().await);
    open(&mut silent).await;
    open(&mut alive).await;
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(1200) {
        alive.send(message(0x89, b"", true)).await;
        assert_eq!(alive.message().await, unmasked(0x8a, b""));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(silent.message().await, unmasked(0x88, &GOODBYE));
    assert_eq!(silent.message().await, None);
    app.counts("gateway_event_streams 1").await;
}

#[actix_rt::test]
async fn closing_one_side_closes_the_other() {
    let (upstream, _) = echoing().await;
    let app = TestApp::with_routes(public(&upstream)).await;
    let mut client = app.connect().await;
    open(&mut client).await;
    drop(client);
    until("the upstream is told", || upstream.ended.get() == 1).await;
    let mut client = app.connect().await;
    open(&mut client).await;
    upstream.kill();
    assert_eq!(client.message().await, None);
    app.counts("gateway_event_streams 0").await;
}

#[actix_rt::test]
async fn websockets_are_limited_per_address() {
    let (upstream, _) = echoing().await;
    let app = TestApp::with(public(&upstream), |_, own| own.streams_per_address = 1).await;
    let mut first = app.connect().await;
    open(&mut first).await;
    let reply = app.send(&format!("{HANDSHAKE}\r\n")).await;
    assert_eq!((reply.status, reply.code().as_str(), reply.header("connection")), (429, "too-many-streams", Some("close")));
    drop(first);
    app.counts("gateway_event_streams 0").await;
    open(&mut app.connect().await).await;
}
