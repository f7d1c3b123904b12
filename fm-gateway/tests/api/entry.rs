//! What is let in and what is not; what services get to see.

use crate::support::{TestApp, Upstream, ok, soon};
use serde_json::json;
use std::time::Duration;

#[actix_rt::test]
async fn requests_that_servers_read_in_different_ways_are_refused_before_any_upstream() {
    let upstream = Upstream::answering(ok("")).await;
    let app = TestApp::in_front_of(&upstream).await;
    for (request, status) in [
        ("GET /a%2fb HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        ("GET /a%5Cb HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        ("GET /a%00 HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        ("GET /../etc HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        ("GET /%2e%2e/etc HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost:\r\n\r\n", 400),
        ("GET http://a.test/ HTTP/1.1\r\nHost: b.test\r\n\r\n", 400),
        ("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        ("TRACE / HTTP/1.1\r\nHost: h\r\n\r\n", 405),
        ("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", 405),
        ("GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
        ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +1\r\n\r\na", 400),
        ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n", 400),
    ] {
        assert_eq!(app.send(request).await.status, status, "{request:?}");
    }
    assert_eq!(upstream.requests(), 0);
}

#[actix_rt::test]
async fn bytes_smuggled_behind_a_request_are_never_a_second_one() {
    let upstream = Upstream::answering(ok("")).await;
    let app = TestApp::in_front_of(&upstream).await;
    let inner = "GET /secret HTTP/1.1\r\nHost: h\r\n\r\n";
    for outer in [
        format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n{inner}", inner.len()),
        format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0{}\r\n\r\n{inner}", inner.len()),
        format!("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{inner}\r\n0\r\n\r\n", inner.len()),
        format!("GET / HTTP/1.1\r\nHost: h\r\nConnection: content-length\r\nContent-Length: {}\r\n\r\n{inner}", inner.len()),
        format!(
            "GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade, http2-settings\r\nUpgrade: h2c\r\nContent-Length: {}\r\n\r\n{inner}",
            inner.len()
        ),
    ] {
        let before = upstream.requests();
        let reply = app.send(&outer).await;
        assert_eq!(reply.status, 200, "{outer:?}");
        assert_eq!(upstream.requests(), before + 1, "{outer:?}");
        let seen = upstream.last();
        assert!(!seen.starts_with("GET /secret"), "{seen}");
        assert!(!seen.to_lowercase().contains("upgrade: "), "{seen}");
    }
}

#[actix_rt::test]
async fn limits_of_the_head_are_kept() {
    let upstream = Upstream::answering(ok("")).await;
    let app = TestApp::in_front_of(&upstream).await;
    let many: String = (0..70).map(|n| format!("X-{n}: x\r\n")).collect();
    for (request, status, code) in [
        (format!("GET /{} HTTP/1.1\r\nHost: h\r\n\r\n", "x".repeat(8192)), 414, "uri-too-long"),
        (format!("GET / HTTP/1.1\r\nHost: h\r\nX: {}\r\n\r\n", "x".repeat(33_000)), 431, "head-too-large"),
        (format!("GET / HTTP/1.1\r\nHost: h\r\n{many}\r\n"), 431, "head-too-large"),
    ] {
        let reply = app.send(&request).await;
        assert_eq!((reply.status, reply.code().as_str()), (status, code));
    }
    assert_eq!(app.send(&format!("GET /{} HTTP/1.1\r\nHost: h\r\n\r\n", "x".repeat(8000))).await.status, 200);
    assert_eq!(upstream.requests(), 1);
}

#[actix_rt::test]
async fn a_slowly_sent_head_closes_its_connection_also_a_later_one() {
    let upstream = Upstream::answering(ok("")).await;
    let route = json!([{"path": "/**", "plugins": [{"plugin": "proxy", "settings": {"target": upstream.url()}}]}]);
    let app = TestApp::with(route, |_, own| own.head_time = Duration::from_secs(1)).await;
    // A connection without a request in progress is not bound by the limit on heads, which ends the others while it waits.
    let mut idle = app.connect().await;
    assert_eq!(idle.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await.status, 200);
    for first in ["", "GET / HTTP/1.1\r\nHost: h\r\n\r\n"] {
        let mut client = app.connect().await;
        if !first.is_empty() {
            assert_eq!(client.ask(first).await.status, 200);
        }
        client.send("GET / HTTP/1.1\r\nHo").await;
        let end = soon(client.reply(false)).await;
        assert!(end.is_none_or(|reply| reply.status == 408));
    }
    assert_eq!(idle.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await.status, 200);
}

#[actix_rt::test]
async fn a_client_that_takes_nothing_of_its_answer_loses_it() {
    let upstream = Upstream::start(|mut connection| async move {
        connection.request().await;
        connection.write("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n").await;
        let piece = vec![b'x'; 1 << 16];
        while tokio::io::AsyncWriteExt::write_all(&mut connection.io, &piece).await.is_ok() {}
    })
    .await;
    let route = json!([{"path": "/**", "plugins": [{"plugin": "proxy", "settings": {"target": upstream.url()}}]}]);
    let app = TestApp::with(route, |_, own| own.stall = Duration::from_millis(300)).await;
    let mut client = app.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    client.head().await;
    crate::support::until("the upstream is released", || upstream.ended.get() == 1).await;
}

#[actix_rt::test]
async fn services_see_the_normal_path_and_the_gateways_own_headers() {
    let upstream = Upstream::answering(ok("")).await;
    let app = TestApp::in_front_of(&upstream).await;
    let request = "GET /a/./b//%63?q=%2F HTTP/1.1\r\nHost: Market.test:80\r\nConnection: close, X-Mine, X-Forwarded-For\r\nX-Mine: 1\r\nTE: trailers\r\n\
        Proxy-Authorization: x\r\nExpect: nothing\r\nForwarded: for=6.6.6.6\r\nX-Real-IP: 6.6.6.6\r\nX-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Host: evil\r\n\
        X-Forwarded-Prefix: /evil\r\nX-HTTP-Method-Override: DELETE\r\nCookie: a=b\r\nAccept: x\r\nAccept: y\r\n\
        traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n\r\n";
    let reply = app.send(request).await;
    assert_eq!(reply.header("x-trace-id"), Some("4bf92f3577b34da6a3ce929d0e0e4736"));
    let seen = upstream.last();
    assert!(seen.starts_with("GET /a/b/c?q=%2F HTTP/1.1\r\nhost: market.test\r\n"), "{seen}");
    for line in [
        "x-forwarded-for: 127.0.0.1",
        "x-forwarded-proto: http",
        "x-forwarded-host: market.test\r\n",
        "cookie: a=b",
        "accept: x",
        "accept: y",
        "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-",
        "x-request-id: 4bf92f3577b34da6a3ce929d0e0e4736",
    ] {
        assert!(seen.contains(&format!("\r\n{line}")), "{line} is not in\n{seen}");
    }
    for name in ["x-mine", "6.6.6.6", "evil", "\nte:", "connection", "proxy-auth", "expect", "override", "00f067aa0ba902b7"] {
        assert!(!seen.contains(name), "{name} is in\n{seen}");
    }
}

#[actix_rt::test]
async fn forwarded_addresses_count_only_from_trusted_networks() {
    let upstream = Upstream::answering(ok("")).await;
    let route = json!([{"path": "/**", "plugins": [{"plugin": "proxy", "settings": {"target": upstream.url()}}]}]);
    let app =
        TestApp::with(route, |settings, _| settings.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap(), "10.0.0.0/8".parse().unwrap()])
            .await;
    app.send("GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 6.6.6.6, 1.2.3.4, 10.1.1.1\r\nX-Forwarded-Proto: https\r\n\r\n").await;
    let seen = upstream.last();
    assert!(seen.contains("x-forwarded-for: 1.2.3.4, 10.1.1.1, 127.0.0.1\r\nx-forwarded-proto: https\r\n"), "{seen}");
}

#[actix_rt::test]
async fn a_body_that_was_announced_with_expect_is_asked_for() {
    let upstream = Upstream::answering(ok("got it")).await;
    let app = TestApp::in_front_of(&upstream).await;
    let mut client = app.connect().await;
    client.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n").await;
    assert!(client.head().await.starts_with("http/1.1 100"));
    client.send("body").await;
    assert_eq!(client.reply(false).await.unwrap().text(), "got it");
    assert!(!upstream.last().contains("expect"));
}
