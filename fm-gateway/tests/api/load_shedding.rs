//! What keeps a service in trouble from more requests: bounds of requests in flight, circuits that open.

use crate::support::{Reply, TestApp, Upstream, ok, soon, until};
use serde_json::{Value, json};
use std::{cell::Cell, rc::Rc};
use tokio::sync::Semaphore;

/// Answers each request when it is told so.
async fn waiting() -> (Upstream, Rc<Semaphore>) {
    let go = Rc::new(Semaphore::new(0));
    let next = go.clone();
    let upstream = Upstream::start(move |mut connection| {
        let next = next.clone();
        async move {
            while connection.request().await.is_some() {
                next.acquire().await.unwrap().forget();
                connection.write(ok("done")).await;
            }
        }
    })
    .await;
    (upstream, go)
}

fn before(upstream: &Upstream, plugins: Value) -> Value {
    let mut plugins = plugins.as_array().unwrap().clone();
    // No second request is sent for one that waits.
    plugins.push(json!({"plugin": "proxy", "settings": {"target": upstream.url(), "hedge_after": "0s", "retries": 0}}));
    json!([{"path": "/**", "plugins": plugins}])
}

/// Sends a request that waits for its answer, once the upstream has it.
async fn started(app: &TestApp, upstream: &Upstream, request: &str) -> tokio::task::JoinHandle<Reply> {
    let before = upstream.requests();
    let (mut client, request) = (app.connect().await, request.to_owned());
    let task = actix_rt::spawn(async move {
        client.send(&request).await;
        client.reply_to(&request).await
    });
    until("the upstream has the request", || upstream.requests() > before).await;
    task
}

const GET: &str = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

#[actix_rt::test]
async fn more_requests_than_may_be_in_flight_are_refused_until_one_is_over() {
    let (upstream, go) = waiting().await;
    let settings = json!({"limit": 2, "retry_after": "7s"});
    let app = TestApp::with_routes(before(&upstream, json!([{"plugin": "concurrency", "settings": settings}]))).await;
    let first = started(&app, &upstream, GET).await;
    let second = started(&app, &upstream, GET).await;
    let refused = app.send(GET).await;
    assert_eq!((refused.status, refused.code().as_str(), refused.header("retry-after")), (503, "concurrency-limited", Some("7")));
    assert_eq!(upstream.requests(), 2);
    app.counts("gateway_load_shed_total{route=\"route-0\",plugin=\"concurrency\"} 1").await;
    go.add_permits(2);
    assert_eq!((soon(first).await.unwrap().status, soon(second).await.unwrap().status), (200, 200));
    go.add_permits(1);
    soon(async { while app.send(GET).await.status == 503 {} }).await;
}

#[actix_rt::test]
async fn a_client_that_goes_away_leaves_its_place_to_others() {
    let (upstream, go) = waiting().await;
    let app = TestApp::with_routes(before(&upstream, json!([{"plugin": "concurrency", "settings": {"limit": 1}}]))).await;
    started(&app, &upstream, GET).await.abort();
    go.add_permits(10);
    soon(async { while app.send(GET).await.status == 503 {} }).await;
}

#[actix_rt::test]
async fn each_user_and_address_has_places_of_its_own() {
    for by in ["user", "ip"] {
        let (upstream, go) = waiting().await;
        let plugins = json!([
            {"plugin": "authentication", "settings": {"optional": true}},
            {"plugin": "concurrency", "settings": {"limit": 1, "by": by}},
        ]);
        let app = TestApp::with(before(&upstream, plugins), |settings, _| {
            settings.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
        })
        .await;
        let request = |name: &str| {
            let (token, ip) = (app.identities.user(name, &[]), if name == "ann" { "192.0.2.1" } else { "192.0.2.2" });
            format!("GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: {ip}\r\nAuthorization: Bearer {token}\r\n\r\n")
        };
        let of_ann = started(&app, &upstream, &request("ann")).await;
        let of_bob = started(&app, &upstream, &request("bob")).await;
        assert_eq!(app.send(&request("ann")).await.status, 503, "{by}");
        go.add_permits(2);
        assert_eq!((soon(of_ann).await.unwrap().status, soon(of_bob).await.unwrap().status), (200, 200));
    }
}

#[actix_rt::test]
async fn a_change_of_the_table_forgets_nobody_in_flight() {
    let (upstream, go) = waiting().await;
    let limited = |limit: u64| before(&upstream, json!([{"plugin": "concurrency", "settings": {"limit": limit}}]));
    let app = TestApp::with_routes(limited(3)).await;
    let first = started(&app, &upstream, GET).await;
    app.publish(limited(1)).await;
    assert_eq!(app.send(GET).await.status, 503);
    app.publish(limited(2)).await;
    let second = started(&app, &upstream, GET).await;
    go.add_permits(2);
    assert_eq!((soon(first).await.unwrap().status, soon(second).await.unwrap().status), (200, 200));
}

/// Answers with the status that is set.
async fn with_status(status: Rc<Cell<u16>>) -> Upstream {
    Upstream::start(move |mut connection| {
        let status = status.clone();
        async move {
            while connection.request().await.is_some() {
                connection.write(format!("HTTP/1.1 {} X\r\nContent-Length: 0\r\n\r\n", status.get())).await;
            }
        }
    })
    .await
}

fn breaker(upstream: &Upstream, settings: Value) -> Value {
    before(upstream, json!([{"plugin": "circuit-breaker", "settings": settings}]))
}

#[actix_rt::test]
async fn a_service_that_fails_is_left_alone() {
    let status = Rc::new(Cell::new(500));
    let upstream = with_status(status.clone()).await;
    let settings = json!({"window": 10, "min_calls": 4, "failure_percent": 50, "open_for": "1h"});
    let app = TestApp::with_routes(breaker(&upstream, settings.clone())).await;
    for _ in 0..4 {
        assert_eq!(app.send(GET).await.status, 500);
    }
    let refused = app.send(GET).await;
    assert_eq!((refused.status, refused.code().as_str()), (503, "circuit-open"));
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((3000..=3600).contains(&wait), "{wait}");
    app.counts("gateway_load_shed_total{route=\"route-0\",plugin=\"circuit-breaker\"} 1").await;
    // Also when the table changes.
    let mut routes = breaker(&upstream, settings);
    routes.as_array_mut().unwrap().push(json!({"path": "/other", "plugins": [{"plugin": "respond"}]}));
    app.publish(routes).await;
    assert_eq!((app.send(GET).await.code().as_str(), app.get("/other").await.status), ("circuit-open", 200));
    assert_eq!(upstream.requests(), 4);
}

#[actix_rt::test]
async fn errors_of_clients_and_few_calls_open_nothing() {
    let status = Rc::new(Cell::new(404));
    let upstream = with_status(status.clone()).await;
    let app =
        TestApp::with_routes(breaker(&upstream, json!({"window": 10, "min_calls": 5, "failure_percent": 50, "open_for": "1h"}))).await;
    for (answer, times) in [(404, 6), (500, 4)] {
        status.set(answer);
        for _ in 0..times {
            assert_eq!(app.send(GET).await.status, answer);
        }
    }
    status.set(200);
    assert_eq!(app.send(GET).await.status, 200);
}

#[actix_rt::test]
async fn a_service_that_recovers_is_asked_again() {
    let status = Rc::new(Cell::new(500));
    let upstream = with_status(status.clone()).await;
    let app = TestApp::with_routes(breaker(&upstream, json!({"window": 4, "min_calls": 2, "probes": 2, "open_for": "20ms"}))).await;
    for _ in 0..2 {
        assert_eq!(app.send(GET).await.status, 500);
    }
    status.set(200);
    soon(async { while app.send(GET).await.status != 200 {} }).await;
    for _ in 0..5 {
        assert_eq!(app.send(GET).await.status, 200);
    }
}

#[actix_rt::test]
async fn slow_answers_and_answers_that_never_come_are_failures() {
    let upstream = Upstream::answering(ok("late")).await;
    // Any answer takes longer than a microsecond.
    let settings = json!({"window": 3, "min_calls": 3, "slow": "0.001ms", "open_for": "1h"});
    let app = TestApp::with_routes(breaker(&upstream, settings)).await;
    for _ in 0..3 {
        assert_eq!(app.send(GET).await.status, 200);
    }
    assert_eq!(app.send(GET).await.code(), "circuit-open");
    let closed = Upstream::answering(ok("")).await;
    closed.close();
    let app = TestApp::with_routes(breaker(&closed, json!({"window": 3, "min_calls": 3, "open_for": "1h"}))).await;
    let mut codes = Vec::new();
    while codes.len() < 4 {
        codes.push(app.send(GET).await.code());
    }
    assert!(codes[..3].iter().all(|code| code != "circuit-open"), "{codes:?}");
    assert_eq!(codes[3], "circuit-open");
}

#[actix_rt::test]
async fn a_client_that_does_not_wait_says_nothing_of_the_service() {
    let (upstream, go) = waiting().await;
    let app = TestApp::with_routes(breaker(&upstream, json!({"window": 2, "min_calls": 1, "failure_percent": 1, "open_for": "1h"}))).await;
    for _ in 0..3 {
        started(&app, &upstream, GET).await.abort();
    }
    go.add_permits(10);
    assert_eq!(app.send(GET).await.status, 200);
}

#[actix_rt::test]
async fn in_front_of_it_a_cache_gives_what_it_has_while_nobody_is_sent_on() {
    let status = Rc::new(Cell::new(200));
    let of_upstream = status.clone();
    let upstream = Upstream::start(move |mut connection| {
        let status = of_upstream.clone();
        async move {
            while connection.request().await.is_some() {
                let head = format!("HTTP/1.1 {} X\r\nCache-Control: max-age=0\r\nETag: \"a\"\r\n", status.get());
                connection.write(head + "Content-Length: 3\r\n\r\nold").await;
            }
        }
    })
    .await;
    let plugins = json!([
        {"plugin": "cache", "settings": {"stale_if_error": "1h"}},
        {"plugin": "circuit-breaker", "settings": {"window": 4, "min_calls": 2, "failure_percent": 50, "open_for": "1h"}},
    ]);
    let app = TestApp::with_routes(before(&upstream, plugins)).await;
    assert_eq!(app.send(GET).await.text(), "old");
    status.set(500);
    for _ in 0..5 {
        let reply = app.send(GET).await;
        assert_eq!((reply.status, reply.text().as_str()), (200, "old"), "{}", reply.head);
    }
    // One was well, one failed: half of two.
    assert_eq!(upstream.requests(), 2);
}
