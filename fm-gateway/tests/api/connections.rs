//! Connections of clients: how long they may wait, how many one client may have.

use crate::support::{Client, Encrypted, TestApp, Upstream, ok, soon, until};
use serde_json::{Value, json};
use std::{
    cell::Cell,
    rc::Rc,
    time::{Duration, Instant},
};

const GET: &str = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

fn all_to(upstream: &Upstream) -> Value {
    json!([{"path": "/**", "plugins": [{"plugin": "proxy", "settings": {"target": upstream.url()}}]}])
}

async fn metrics(app: &TestApp) -> String {
    Client::connect(app.admin).await.ask("GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n").await.text()
}

#[actix_rt::test]
async fn an_idle_connection_is_closed_at_its_limit_whatever_came_before() {
    let upstream = Upstream::answering(ok("")).await;
    let limit = Duration::from_millis(600);
    let app = TestApp::with(all_to(&upstream), |_, own| {
        (own.head_time, own.keep_alive) = (Duration::from_secs(2), limit);
        // Shorter than the limit, so that the connection is looked at in between.
        own.stall = limit / 4;
    })
    .await;
    for before in [0, 1, 5] {
        let mut client = app.connect().await;
        for _ in 0..before {
            assert_eq!(client.ask(GET).await.status, 200);
        }
        let idle = Instant::now();
        let end = client.reply(false).await;
        assert!(end.is_none_or(|reply| reply.status == 408 && before == 0));
        let idle = idle.elapsed();
        assert!(idle < Duration::from_secs(5), "after {before} requests it was open for {idle:?}");
        assert!(before == 0 || idle >= limit - Duration::from_millis(50), "after {before} requests it was closed after {idle:?}");
    }
}

#[actix_rt::test]
async fn a_request_within_the_limit_begins_it_anew() {
    let upstream = Upstream::answering(ok("")).await;
    let app = TestApp::with(all_to(&upstream), |_, own| own.keep_alive = Duration::from_millis(700)).await;
    let mut client = app.connect().await;
    for _ in 0..5 {
        assert_eq!(client.ask(GET).await.status, 200);
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

#[actix_rt::test]
async fn empty_lines_do_not_keep_an_idle_connection_open() {
    let upstream = Upstream::answering(ok("")).await;
    let app = TestApp::with(all_to(&upstream), |_, own| own.head_time = Duration::from_millis(300)).await;
    let mut client = app.connect().await;
    assert_eq!(client.ask(GET).await.status, 200);
    let begun = Instant::now();
    while tokio::io::AsyncWriteExt::write_all(&mut client.io, b"\r\n").await.is_ok() {
        assert!(begun.elapsed() < Duration::from_secs(5));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[actix_rt::test]
async fn a_client_that_sends_no_more_and_takes_nothing_loses_its_answer() {
    let sent = Rc::new(Cell::new(0));
    let counted = sent.clone();
    let upstream = Upstream::start(move |mut connection| {
        let counted = counted.clone();
        async move {
            connection.request().await;
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n").await;
            let piece = vec![b'x'; 1 << 16];
            while tokio::io::AsyncWriteExt::write_all(&mut connection.io, &piece).await.is_ok() {
                counted.set(counted.get() + piece.len());
            }
        }
    })
    .await;
    let app = TestApp::with(all_to(&upstream), |_, own| own.stall = Duration::from_millis(300)).await;
    let mut client = app.connect().await;
    client.send(GET).await;
    client.head().await;
    until("the answer is on its way", || sent.get() > 0).await;
    tokio::io::AsyncWriteExt::shutdown(&mut client.io).await.unwrap();
    until("the upstream is released", || upstream.ended.get() == 1).await;
    soon(async { while !metrics(&app).await.contains("gateway_connections 0\n") {} }).await;
}

#[actix_rt::test]
async fn connections_are_limited_per_address() {
    let upstream = Upstream::answering(ok("")).await;
    let app = TestApp::with(all_to(&upstream), |_, own| own.connections_per_address = 3).await;
    let mut clients = Vec::new();
    for _ in 0..3 {
        let mut client = app.connect().await;
        assert_eq!(client.ask(GET).await.status, 200);
        clients.push(client);
    }
    assert!(metrics(&app).await.contains("gateway_connections 3\n"));
    let mut fourth = app.connect().await;
    let reply = fourth.ask(GET).await;
    assert_eq!((reply.status, reply.code().as_str(), reply.header("retry-after")), (429, "too-many-connections", Some("1")));
    assert_eq!(reply.header("connection"), Some("close"));
    assert!(fourth.is_closed().await);
    assert_eq!(upstream.requests(), 3);
    assert!(metrics(&app).await.contains("gateway_refused_total{code=\"too-many-connections\"} 1\n"));
    assert_eq!(clients[0].ask(GET).await.status, 200, "those that it has go on");
    clients.pop();
    soon(async { while app.get("/").await.status != 200 {} }).await;
}

#[actix_rt::test]
async fn connections_beyond_the_limit_are_not_kept_waiting() {
    let upstream = Upstream::answering(ok("")).await;
    let app = TestApp::with(all_to(&upstream), |_, own| own.connections_per_address = 1).await;
    let mut first = app.connect().await;
    assert_eq!(first.ask(GET).await.status, 200);
    let mut others = Vec::new();
    for _ in 0..40 {
        others.push(app.connect().await);
    }
    let begun = Instant::now();
    for other in &mut others {
        while other.more().await {}
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert_eq!(first.ask(GET).await.status, 200);
}

#[actix_rt::test]
async fn a_trusted_proxy_has_any_number_of_connections() {
    let upstream = Upstream::answering(ok("")).await;
    let app = TestApp::with(all_to(&upstream), |settings, own| {
        settings.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
        own.connections_per_address = 1;
    })
    .await;
    let mut clients = Vec::new();
    for _ in 0..10 {
        let mut client = app.connect().await;
        assert_eq!(client.ask(GET).await.status, 200);
        clients.push(client);
    }
}

#[actix_rt::test]
async fn event_streams_are_limited_per_client_also_behind_a_proxy() {
    let upstream = Upstream::start(|mut connection| async move {
        connection.request().await;
        connection.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n:\n\n\r\n").await;
        connection.closed().await;
    })
    .await;
    let app = TestApp::with(all_to(&upstream), |settings, own| {
        settings.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
        own.streams_per_address = 2;
    })
    .await;
    let request = |address: &str| format!("GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: {address}\r\n\r\n");
    let mut streams = Vec::new();
    for _ in 0..2 {
        let mut client = app.connect().await;
        client.send(request("9.9.9.9")).await;
        assert!(client.head().await.starts_with("http/1.1 200"));
        streams.push(client);
    }
    assert!(metrics(&app).await.contains("gateway_event_streams 2\n"));
    let refused = app.send(&request("9.9.9.9")).await;
    assert_eq!((refused.status, refused.code().as_str(), refused.header("retry-after")), (429, "too-many-streams", Some("1")));
    until("its upstream is released", || upstream.ended.get() == 1).await;
    let mut other = app.connect().await;
    other.send(request("8.8.8.8")).await;
    assert!(other.head().await.starts_with("http/1.1 200"), "somebody else's are their own");
    streams.pop();
    soon(async {
        loop {
            let mut client = app.connect().await;
            client.send(request("9.9.9.9")).await;
            if client.head().await.starts_with("http/1.1 200") {
                return;
            }
        }
    })
    .await;
}

#[actix_rt::test]
async fn a_connection_that_was_idle_for_long_goes_on_wherever_its_next_request_was_cut() {
    let upstream = Upstream::answering(ok("")).await;
    let short = Duration::from_millis(200);
    let served = Encrypted::with(all_to(&upstream), |own, _, _| own.stall = short).await;
    for begun in ["", "G", "GET / HTTP/1.1\r\nHo", GET.trim_end()] {
        let (mut clear, mut encrypted) = (served.app.connect().await, served.connect().await);
        let request = format!("{GET}{begun}");
        assert_eq!((clear.ask(&request).await.status, encrypted.ask(&request).await.status), (200, 200));
        // Long enough for it to give up its buffers.
        tokio::time::sleep(Duration::from_secs(1) + 3 * short).await;
        let rest = GET.strip_prefix(begun).unwrap();
        assert_eq!((clear.ask(rest).await.status, encrypted.ask(rest).await.status), (200, 200), "{begun:?}");
    }
    let (mut clear, mut encrypted) = (served.app.connect().await, served.connect().await);
    assert_eq!((clear.ask(GET).await.status, encrypted.ask(GET).await.status), (200, 200));
    tokio::time::sleep(Duration::from_secs(1) + 3 * short).await;
    served.app.stop();
    assert!(clear.is_closed().await && encrypted.is_closed().await);
}
