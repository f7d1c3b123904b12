//! How far a request has come, and how far it may go.

use crate::support::{Client, TestApp, Upstream, ok, soon};
use serde_json::json;
use std::time::{Duration, Instant};

#[actix_rt::test]
async fn a_gateway_that_is_its_own_upstream_asks_itself_once() {
    let app = TestApp::with_routes(json!([{"path": "/text", "plugins": [{"plugin": "respond"}]}])).await;
    let to_itself = json!({"plugin": "proxy", "settings": {"target": format!("http://{}", app.address)}});
    app.publish(json!([{"id": "loop", "path": "/**", "plugins": [to_itself]}])).await;
    for preserved in ["", "Via: 1.1 somebody\r\n"] {
        let reply = soon(app.send(&format!("GET / HTTP/1.1\r\nHost: h\r\n{preserved}\r\n"))).await;
        assert_eq!((reply.status, reply.code().as_str()), (508, "loop-detected"));
    }
    let metrics = Client::connect(app.admin).await.ask("GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n").await.text();
    assert!(metrics.contains("gateway_refused_total{code=\"loop-detected\"} 2\n"), "{metrics}");
    assert!(metrics.contains("gateway_requests_total{route=\"loop\",status=\"5xx\"} 2\n"), "{metrics}");
}

#[actix_rt::test]
async fn the_gateway_adds_itself_to_via_and_counts_down_max_forwards() {
    let upstream = Upstream::answering(ok("")).await;
    let app = TestApp::in_front_of(&upstream).await;
    app.send("OPTIONS / HTTP/1.1\r\nHost: h\r\nMax-Forwards: 7\r\nVia: 1.0 a, 1.1 b\r\nVia: 1.1 c\r\n\r\n").await;
    let seen = upstream.last();
    assert!(seen.contains("\r\nvia: 1.0 a, 1.1 b, 1.1 c, 1.1 fm-gateway-"), "{seen}");
    assert!(seen.contains("\r\nmax-forwards: 6\r\n"), "{seen}");
    app.send("GET / HTTP/1.0\r\nHost: h\r\nMax-Forwards: 7\r\n\r\n").await;
    let seen = upstream.last();
    assert!(seen.contains("\r\nvia: 1.0 fm-gateway-") && seen.contains("\r\nmax-forwards: 7\r\n"), "{seen}");
}

#[actix_rt::test]
async fn an_options_that_goes_no_further_names_the_methods() {
    let upstream = Upstream::answering(ok("")).await;
    let proxy = json!([{"plugin": "proxy", "settings": {"target": upstream.url()}}]);
    let app = TestApp::with_routes(json!([
        {"path": "/cars", "methods": ["GET", "OPTIONS"], "plugins": proxy},
        {"path": "/cars", "methods": ["POST"], "plugins": proxy},
    ]))
    .await;
    let reply = app.send("OPTIONS /cars HTTP/1.1\r\nHost: h\r\nMax-Forwards: 0\r\n\r\n").await;
    assert_eq!((reply.status, reply.header("allow")), (204, Some("get, head, post, options")));
    assert_eq!(upstream.requests(), 0);
}

#[actix_rt::test]
async fn a_request_with_constant_progress_ends_at_its_time_limit() {
    let upstream = Upstream::start(|mut connection| async move {
        let head = connection.request_head().await.unwrap_or_default();
        let (lead, drop) = if head.contains("/head") {
            ("HTTP/1.1 200 OK\r\n", "X: a\r\n")
        } else {
            ("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", "x")
        };
        connection.write(lead).await;
        loop {
            tokio::time::sleep(Duration::from_millis(50)).await;
            if tokio::io::AsyncWriteExt::write_all(&mut connection.io, drop.as_bytes()).await.is_err() {
                return;
            }
        }
    })
    .await;
    let settings = json!({"target": upstream.url(), "request_timeout": "500ms", "hedge_after": "0s"});
    let app = TestApp::with_routes(json!([{"path": "/**", "plugins": [{"plugin": "proxy", "settings": settings}]}])).await;
    for (request, status, complete) in [
        ("GET /head HTTP/1.1\r\nHost: h\r\n\r\n", 504, true),
        ("GET /body HTTP/1.1\r\nHost: h\r\n\r\n", 200, false),
        ("POST /body HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", 200, false),
    ] {
        let asked = Instant::now();
        let reply = app.send(request).await;
        assert_eq!((reply.status, reply.complete), (status, complete), "{request}");
        assert!(asked.elapsed() < Duration::from_secs(5), "{request}: {:?}", asked.elapsed());
    }
}

#[actix_rt::test]
async fn a_head_that_the_parser_refuses_is_a_problem_and_counted_by_cause() {
    let upstream = Upstream::answering(ok("")).await;
    let app = TestApp::in_front_of(&upstream).await;
    for (request, status, code) in [
        ("GET / HTTP/1.1\r\nHost: h\r\nA b\r\n\r\n".to_owned(), 400, "request-malformed"),
        ("GET / HTTP/3.0\r\nHost: h\r\n\r\n".to_owned(), 400, "request-malformed"),
        (format!("GET / HTTP/1.1\r\nHost: h\r\n{}: a\r\n\r\n", "a".repeat(65_536)), 431, "head-too-large"),
        (format!("GET /{} HTTP/1.1\r\nHost: h\r\n\r\n", "a".repeat(70_000)), 414, "uri-too-long"),
    ] {
        let reply = app.send(&request).await;
        assert_eq!((reply.status, reply.code().as_str(), reply.header("connection")), (status, code, Some("close")));
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    }
    let metrics = Client::connect(app.admin).await.ask("GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n").await.text();
    for (code, count) in [("request-malformed", 2), ("head-too-large", 1), ("uri-too-long", 1)] {
        assert!(metrics.contains(&format!("gateway_refused_total{{code=\"{code}\"}} {count}\n")), "{code}: {metrics}");
    }
    assert_eq!(upstream.requests(), 0);
}
