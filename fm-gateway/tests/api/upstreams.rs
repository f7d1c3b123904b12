//! Upstreams that are no services of the registry; weights, zones and TLS of those that are, too.

use crate::support::{Authority, HANDSHAKE, Message, Operator, Signed, Terminator, TestApp, Upstream, echoing, message, ok, soon, until};
use fm_gateway::GatewaySettings;
use fm_sdk::registry::services::{Instance, Registration};
use serde_json::{Value, json};
use std::{cell::Cell, rc::Rc};
use tokio::sync::Semaphore;

fn route(id: &str, path: &str, addresses: &Value, proxy: Value) -> Value {
    let upstream = json!({"plugin": "upstream", "settings": {"name": "billing", "addresses": addresses}});
    json!({"id": id, "path": path, "plugins": [upstream, {"plugin": "proxy", "settings": proxy}]})
}

fn to(addresses: &Value) -> Value {
    json!([route("billing", "/**", addresses, json!({}))])
}

#[actix_rt::test]
async fn addresses_get_requests_by_their_weights() {
    let (a, b, c) = (Upstream::answering(ok("a")).await, Upstream::answering(ok("b")).await, Upstream::answering(ok("c")).await);
    let addresses = json!([{"url": a.url(), "weight": 4}, {"url": b.url()}, {"url": c.url(), "weight": 0}]);
    let app = TestApp::with_routes(to(&addresses)).await;
    let mut client = app.connect().await;
    for n in 0..400 {
        let request =
            if n % 2 == 0 { "GET / HTTP/1.1\r\nHost: h\r\n\r\n" } else { "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx" };
        assert_eq!(client.ask(request).await.status, 200);
    }
    // 80 of 400, with a standard deviation of 8.
    assert!((40..=120).contains(&b.requests()), "{} of 400", b.requests());
    assert_eq!((a.requests() + b.requests(), c.requests()), (400, 0));
    assert!(a.last().to_lowercase().contains("\r\nhost: h\r\n"), "{}", a.last());
}

#[actix_rt::test]
async fn an_address_that_dies_costs_no_get_and_is_shown_as_ejected() {
    let (a, b) = (Upstream::answering(ok("a")).await, Upstream::answering(ok("b")).await);
    let addresses = json!([{"url": a.url()}, {"url": b.url()}]);
    let app = TestApp::with_routes(to(&addresses)).await;
    let admin = Operator::admin(&app).await;
    for n in 0..60 {
        if n == 20 {
            a.kill();
        }
        assert_eq!(app.get("/").await.status, 200);
    }
    assert!(a.requests() > 5, "{}", a.requests());
    let service = services(&admin).await;
    assert_eq!((&service["source"], &service["routes"]), (&json!("upstream"), &json!(["billing"])));
    let listed: Vec<&Value> = service["instances"].as_array().unwrap().iter().collect();
    assert_eq!(listed.iter().map(|one| &one["url"]).collect::<Vec<_>>(), [&json!(a.url()), &json!(b.url())]);
    let ejected: Vec<usize> = listed.iter().map(|one| one["ejected_by"].as_array().unwrap().len()).collect();
    assert_eq!(ejected, [1, 0], "{service}");
    // What is known of an address outlives the table.
    app.publish(json!([route("billing", "/**", &addresses, json!({"retries": 0}))])).await;
    assert_eq!(services(&admin).await["instances"][0]["ejected_by"].as_array().unwrap().len(), 1);
    let page = admin.send("GET", "/admin/nodes", "", "").await.text();
    assert!(page.contains("billing") && page.contains(&a.url()) && !page.contains("value=\"drain\""), "{page}");
}

/// The upstream as the Admin API shows it.
async fn services(admin: &Operator) -> Value {
    let listed = admin.get("/services").await.json();
    listed["services"].as_array().unwrap().iter().find(|service| service["name"] == "billing").unwrap().clone()
}

#[actix_rt::test]
async fn routes_with_one_name_share_its_limit() {
    let go = Rc::new(Semaphore::new(0));
    let gate = go.clone();
    let upstream = Upstream::start(move |mut connection| {
        let gate = gate.clone();
        async move {
            while connection.request().await.is_some() {
                gate.acquire().await.unwrap().forget();
                connection.write(ok("done")).await;
            }
        }
    })
    .await;
    let (addresses, one) = (json!([{"url": upstream.url()}]), json!({"at_once": 1, "wait": "10ms", "hedge_after": "0s"}));
    let app = TestApp::with_routes(json!([route("a", "/a", &addresses, one.clone()), route("b", "/b", &addresses, one)])).await;
    let mut first = app.connect().await;
    first.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n").await;
    until("the first is under way", || upstream.requests() == 1).await;
    let refused = app.get("/b").await;
    assert_eq!((refused.status, refused.code().as_str()), (503, "upstream-busy"));
    go.add_permits(2);
    assert_eq!(first.reply_to("GET").await.text(), "done");
    assert_eq!(app.get("/b").await.text(), "done");
}

#[actix_rt::test]
async fn an_upstream_is_asked_over_tls_by_the_name_of_its_certificate() {
    let (authority, plain) = (Authority::new(), Upstream::answering(ok("encrypted")).await);
    let encrypted = Terminator::start(&plain, &authority.sign(&["localhost"])).await;
    let addresses = json!([{"url": encrypted.url("localhost")}]);
    let routes = json!([
        route("named", "/named", &addresses, json!({"preserve_host": false})),
        {"id": "fixed", "path": "/fixed", "plugins": [{"plugin": "proxy", "settings": {"target": encrypted.url("localhost")}}]},
    ]);
    let (app, _folder) = TestApp::trusting(&authority, routes).await;
    for path in ["/named", "/fixed", "/named"] {
        let reply = app.get(path).await;
        assert_eq!((reply.status, reply.text().as_str()), (200, "encrypted"), "{path}");
    }
    assert!(
        plain.seen.borrow()[0].to_lowercase().contains(&format!("\r\nhost: localhost:{}\r\n", encrypted.address.port())),
        "{}",
        plain.last()
    );
    let posted = app.send("POST /named HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody").await;
    assert_eq!((posted.status, plain.last().ends_with("\r\n\r\nbody")), (200, true));
    assert!(encrypted.opened.get() <= 2, "connections are kept: {}", encrypted.opened.get());
}

#[actix_rt::test]
async fn a_certificate_that_is_not_to_be_trusted_is_502_and_nothing_is_sent() {
    let (authority, other, plain) = (Authority::new(), Authority::new(), Upstream::answering(ok("never")).await);
    let expired = authority.sign_with(&["localhost"], |params| {
        (params.not_before, params.not_after) = (rcgen::date_time_ymd(2001, 1, 1), rcgen::date_time_ymd(2002, 1, 1));
    });
    let bad: [(&str, Signed); 3] =
        [("another name", authority.sign(&["else.test"])), ("an unknown authority", other.sign(&["localhost"])), ("expired", expired)];
    for (what, certificate) in bad {
        let encrypted = Terminator::start(&plain, &certificate).await;
        let (app, _folder) = TestApp::trusting(&authority, to(&json!([{"url": encrypted.url("localhost")}]))).await;
        let reply = app.get("/").await;
        assert_eq!((reply.status, reply.code().as_str()), (502, "bad-gateway"), "{what}");
        app.counts("gateway_upstream_failures_total{service=\"billing\",reason=\"tls\"} 1").await;
        assert_eq!(plain.requests(), 0, "{what}");
    }
    let clear = Upstream::start(|mut connection| async move {
        connection.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await;
        connection.closed().await;
    })
    .await;
    let (app, _folder) = TestApp::trusting(&authority, to(&json!([{"url": format!("https://localhost:{}", clear.address.port())}]))).await;
    assert_eq!(app.get("/").await.status, 502, "it speaks no TLS");
}

#[actix_rt::test]
async fn a_websocket_goes_to_an_upstream_over_tls() {
    let (authority, (plain, read)) = (Authority::new(), echoing().await);
    let encrypted = Terminator::start(&plain, &authority.sign(&["localhost"])).await;
    let (app, _folder) = TestApp::trusting(
        &authority,
        json!([route("billing", "/**", &json!([{"url": encrypted.url("localhost")}]), json!({"websocket": true}))]),
    )
    .await;
    let mut client = app.connect().await;
    client.send(format!("{HANDSHAKE}\r\n")).await;
    assert!(client.head().await.starts_with("http/1.1 101 "));
    client.send(message(0x81, b"hello", true)).await;
    assert_eq!(client.message().await, Some(Message { head: 0x81, masked: false, payload: b"hello".to_vec() }));
    drop(client);
    until("the upstream sees the end", || plain.ended.get() == 1).await;
    assert_eq!(read.borrow().len(), 1);
}

/// Registers an upstream with what it says of itself.
fn register(app: &TestApp, id: &str, upstream: &Upstream, says: &[(&str, &str)]) -> Registration {
    let mut instance = Instance::new("fm-cars", id, upstream.url());
    instance.metadata.extend(says.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    app.services().register(instance).unwrap()
}

fn discovered() -> Value {
    json!([{"path": "/**", "plugins": [{"plugin": "discovery", "settings": {"service": "fm-cars"}}, {"plugin": "proxy"}]}])
}

#[actix_rt::test]
async fn instances_of_the_registry_say_their_weight_too() {
    let (a, b, c) = (Upstream::answering(ok("a")).await, Upstream::answering(ok("b")).await, Upstream::answering(ok("c")).await);
    let app = TestApp::with_routes(discovered()).await;
    let _a = register(&app, "a", &a, &[("weight", "4")]);
    let mut changing = register(&app, "b", &b, &[]);
    let _c = register(&app, "c", &c, &[("weight", "0")]);
    soon(async { while app.get("/").await.text() != "b" {} }).await;
    let before = (a.requests(), b.requests());
    for _ in 0..400 {
        assert_eq!(app.get("/").await.status, 200);
    }
    let (share, others) = (b.requests() - before.1, a.requests() - before.0);
    assert!((40..=120).contains(&share) && share + others == 400, "{share} of 400");
    changing.update(|one| drop(one.metadata.insert("weight".into(), "0".into()))).await.unwrap();
    until("the registry shows it", || app.services().instances("fm-cars")[1].metadata["weight"] == "0").await;
    let before = b.requests();
    for _ in 0..50 {
        assert_eq!(app.get("/").await.text(), "a");
    }
    assert_eq!((b.requests(), c.requests()), (before, 0));
}

#[actix_rt::test]
async fn instances_of_the_own_zone_come_first_and_another_zone_helps_out() {
    let (near, far) = (Upstream::answering(ok("near")).await, Upstream::answering(ok("far")).await);
    let app = TestApp::with(discovered(), |_, own: &mut GatewaySettings| own.zone = Some("north".into())).await;
    let _far = register(&app, "far", &far, &[("zone", "south")]);
    soon(async { while app.get("/").await.text() != "far" {} }).await;
    let _near = register(&app, "near", &near, &[("zone", "north")]);
    soon(async { while app.get("/").await.text() != "near" {} }).await;
    let before = far.requests();
    for _ in 0..50 {
        assert_eq!(app.get("/").await.text(), "near");
    }
    assert_eq!(far.requests(), before);
    near.kill();
    for _ in 0..50 {
        assert_eq!(app.get("/").await.text(), "far");
    }
}

/// Answers requests with its name, and health checks with a status that the test sets.
async fn checked(name: &'static str) -> (Upstream, Rc<Cell<u16>>) {
    let status = Rc::new(Cell::new(200));
    let said = status.clone();
    let upstream = Upstream::start(move |mut connection| {
        let said = said.clone();
        async move {
            while let Some(request) = connection.request().await {
                let is_check = request.starts_with("GET /health/ready HTTP/1.1");
                let answer = if is_check { format!("HTTP/1.1 {} Said\r\nContent-Length: 0\r\n\r\n", said.get()) } else { ok(name) };
                connection.write(answer).await;
            }
        }
    })
    .await;
    (upstream, status)
}

fn with_checks(addresses: &Value) -> Value {
    let settings = json!({"name": "billing", "addresses": addresses, "health_path": "/health/ready", "health_interval": "100ms"});
    json!([{"id": "billing", "path": "/**", "plugins": [{"plugin": "upstream", "settings": settings}, {"plugin": "proxy"}]}])
}

#[actix_rt::test]
async fn an_address_whose_health_check_fails_gets_no_requests_until_it_passes() {
    let ((a, a_says), (b, b_says)) = (checked("a").await, checked("b").await);
    a_says.set(503);
    let addresses = json!([{"url": a.url()}, {"url": b.url()}]);
    let app = TestApp::with_routes(with_checks(&addresses)).await;
    for _ in 0..20 {
        assert_eq!(app.get("/").await.text(), "b", "a table takes effect when all were asked once");
    }
    let admin = Operator::admin(&app).await;
    let ejected = |service: Value| {
        let instances = service["instances"].as_array().unwrap().iter();
        instances.map(|one| one["ejected_by"].as_array().unwrap().len()).collect::<Vec<_>>()
    };
    assert_eq!(ejected(services(&admin).await), [1, 0]);
    assert!(a.last().to_lowercase().contains("\r\nuser-agent: fm-gateway/"), "{}", a.last());
    // What was found out outlives a table.
    app.publish(with_checks(&addresses)).await;
    assert_eq!(app.get("/").await.text(), "b");
    a_says.set(204);
    soon(async { while app.get("/").await.text() != "a" {} }).await;
    b_says.set(500);
    soon(async { while ejected(services(&admin).await) != [0, 1] {} }).await;
    for _ in 0..20 {
        assert_eq!(app.get("/").await.text(), "a");
    }
    a_says.set(500);
    soon(async { while ejected(services(&admin).await) != [1, 1] {} }).await;
    assert_eq!(app.get("/").await.status, 200, "an attempt is worth more than a certain refusal");
    assert!(app.metrics().await.contains("gateway_health_checks_total{service=\"billing\",outcome=\"failed\"} "));
}

#[actix_rt::test]
async fn health_checks_go_over_tls_too_and_end_with_their_table() {
    let (authority, (plain, _says)) = (Authority::new(), checked("encrypted").await);
    let (good, bad) = (
        Terminator::start(&plain, &authority.sign(&["localhost"])).await,
        Terminator::start(&plain, &authority.sign(&["else.test"])).await,
    );
    let addresses = json!([{"url": good.url("localhost")}, {"url": bad.url("localhost")}]);
    let (app, _folder) = TestApp::trusting(&authority, with_checks(&addresses)).await;
    for _ in 0..20 {
        assert_eq!(app.get("/").await.text(), "encrypted");
    }
    assert!(!app.metrics().await.contains("reason=\"tls\""), "no request went to the other one");
    app.publish(json!([{"path": "/**", "plugins": [{"plugin": "respond"}]}])).await;
    let before = plain.requests();
    let other = checked("other").await.0;
    app.publish(with_checks(&json!([{"url": other.url()}]))).await;
    until("others are checked", || other.requests() > 5).await;
    assert!(plain.requests() <= before + 1, "one may have been under way");
}
