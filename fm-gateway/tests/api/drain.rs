//! Taking leave: nobody loses a request.

use crate::support::{TestApp, Upstream, soon, until};
use serde_json::json;
use std::{
    rc::Rc,
    time::{Duration, Instant},
};
use tokio::sync::Notify;

fn hello() -> serde_json::Value {
    json!([{"path": "/**", "plugins": [{"plugin": "respond", "settings": {"body": "hello"}}]}])
}

#[actix_rt::test]
async fn a_draining_gateway_keeps_serving_and_closes_its_connections() {
    let app = TestApp::with(hello(), |settings, _| settings.drain = Duration::from_secs(1)).await;
    let mut idle = app.connect().await;
    assert_eq!(idle.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await.header("connection"), None);
    let asked = Instant::now();
    app.stop();
    until("it leaves the registry", || app.services().instances("fm-gateway").is_empty()).await;
    let mut served = 0;
    while asked.elapsed() < Duration::from_millis(900) {
        let mut client = app.connect().await;
        let reply = client.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
        assert_eq!((reply.status, reply.header("connection")), (200, Some("close")));
        assert!(client.is_closed().await);
        served += 1;
        if served == 1 {
            let reply = idle.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
            assert_eq!((reply.status, reply.header("connection")), (200, Some("close")));
            let health = app.get("/health/ready").await;
            assert_eq!(health.status, 503, "a balancer in front must see it");
        }
    }
    app.stopped().await;
    assert!(asked.elapsed() >= Duration::from_secs(1) && served > 10);
    assert!(tokio::net::TcpStream::connect(app.address).await.is_err());
}

#[actix_rt::test]
async fn a_response_in_progress_is_completed_during_a_drain() {
    let go = Rc::new(Notify::new());
    let late = go.clone();
    let upstream = Upstream::start(move |mut connection| {
        let late = late.clone();
        async move {
            connection.request().await;
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 200004\r\n\r\nhalf").await;
            late.notified().await;
            connection.write("x".repeat(200_000)).await;
        }
    })
    .await;
    let app = TestApp::in_front_of(&upstream).await;
    let mut client = app.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    until("the request is under way", || upstream.requests() == 1).await;
    app.stop();
    until("it leaves the registry", || app.services().instances("fm-gateway").is_empty()).await;
    go.notify_one();
    let reply = soon(client.reply(false)).await.unwrap();
    assert_eq!((reply.status, reply.complete, reply.body.len()), (200, true, 200_004));
    app.stopped().await;
}

#[actix_rt::test]
async fn event_streams_end_so_that_their_clients_go_elsewhere() {
    let upstream = Upstream::start(|mut connection| async move {
        connection.request().await;
        connection
            .write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n8\r\ndata: 1\n\r\n")
            .await;
        connection.closed().await;
    })
    .await;
    let app = TestApp::in_front_of(&upstream).await;
    let mut client = app.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    client.head().await;
    assert_eq!(client.chunk().await.unwrap(), b"data: 1\n");
    let asked = Instant::now();
    app.stop();
    assert_eq!(client.chunk().await.unwrap(), b"", "a clean end, not a broken one");
    app.stopped().await;
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    assert_eq!(upstream.ended.get(), 1);
}

#[actix_rt::test]
async fn idle_connections_do_not_delay_a_drain() {
    let app = TestApp::with_routes(hello()).await;
    let mut idle = app.connect().await;
    assert_eq!(idle.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await.status, 200);
    let asked = Instant::now();
    app.stop();
    app.stopped().await;
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    assert!(idle.is_closed().await);
}
