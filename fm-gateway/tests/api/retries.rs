//! Instances come, go and die; clients should not notice.

use crate::support::{TestApp, Upstream, ok, until};
use serde_json::json;
use std::time::Duration;

async fn app() -> TestApp {
    TestApp::with_routes(json!([{"path": "/**", "plugins": [
        {"plugin": "discovery", "settings": {"service": "fm-cars"}},
        {"plugin": "proxy", "settings": {"head_timeout": "300ms"}},
    ]}]))
    .await
}

async fn known(app: &TestApp, count: usize) {
    let services = app.services();
    until("the registry shows them", || services.instances("fm-cars").len() == count).await;
}

/// Dies in the middle of every answer.
async fn dying(how: &'static str) -> Upstream {
    Upstream::answering_once(how).await
}

#[actix_rt::test]
async fn two_instances_share_the_requests_and_a_third_joins_at_once() {
    let app = app().await;
    let upstreams = [Upstream::answering(ok("a")).await, Upstream::answering(ok("b")).await, Upstream::answering(ok("c")).await];
    let _a = app.register("fm-cars", "a", &upstreams[0]);
    let _b = app.register("fm-cars", "b", &upstreams[1]);
    share(&app, &upstreams[..2]).await;
    let _c = app.register("fm-cars", "c", &upstreams[2]);
    share(&app, &upstreams).await;
}

/// Asks until each has answered some, in spite of how slow the first answer of one may have been.
async fn share(app: &TestApp, upstreams: &[Upstream]) {
    for _ in 0..1000 {
        assert_eq!(app.get("/").await.status, 200);
        if upstreams.iter().all(|u| u.requests() > 5) {
            return;
        }
    }
    panic!("{:?}", upstreams.iter().map(Upstream::requests).collect::<Vec<_>>());
}

#[actix_rt::test]
async fn a_service_without_instances_is_503_with_a_time_to_come_again() {
    let app = app().await;
    let reply = app.get("/").await;
    assert_eq!((reply.status, reply.code().as_str(), reply.header("retry-after")), (503, "service-down", Some("1")));
    let gone = Upstream::answering(ok("")).await;
    gone.close();
    let _place = app.register("fm-cars", "gone", &gone);
    known(&app, 1).await;
    crate::support::soon(async { while tokio::net::TcpStream::connect(gone.address).await.is_ok() {} }).await;
    let reply = app.get("/").await;
    assert_eq!((reply.status, reply.code().as_str()), (503, "service-down"));
}

#[actix_rt::test]
async fn a_get_that_dies_before_its_answer_is_whole_is_asked_again_elsewhere() {
    for how in ["", "HTTP/1.1 200 OK\r\nConte", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "garbage\r\n\r\n"] {
        let app = app().await;
        let (bad, good) = (dying(how).await, Upstream::answering(ok("whole")).await);
        let (_bad, _good) = (app.register("fm-cars", "bad", &bad), app.register("fm-cars", "good", &good));
        known(&app, 2).await;
        for _ in 0..20 {
            let reply = app.get("/").await;
            assert_eq!((reply.status, reply.text().as_str()), (200, "whole"), "{how:?}");
        }
        assert!(bad.requests() > 0, "{how:?}: it was never asked");
        assert!(bad.requests() < 10, "{how:?}: it is asked in spite of its failures: {}", bad.requests());
    }
}

#[actix_rt::test]
async fn an_instance_that_does_not_answer_in_time_is_left_out_too() {
    let app = app().await;
    let silent = Upstream::start(|mut connection| async move { while connection.request().await.is_some() {} }).await;
    let good = Upstream::answering(ok("whole")).await;
    let (_silent, _good) = (app.register("fm-cars", "silent", &silent), app.register("fm-cars", "good", &good));
    known(&app, 2).await;
    for _ in 0..20 {
        assert_eq!(app.get("/").await.text(), "whole");
    }
    assert!((1..8).contains(&silent.requests()), "{}", silent.requests());
}

#[actix_rt::test]
async fn a_post_is_never_sent_twice_once_a_byte_of_it_was() {
    let app = app().await;
    let (bad, good) = (dying("").await, Upstream::answering(ok("whole")).await);
    let (_bad, _good) = (app.register("fm-cars", "bad", &bad), app.register("fm-cars", "good", &good));
    known(&app, 2).await;
    let mut failed = 0;
    for _ in 0..20 {
        let before = bad.requests() + good.requests();
        let reply = app.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nonce").await;
        assert_eq!(bad.requests() + good.requests(), before + 1);
        failed += usize::from(reply.status == 502);
    }
    assert_eq!(failed, bad.requests());
    assert!(failed > 0, "the bad one was never asked");
}

#[actix_rt::test]
async fn a_post_goes_elsewhere_if_nothing_of_it_was_sent() {
    let app = app().await;
    let (gone, good) = (Upstream::answering(ok("")).await, Upstream::answering(ok("whole")).await);
    gone.close();
    crate::support::soon(async { while tokio::net::TcpStream::connect(gone.address).await.is_ok() {} }).await;
    let (_gone, _good) = (app.register("fm-cars", "gone", &gone), app.register("fm-cars", "good", &good));
    known(&app, 2).await;
    for _ in 0..20 {
        let reply = app.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nonce").await;
        assert_eq!((reply.status, reply.text().as_str()), (200, "whole"));
    }
    assert!(good.seen.borrow().iter().all(|r| r.ends_with("\r\n\r\nonce")));
}

#[actix_rt::test]
async fn an_idle_connection_that_the_service_closed_fails_nothing() {
    let app = app().await;
    let upstream = Upstream::answering_once(ok("one per connection")).await;
    let _place = app.register("fm-cars", "a", &upstream);
    known(&app, 1).await;
    for _ in 0..20 {
        assert_eq!(app.get("/").await.status, 200);
    }
}

#[actix_rt::test]
async fn one_of_two_dies_under_load_and_no_get_fails() {
    let app = app().await;
    let (a, b) = (Upstream::answering(ok("a")).await, Upstream::answering(ok("b")).await);
    let (_a, _b) = (app.register("fm-cars", "a", &a), app.register("fm-cars", "b", &b));
    known(&app, 2).await;
    let mut clients = Vec::new();
    for _ in 0..4 {
        clients.push(app.connect().await);
    }
    for n in 0..50 {
        if n == 10 {
            // It stays in the registry, as a killed one does for its lease.
            a.kill();
        }
        for client in &mut clients {
            assert_eq!(client.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await.status, 200);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(b.requests() > 100);
}
