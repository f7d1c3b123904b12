//! How HTTP/2 connections end: by a drain, by idleness, by gateways that follow each other.

use crate::support::{Encrypted, Frames, Upstream, frame, head, indexed, literal, ok, soon, to, until};
use http::StatusCode;
use std::{
    rc::Rc,
    time::{Duration, Instant},
};
use tokio::sync::Notify;

#[actix_rt::test]
async fn a_drain_sends_clients_away_and_loses_no_request() {
    let upstream = Upstream::answering(ok("hello")).await;
    let served = Encrypted::with(to(&upstream), |_, _, _| ()).await;
    let asked = Instant::now();
    let mut client = served.http2().await;
    assert_eq!(client.get("/").await.unwrap().status, StatusCode::OK);
    served.app.stop();
    until("it leaves the registry", || served.app.services().instances("fm-gateway").is_empty()).await;
    // Its drain is over at once here: what has been asked is answered, who waits is told to go.
    while let Ok(reply) = client.get("/").await {
        assert_eq!(reply.text(), "hello");
    }
    let ended = soon(&mut client.connection).await.unwrap();
    assert!(ended.is_ok(), "GOAWAY without an error: {ended:?}");
    served.app.stopped().await;
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
}

#[actix_rt::test]
async fn during_a_drain_each_connection_gets_its_first_responses_and_a_goaway() {
    let upstream = Upstream::answering(ok("hello")).await;
    let served = Encrypted::start_draining(to(&upstream), Duration::from_millis(900)).await;
    let mut old = served.http2().await;
    assert_eq!(old.get("/").await.unwrap().text(), "hello");
    let asked = Instant::now();
    served.app.stop();
    until("it leaves the registry", || served.app.services().instances("fm-gateway").is_empty()).await;
    assert!(soon(&mut old.connection).await.unwrap().is_ok(), "who waits is sent away at once");
    let mut connections = 0;
    while asked.elapsed() < Duration::from_millis(700) {
        let mut client = served.http2().await;
        let replies = futures::future::join_all((0..5).map(|_| client.get("/"))).await;
        assert!(replies.into_iter().all(|reply| reply.unwrap().text() == "hello"));
        assert!(soon(&mut client.connection).await.unwrap().is_ok());
        connections += 1;
    }
    assert!(connections > 5, "{connections}");
    served.app.stopped().await;
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
    let served = Encrypted::start(to(&upstream), |_, _, _| ()).await;
    let client = served.http2().await;
    let (reply, ()) = tokio::join!(client.get("/"), async {
        until("the request is under way", || upstream.requests() == 1).await;
        served.app.stop();
        until("it leaves the registry", || served.app.services().instances("fm-gateway").is_empty()).await;
        go.notify_one();
    });
    assert_eq!(reply.unwrap().body.len(), 200_004);
    served.app.stopped().await;
}

#[actix_rt::test]
async fn idle_connections_are_closed_by_a_drain() {
    let upstream = Upstream::answering(ok("hello")).await;
    let served = Encrypted::with(to(&upstream), |own, _, _| {
        own.keep_alive = Duration::from_millis(300);
        own.head_time = Duration::from_millis(300);
        own.rest_time = Duration::from_millis(100);
    })
    .await;
    let mut used = served.http2().await;
    assert_eq!(used.get("/").await.unwrap().text(), "hello");
    let mut unused = served.http2().await;
    assert!(soon(&mut used.connection).await.unwrap().is_ok(), "told to go");
    assert!(soon(&mut unused.connection).await.unwrap().is_ok());
    // One that does not even say hello, one whose head never ends, and one that does not go when it is told to.
    let silent = served.frames().await;
    let mut half = Frames::start(served.frames().await).await;
    half.send(&frame(1, 0, 1, &[indexed(), literal(":path", "/")].concat())).await;
    let mut stays = Frames::start(served.frames().await).await;
    stays.send(&head(1, &[literal(":path", "/"), literal(":authority", "a.test")])).await;
    stays.outcome(1).await.unwrap();
    served.app.counts("gateway_connections 0").await;
    drop((silent, half, stays));
}
