//! Bodies that do not come to their end, and what comes behind a request that is the last one of its connection.

use crate::support::{Client, TestApp, Upstream, ok, soon, until};
use serde_json::json;
use std::time::{Duration, Instant};

const GET: &str = "GET /robots.txt HTTP/1.1\r\nHost: h\r\n\r\n";

/// Two routes, one of which never reads a body.
async fn app(upstream: &Upstream) -> TestApp {
    let routes = json!([
        {"path": "/**", "plugins": [{"plugin": "proxy", "settings": {"target": upstream.url(), "client_timeout": "500ms"}}]},
        {"path": "/text", "plugins": [{"plugin": "respond"}]},
    ]);
    TestApp::with(routes, |_, own| own.rest_time = Duration::from_millis(400)).await
}

async fn is_closed_soon(client: &mut Client, case: &str) {
    let waited = Instant::now();
    let mut rest = Vec::new();
    while client.more().await {
        rest.append(&mut client.input);
    }
    assert_eq!(String::from_utf8_lossy(&rest), "", "{case:?}: nothing comes behind the answer");
    assert!(waited.elapsed() < Duration::from_secs(5), "{case:?}: {:?}", waited.elapsed());
}

#[actix_rt::test]
async fn an_unfinished_body_in_chunks_costs_its_connection_once_it_is_answered() {
    let upstream = Upstream::answering(ok("")).await;
    let app = app(&upstream).await;
    for path in ["/text", "/health/live", "/health/nowhere"] {
        for body in
            ["", "5", "5\r\n", "5\r\nhel", "5\r\nhello", "5\r\nhello\r\n", "0\r\n", "0\r\n\n", "0\r\nA: b", "0\r\nA: b\r\n", "x", "0\n\n"]
        {
            let mut client = app.connect().await;
            client.send(format!("POST {path} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n{body}")).await;
            let reply = client.reply(false).await.unwrap_or_else(|| panic!("{path} {body:?}: no answer"));
            assert!(matches!(reply.status, 200 | 400 | 404 | 405), "{path} {body:?}: {}", reply.status);
            // What comes behind it is never taken for a request; behind the last chunk it would be a trailer.
            if !body.starts_with("0\r\n") {
                let _ = tokio::io::AsyncWriteExt::write_all(&mut client.io, GET.as_bytes()).await;
            }
            is_closed_soon(&mut client, &format!("{path} {body:?}")).await;
        }
    }
    assert_eq!(upstream.requests(), 0);
}

#[actix_rt::test]
async fn an_unfinished_body_that_an_upstream_waits_for_is_refused_and_costs_its_connection() {
    let upstream = Upstream::start(|mut connection| async move { connection.closed().await }).await;
    let app = app(&upstream).await;
    for (framing, body) in [
        ("Transfer-Encoding: chunked", "5\r\nhel"),
        ("Transfer-Encoding: chunked", ""),
        ("Content-Length: 10", "hel"),
        ("Content-Length: 10", ""),
    ] {
        let mut client = app.connect().await;
        client.send(format!("POST /up HTTP/1.1\r\nHost: h\r\n{framing}\r\n\r\n{body}")).await;
        let reply = client.reply(false).await.unwrap();
        assert_eq!((reply.status, reply.code().as_str()), (408, "body-too-slow"), "{framing} {body:?}");
        is_closed_soon(&mut client, &format!("{framing} {body:?}")).await;
    }
}

#[actix_rt::test]
async fn a_body_with_a_length_that_never_comes_costs_its_connection() {
    let upstream = Upstream::answering(ok("")).await;
    let app = app(&upstream).await;
    for (path, body) in [("/text", ""), ("/text", "hel"), ("/health/live", "")] {
        let mut client = app.connect().await;
        client.send(format!("POST {path} HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n{body}")).await;
        assert!(client.reply(false).await.is_some(), "{path} {body:?}");
        is_closed_soon(&mut client, &format!("{path} {body:?}")).await;
    }
}

#[actix_rt::test]
async fn the_rest_of_a_body_may_come_late_and_the_next_request_is_served() {
    let upstream = Upstream::answering(ok("served")).await;
    let app = app(&upstream).await;
    let mut client = app.connect().await;
    client.send("POST /text HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel").await;
    assert_eq!(client.reply(false).await.unwrap().status, 200);
    client.send(format!("lo\r\n0\r\nA: b\r\n\r\n{GET}")).await;
    assert_eq!(client.reply(false).await.unwrap().text(), "served");
}

#[actix_rt::test]
async fn a_client_that_writes_its_whole_body_first_gets_the_early_answer() {
    let upstream = Upstream::answering(ok("served")).await;
    let app = app(&upstream).await;
    let mut client = app.connect().await;
    client.send(format!("POST /text HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n", 8 << 20)).await;
    client.send(vec![b'x'; 8 << 20]).await;
    assert_eq!(client.reply(false).await.unwrap().code(), "too-large");
}

#[actix_rt::test]
async fn a_body_without_an_end_is_not_read_for_ever() {
    let upstream = Upstream::answering(ok("")).await;
    let app =
        TestApp::with(json!([{"path": "/text", "plugins": [{"plugin": "respond"}]}]), |_, own| own.rest_time = Duration::from_secs(600))
            .await;
    let mut client = app.connect().await;
    client.send("POST /text HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n").await;
    assert_eq!(client.reply(false).await.unwrap().status, 200);
    let piece = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    let mut sent = 0;
    soon(async {
        while tokio::io::AsyncWriteExt::write_all(&mut client.io, piece.as_bytes()).await.is_ok() {
            sent += piece.len();
            assert!(sent < 64 << 20, "all of it is read");
        }
    })
    .await;
    assert_eq!(upstream.requests(), 0);
}

#[actix_rt::test]
async fn nothing_is_served_behind_a_request_that_ends_its_connection() {
    let upstream = Upstream::answering(ok("first")).await;
    let app = app(&upstream).await;
    let close = [
        "Connection: close",
        "connection: Close",
        "Connection: keep-alive, close",
        "Connection: close, x-a",
        "Connection: x-a\r\nConnection: close",
    ];
    let requests = close.iter().flat_map(|close| {
        [
            format!("GET /1 HTTP/1.1\r\nHost: h\r\n{close}\r\n\r\n"),
            format!("POST /1 HTTP/1.1\r\nHost: h\r\n{close}\r\nContent-Length: 2\r\n\r\nab"),
            format!("POST /1 HTTP/1.1\r\nHost: h\r\n{close}\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"),
        ]
    });
    for request in requests.chain(["GET /1 HTTP/1.0\r\nHost: h\r\n\r\n".into()]) {
        for together in [true, false] {
            let before = upstream.requests();
            let mut client = app.connect().await;
            client.send(if together { format!("{request}{GET}") } else { request.clone() }).await;
            let reply = client.reply(false).await.unwrap();
            assert_eq!((reply.status, reply.text().as_str()), (200, "first"), "{request:?}");
            assert_eq!(reply.header("connection"), Some("close").filter(|_| !request.contains("HTTP/1.0")), "{request:?}: {}", reply.head);
            is_closed_soon(&mut client, &request).await;
            assert_eq!(upstream.requests(), before + 1, "{request:?}");
        }
    }
}

#[actix_rt::test]
async fn nothing_is_served_behind_an_answer_that_ends_its_connection() {
    let upstream = Upstream::answering(ok("")).await;
    let app = app(&upstream).await;
    for request in [
        "POST /health/live HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /health/live HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /up HTTP/1.1\r\nHost: h\r\nContent-Length: 2000000\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        "TRACE / HTTP/1.1\r\nHost: h\r\n\r\n",
    ] {
        let mut client = app.connect().await;
        client.send(format!("{request}{GET}")).await;
        assert!(client.reply(false).await.is_some(), "{request:?}");
        is_closed_soon(&mut client, request).await;
    }
    assert_eq!(upstream.requests(), 0);
}

#[actix_rt::test]
async fn a_broken_body_fails_its_request_and_not_the_next_ones() {
    let upstream = Upstream::start(|mut connection| async move { connection.closed().await }).await;
    let app = app(&upstream).await;
    for body in ["x\r\n", "2\r\nabc\r\n0\r\n\r\n", "0\r\n\n", "0\n\n"] {
        let mut client = app.connect().await;
        client.send(format!("POST /up HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n{body}{GET}")).await;
        let reply = client.reply(false).await.unwrap();
        assert_eq!((reply.status, reply.code().as_str()), (400, "body-broken"), "{body:?}");
        is_closed_soon(&mut client, body).await;
        until("the upstream is told", || upstream.ended.get() == upstream.opened.get()).await;
    }
}
