//! WebSockets that do not come to be: what follows on such a connection is for nobody (CVE-2021-37147 and its kind).

use crate::support::{HANDSHAKE, TestApp, Upstream, echoing, ok, switching, until};
use serde_json::json;

const SMUGGLED: &str = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";

#[actix_rt::test]
async fn bytes_after_a_refused_upgrade_reach_nobody() {
    for (answer, status) in [
        ("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", 403),
        ("HTTP/1.1 200 OK\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 2\r\n\r\nno", 200),
        (
            "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 7\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n",
            426,
        ),
        ("HTTP/1.1 204 No Content\r\n\r\n", 204),
        ("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nSec-WebSocket-Accept: x\r\n\r\n", 502),
        ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\n", 502),
        ("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", 502),
        ("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n", 502),
        (
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\nContent-Length: 2\r\n\r\nno",
            502,
        ),
        ("nonsense\r\n\r\n", 502),
        ("", 502),
    ] {
        let upstream = Upstream::answering_once(answer).await;
        let app = TestApp::with_routes(json!([{"path": "/**", "plugins": [switching(&upstream)]}])).await;
        let mut client = app.connect().await;
        client.send(format!("{HANDSHAKE}\r\n{SMUGGLED}")).await;
        let reply = client.reply(false).await.unwrap();
        assert_eq!((reply.status, reply.header("connection")), (status, Some("close")), "{answer}");
        if status < 500 && status != 204 {
            assert_eq!(reply.text(), "no", "{answer}");
        }
        assert!(client.is_closed().await, "{answer}");
        until("the upstream is closed", || upstream.ended.get() == 1).await;
        assert_eq!(upstream.requests(), 1, "{answer}");
        app.counts("gateway_event_streams 0").await;
    }
}

#[actix_rt::test]
async fn an_invalid_handshake_reaches_no_upstream() {
    let (upstream, _) = echoing().await;
    let app = TestApp::with_routes(json!([{"path": "/**", "plugins": [switching(&upstream)]}])).await;
    let without = |line: &str| HANDSHAKE.lines().filter(|l| !l.starts_with(line)).map(|l| format!("{l}\r\n")).collect::<String>();
    for (why, handshake) in [
        ("another method", HANDSHAKE.replace("GET", "POST")),
        ("an old version of HTTP", HANDSHAKE.replace("HTTP/1.1", "HTTP/1.0")),
        ("no key", without("Sec-WebSocket-Key")),
        ("a short key", HANDSHAKE.replace("dGhlIHNhbXBsZSBub25jZQ==", "dGhl")),
        ("a key that is none", HANDSHAKE.replace("dGhl", "d\"hl")),
        ("two keys", format!("{HANDSHAKE}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")),
        ("no version", without("Sec-WebSocket-Version")),
        ("another version", HANDSHAKE.replace("13", "8")),
        ("Connection without it", HANDSHAKE.replace("keep-alive, Upgrade", "keep-alive")),
        ("a key that belongs to the connection", HANDSHAKE.replace("keep-alive", "Sec-WebSocket-Key")),
        ("two protocols", format!("{HANDSHAKE}Upgrade: h2c\r\n")),
        ("a body", format!("{HANDSHAKE}Content-Length: {}\r\n", SMUGGLED.len())),
        ("chunks", format!("{HANDSHAKE}Transfer-Encoding: chunked\r\n")),
    ] {
        let mut client = app.connect().await;
        client.send(format!("{handshake}\r\n{SMUGGLED}")).await;
        let reply = client.reply(false).await.unwrap();
        assert_eq!((reply.status, reply.code().as_str()), (400, "websocket-malformed"), "{why}");
        assert!(client.is_closed().await, "{why}");
    }
    assert_eq!(upstream.requests(), 0);
}

#[actix_rt::test]
async fn a_route_that_does_not_let_it_answers_and_closes() {
    let upstream = Upstream::answering(ok("hello")).await;
    let app = TestApp::with_routes(json!([
        {"path": "/ws", "plugins": [{"plugin": "proxy", "settings": {"target": upstream.url()}}]},
        {"path": "/text", "plugins": [{"plugin": "respond", "settings": {"body": "text"}}]},
    ]))
    .await;
    for (path, status) in [("/ws", 400), ("/text", 200), ("/health/live", 200), ("/nowhere", 404)] {
        let mut client = app.connect().await;
        client.send(format!("{}\r\n{SMUGGLED}", HANDSHAKE.replace("/ws", path))).await;
        let reply = client.reply(false).await.unwrap();
        assert_eq!((reply.status, reply.header("connection")), (status, Some("close")), "{path}");
        assert!(client.is_closed().await, "{path}");
    }
    assert_eq!(upstream.requests(), 0);
}
