//! More requests than can be answered: some are refused at once, the others are answered in time, and afterwards all are well.

use crate::support::{Client, Reply, TestApp, Upstream, ok, soon, until};
use serde_json::{Value, json};
use std::{
    rc::Rc,
    time::{Duration, Instant},
};
use tokio::sync::Semaphore;

const GET: &str = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

/// Answers one request for each permit.
async fn held_back() -> (Upstream, Rc<Semaphore>) {
    let go = Rc::new(Semaphore::new(0));
    let told = go.clone();
    let upstream = Upstream::start(move |mut connection| {
        let told = told.clone();
        async move {
            while connection.request().await.is_some() {
                told.acquire().await.unwrap().forget();
                connection.write(ok("done")).await;
            }
        }
    })
    .await;
    (upstream, go)
}

fn refusal(reply: &Reply) -> (u16, String, Option<&str>) {
    (reply.status, reply.code(), reply.header("retry-after"))
}

fn to(upstream: &Upstream, path: &str, settings: Value) -> Value {
    let mut settings = settings;
    settings["target"] = upstream.url().into();
    json!({"path": path, "plugins": [{"plugin": "proxy", "settings": settings}]})
}

/// Sends one request on each of so many connections.
async fn asking(app: &TestApp, count: usize) -> Vec<Client> {
    let mut clients = Vec::new();
    for _ in 0..count {
        let mut client = app.connect().await;
        client.send(GET).await;
        clients.push(client);
    }
    clients
}

#[actix_rt::test]
async fn beyond_the_gateways_limit_requests_are_refused_at_once_and_health_is_not() {
    let (upstream, go) = held_back().await;
    let app = TestApp::with(json!([to(&upstream, "/**", json!({}))]), |_, own| own.at_once = 3).await;
    let mut waiting = asking(&app, 3).await;
    until("all three are under way", || upstream.requests() == 3).await;
    let mut late = app.connect().await;
    for _ in 0..5 {
        assert_eq!(refusal(&late.ask(GET).await), (503, "overloaded".into(), Some("1")), "its connection stays");
    }
    assert_eq!(app.get("/health/ready").await.status, 200);
    assert_eq!(app.get("/api/openapi.json").await.status, 200);
    let mut operator = Client::connect(app.admin).await;
    let metrics = operator.ask("GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n").await.text();
    assert!(metrics.contains("gateway_under_way 3\n"), "{metrics}");
    assert!(metrics.contains("gateway_refused_total{code=\"overloaded\"} 5\n"), "{metrics}");
    go.add_permits(4);
    for client in &mut waiting {
        assert_eq!(client.reply(false).await.unwrap().text(), "done");
    }
    assert_eq!(late.ask(GET).await.status, 200, "it recovers by itself");
}

#[actix_rt::test]
async fn a_full_upstream_lets_some_wait_refuses_the_others_and_hinders_nobody_else() {
    let (full, go) = held_back().await;
    let other = Upstream::answering(ok("well")).await;
    let app = TestApp::with_routes(json!([
        to(&full, "/**", json!({"at_once": 2, "wait": "10s"})),
        {"id": "other", "path": "/other", "plugins": [{"plugin": "proxy", "settings": {"target": other.url(), "at_once": 2}}]},
    ]))
    .await;
    let mut waiting = asking(&app, 2).await;
    until("two are under way", || full.requests() == 2).await;
    waiting.extend(asking(&app, 1).await);
    // One more than may be under way may wait. Which of two comes first is not known: one of them is refused.
    waiting.extend(asking(&app, 1).await);
    let mut refused = None;
    soon(async {
        let (mut c, mut d) = (waiting.pop().unwrap(), waiting.pop().unwrap());
        let (reply, rest) = tokio::select! {
            reply = c.reply(false) => (reply, d),
            reply = d.reply(false) => (reply, c),
        };
        waiting.push(rest);
        refused = reply;
    })
    .await;
    assert_eq!(refusal(&refused.unwrap()), (503, "upstream-busy".into(), Some("1")));
    assert_eq!(app.get("/other").await.text(), "well");
    go.add_permits(3);
    for client in &mut waiting {
        assert_eq!(client.reply(false).await.unwrap().text(), "done");
    }
    assert_eq!(full.requests(), 3);
}

#[actix_rt::test]
async fn a_waiting_request_is_refused_after_a_short_time() {
    let (full, _go) = held_back().await;
    let app = TestApp::with_routes(json!([to(&full, "/**", json!({"at_once": 1, "wait": "50ms"}))])).await;
    let _under_way = asking(&app, 1).await;
    until("one is under way", || full.requests() == 1).await;
    let asked = Instant::now();
    assert_eq!(refusal(&app.get("/").await), (503, "upstream-busy".into(), Some("1")));
    assert!(asked.elapsed() >= Duration::from_millis(50));
    assert_eq!(full.requests(), 1);
}

/// What came of requests that were sent at their times, whatever the answers did.
#[derive(Default)]
struct Counted {
    good: usize,
    refused: usize,
    /// The longest time until a good answer.
    slowest: Duration,
}

async fn load(app: &TestApp, per_second: u32, seconds: u32) -> Counted {
    let begun = Instant::now();
    let mut all = Vec::new();
    for n in 0..per_second * seconds {
        tokio::time::sleep((Duration::from_secs(1) * n / per_second).saturating_sub(begun.elapsed())).await;
        let address = app.address;
        all.push(actix_rt::spawn(async move {
            let (mut client, asked) = (Client::connect(address).await, Instant::now());
            (client.ask(GET).await, asked.elapsed())
        }));
    }
    let mut counted = Counted::default();
    for task in all {
        let (reply, took) = soon(task).await.unwrap();
        if reply.status == 200 {
            counted.good += 1;
            counted.slowest = counted.slowest.max(took);
        } else {
            assert_eq!(refusal(&reply), (503, "upstream-busy".into(), Some("1")));
            counted.refused += 1;
        }
    }
    counted
}

#[actix_rt::test]
async fn at_ten_times_its_rate_an_upstream_goes_on_working_at_its_own() {
    // Two at once, 50 ms each: forty a second.
    let upstream = Upstream::start(|mut connection| async move {
        while connection.request().await.is_some() {
            tokio::time::sleep(Duration::from_millis(50)).await;
            connection.write(ok("done")).await;
        }
    })
    .await;
    let app = TestApp::with_routes(json!([to(&upstream, "/**", json!({"at_once": 2, "wait": "100ms"}))])).await;
    let much = load(&app, 400, 2).await;
    println!("{} answered, {} refused, the slowest took {:?}", much.good, much.refused, much.slowest);
    assert!(much.good >= 40, "{} of 80 that it could have answered", much.good);
    assert!(much.refused > much.good * 3, "{} refused", much.refused);
    // A queue of all of them would take 20 s.
    assert!(much.slowest < Duration::from_secs(5), "{:?}", much.slowest);
    let few = load(&app, 20, 1).await;
    assert!(few.good >= 15, "{} of 20: it recovers by itself", few.good);
}

/// Two instances of one service.
async fn pair(a: &Upstream, b: &Upstream) -> (TestApp, impl Sized + use<>) {
    let plugins = json!([{"plugin": "discovery", "settings": {"service": "fm-cars"}}, {"plugin": "proxy"}]);
    let app = TestApp::with_routes(json!([{"path": "/**", "plugins": plugins}])).await;
    let places = (app.register("fm-cars", "a", a), app.register("fm-cars", "b", b));
    let services = app.services();
    until("the registry shows them", || services.instances("fm-cars").len() == 2).await;
    (app, places)
}

async fn shedding() -> Upstream {
    Upstream::answering("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nbusy").await
}

#[actix_rt::test]
async fn an_instance_that_refuses_costs_no_get_and_is_not_thrown_out() {
    let (busy, good) = (shedding().await, Upstream::answering(ok("done")).await);
    let (app, _places) = pair(&busy, &good).await;
    let mut client = app.connect().await;
    for _ in 0..100 {
        assert_eq!(client.ask(GET).await.text(), "done");
    }
    assert!(busy.requests() >= 10, "of a hundred it was asked {}", busy.requests());
    let mut refused = 0;
    for _ in 0..40 {
        let before = busy.requests() + good.requests();
        let reply = client.ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab").await;
        assert_eq!(busy.requests() + good.requests(), before + 1, "a POST is not sent twice");
        refused += usize::from((reply.status, reply.header("retry-after")) == (503, Some("7")));
    }
    assert!(refused > 0);
}

#[actix_rt::test]
async fn when_all_refuse_retries_do_not_double_their_load() {
    let (a, b) = (shedding().await, shedding().await);
    let (app, _places) = pair(&a, &b).await;
    let (mut client, begun) = (app.connect().await, Instant::now());
    for _ in 0..1000 {
        let reply = client.ask(GET).await;
        assert_eq!((reply.status, reply.header("retry-after"), reply.text().as_str()), (503, Some("7"), "busy"));
    }
    let retries = a.requests() + b.requests() - 1000;
    let most = 100 + 200 + (begun.elapsed().as_secs_f64() * 10.0) as usize + 1;
    assert!((100..=most).contains(&retries), "{retries} retries of 1000 requests, at most {most} expected");
}

#[actix_rt::test]
async fn event_streams_take_no_place_from_requests() {
    let upstream = Upstream::start(|mut connection| async move {
        if connection.request().await.is_some_and(|r| r.starts_with("GET /events")) {
            connection
                .write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n:\n\n\r\n")
                .await;
            connection.closed().await;
        } else {
            connection.write(ok("done")).await;
        }
    })
    .await;
    let app = TestApp::with(json!([to(&upstream, "/**", json!({"at_once": 2}))]), |_, own| own.at_once = 2).await;
    let mut streams = Vec::new();
    for _ in 0..5 {
        let mut client = app.connect().await;
        client.send("GET /events HTTP/1.1\r\nHost: h\r\n\r\n").await;
        assert!(client.head().await.starts_with("http/1.1 200"));
        streams.push(client);
    }
    assert_eq!(app.get("/").await.text(), "done");
}
