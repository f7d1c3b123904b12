//! Bodies in both directions are handed on piece by piece.

use crate::support::{TestApp, Upstream, ok, soon, until};
use serde_json::json;
use std::{cell::Cell, rc::Rc, time::Duration};
use tokio::{io::AsyncReadExt, sync::Notify};

#[actix_rt::test]
async fn each_event_of_a_stream_arrives_before_the_next_one_is_written() {
    let next = Rc::new(Notify::new());
    let go = next.clone();
    let upstream = Upstream::start(move |mut connection| {
        let go = go.clone();
        async move {
            connection.request().await;
            connection.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n").await;
            for n in 0..3 {
                connection.write(format!("8\r\ndata: {n}\n\r\n")).await;
                go.notified().await;
            }
            connection.write("0\r\n\r\n").await;
        }
    })
    .await;
    let app = TestApp::in_front_of(&upstream).await;
    let mut client = app.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n\r\n").await;
    assert!(client.head().await.contains("text/event-stream"));
    for n in 0..3 {
        assert_eq!(client.chunk().await.unwrap(), format!("data: {n}\n").into_bytes());
        next.notify_one();
    }
    assert_eq!(client.chunk().await.unwrap(), b"");
}

#[actix_rt::test]
async fn a_body_goes_up_as_it_comes_chunked_or_with_its_length() {
    let upstream = Upstream::answering(ok("thanks")).await;
    let app = TestApp::in_front_of(&upstream).await;
    let reply = app.send("POST /up HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n").await;
    assert_eq!(reply.text(), "thanks");
    let seen = upstream.last();
    assert!(seen.to_lowercase().contains("transfer-encoding: chunked") && seen.contains("abc") && seen.contains("de"), "{seen}");
    app.send("POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcde").await;
    let seen = upstream.last();
    assert!(seen.contains("content-length: 5\r\n") && seen.ends_with("\r\n\r\nabcde"), "{seen}");
    app.send("POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n").await;
    assert!(upstream.last().contains("content-length: 0\r\n"));
    assert_eq!(upstream.opened.get(), 1);
}

#[actix_rt::test]
async fn a_slow_upstream_slows_the_client_down_instead_of_filling_memory() {
    let read_on = Rc::new(Notify::new());
    let go = read_on.clone();
    let upstream = Upstream::start(move |mut connection| {
        let go = go.clone();
        async move {
            connection.request_head().await;
            go.notified().await;
            connection.closed().await;
        }
    })
    .await;
    let route = json!([{"path": "/**", "max_body": 1_u64 << 40, "plugins": [{"plugin": "proxy", "settings": {"target": upstream.url()}}]}]);
    let app = TestApp::with_routes(route).await;
    let mut client = app.connect().await;
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1073741824\r\n\r\n").await;
    let piece = vec![0; 1 << 16];
    let mut sent = 0;
    while let Ok(written) = tokio::time::timeout(Duration::from_millis(500), tokio::io::AsyncWriteExt::write(&mut client.io, &piece)).await
    {
        sent += written.unwrap();
        assert!(sent < 64 << 20, "the gateway takes everything");
    }
    read_on.notify_one();
    assert!(soon(tokio::io::AsyncWriteExt::write(&mut client.io, &piece)).await.is_ok());
}

#[actix_rt::test]
async fn a_slow_client_slows_the_upstream_down_instead_of_filling_memory() {
    let written = Rc::new(Cell::new(0_usize));
    let count = written.clone();
    let upstream = Upstream::start(move |mut connection| {
        let count = count.clone();
        async move {
            connection.request().await;
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n").await;
            let piece = vec![b'x'; 1 << 16];
            while tokio::io::AsyncWriteExt::write_all(&mut connection.io, &piece).await.is_ok() {
                count.set(count.get() + piece.len());
            }
        }
    })
    .await;
    let app = TestApp::in_front_of(&upstream).await;
    let mut client = app.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    client.head().await;
    // Full: the upstream writes nothing more while the gateway answers a hundred other requests.
    let mut other = app.connect().await;
    let mut before = usize::MAX;
    while before != written.get() {
        before = written.get();
        for _ in 0..100 {
            other.ask("GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n").await;
        }
    }
    assert!(before < 64 << 20, "the gateway takes everything: {before}");
    let mut sink = vec![0; 1 << 20];
    for _ in 0..64 {
        soon(client.io.read(&mut sink)).await.unwrap();
    }
    until("the upstream writes on", || written.get() > before).await;
}

#[actix_rt::test]
async fn a_client_that_leaves_cancels_its_request_upstream() {
    for answered in [false, true] {
        let upstream = Upstream::start(move |mut connection| async move {
            connection.request().await;
            if answered {
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf").await;
            }
            connection.closed().await;
        })
        .await;
        let route = json!([{"path": "/**", "plugins": [{"plugin": "proxy", "settings": {"target": upstream.url()}}]}]);
        let app = TestApp::with_routes(route).await;
        let mut client = app.connect().await;
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx").await;
        until("the upstream works on it", || upstream.requests() == 1).await;
        if answered {
            client.head().await;
        }
        drop(client);
        until("the upstream is told", || upstream.ended.get() == 1).await;
    }
}

#[actix_rt::test]
async fn stalled_bodies_and_responses_time_out() {
    let times = json!({"head_timeout": "200ms", "idle_timeout": "200ms", "client_timeout": "200ms"});
    let silent = Upstream::start(|mut connection| async move {
        while let Some(head) = connection.request_head().await {
            if head.contains("/half") {
                connection.write(format!("HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n{}", "x".repeat(100_000))).await;
            }
        }
    })
    .await;
    let mut settings = times.clone();
    settings["target"] = json!(silent.url());
    let app = TestApp::with_routes(json!([{"path": "/**", "plugins": [{"plugin": "proxy", "settings": settings}]}])).await;

    let reply = app.get("/never").await;
    assert_eq!((reply.status, reply.code().as_str()), (504, "upstream-timeout"));
    let reply = app.get("/half").await;
    assert_eq!((reply.status, reply.complete), (200, false));
    let reply = app.send("POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf").await;
    assert_eq!((reply.status, reply.code().as_str()), (408, "body-too-slow"));
}

#[actix_rt::test]
async fn a_body_over_its_limit_is_refused_announced_or_not() {
    let upstream = Upstream::start(|mut connection| async move { while connection.request().await.is_some() {} }).await;
    let route = json!([{"path": "/**", "max_body": 10, "plugins": [{"plugin": "proxy", "settings": {"target": upstream.url()}}]}]);
    let app = TestApp::with_routes(route).await;
    let announced = app.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nhello world").await;
    assert_eq!((announced.status, announced.code().as_str()), (413, "too-large"));
    assert_eq!(upstream.opened.get(), 0);
    let chunked = app.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n0\r\n\r\n").await;
    assert_eq!((chunked.status, chunked.code().as_str()), (413, "too-large"));
}

#[actix_rt::test]
async fn a_long_answer_of_known_length_that_came_whole_is_not_counted_as_aborted() {
    let upstream = Upstream::answering(ok(&"x".repeat(300_000))).await;
    let app = TestApp::in_front_of(&upstream).await;
    let mut client = app.connect().await;
    for _ in 0..2 {
        let reply = client.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
        assert_eq!((reply.body.len(), reply.complete), (300_000, true));
    }
    app.counts("gateway_requests_total{route=\"route-0\",status=\"2xx\"} 2").await;
    app.counts("gateway_aborted_total{route=\"route-0\"} 0").await;
}
