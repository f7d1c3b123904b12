//! Copies of requests that go to another service.

use crate::support::{Reply, TestApp, Upstream, ok, until};
use fm_sdk::registry::services::{Instance, Registration};
use serde_json::{Value, json};

struct Mirrored {
    app: TestApp,
    service: Upstream,
    copies: Upstream,
    _places: [Registration; 2],
}

impl Mirrored {
    async fn to(copies: Upstream, settings: Value) -> Mirrored {
        Mirrored::with(copies, settings, json!([])).await
    }

    /// `before`: plugins in front of the one that copies.
    async fn with(copies: Upstream, settings: Value, before: Value) -> Mirrored {
        let service = Upstream::answering(ok("done")).await;
        let app = TestApp::with_routes(json!([{"path": "/**", "plugins": [{"plugin": "respond"}]}])).await;
        let places = [app.register("fm-cars", "1", &service), app.register("fm-cars-next", "1", &copies)];
        let known = |service| app.services().instances(service).len();
        until("the services are known", || known("fm-cars") + known("fm-cars-next") == 2).await;
        let mut mirror = json!({"service": "fm-cars-next"});
        mirror.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        let mut plugins = before.as_array().unwrap().clone();
        plugins.push(json!({"plugin": "mirror", "settings": mirror}));
        plugins.extend([json!({"plugin": "discovery", "settings": {"service": "fm-cars"}}), json!({"plugin": "proxy"})]);
        app.publish(json!([{"path": "/**", "plugins": plugins}])).await;
        Mirrored { app, service, copies, _places: places }
    }

    async fn ask(&self, line: &str, headers: &str, body: &str) -> Reply {
        let reply =
            self.app.send(&format!("{line} HTTP/1.1\r\nHost: shop.test\r\nContent-Length: {}\r\n{headers}\r\n{body}", body.len())).await;
        assert_eq!((reply.status, reply.text().as_str()), (200, "done"), "{line}");
        reply
    }

    async fn counts(&self, outcome: &str, count: usize) {
        self.app.counts(&format!("gateway_mirrored_requests_total{{route=\"route-0\",outcome=\"{outcome}\"}} {count}")).await;
    }
}

#[actix_rt::test]
async fn a_copy_has_head_and_body_and_its_answer_is_dropped() {
    let copies = Upstream::answering("HTTP/1.1 500 Oops\r\nContent-Length: 5\r\n\r\nwrong").await;
    let mirrored = Mirrored::to(copies, json!({})).await;
    for count in 1..=3 {
        mirrored.ask("POST /a/%62?q=1", "X-Tenant: a\r\nConnection: x-mine\r\nX-Mine: 1\r\n", "body").await;
        mirrored.counts("sent", count).await;
        let (copy, request) = (mirrored.copies.last(), mirrored.service.last());
        for seen in [&copy, &request] {
            assert!(seen.starts_with("POST /a/b?q=1 HTTP/1.1\r\n") && seen.ends_with("\r\n\r\nbody"), "{seen}");
            for line in ["host: shop.test", "x-tenant: a", "content-length: 4", "x-forwarded-for: 127.0.0.1", "x-forwarded-proto: http"] {
                assert!(seen.contains(&format!("\r\n{line}\r\n")), "{line}\n{seen}");
            }
            assert!(!seen.contains("x-mine"), "{seen}");
        }
        assert_eq!(mirrored.copies.requests(), count);
    }
    assert_eq!(mirrored.copies.opened.get(), 1, "the connection is used again");
    let chunked = "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n";
    assert_eq!(mirrored.app.send(chunked).await.text(), "done");
    mirrored.counts("sent", 4).await;
    assert!(mirrored.copies.last().ends_with("\r\n\r\nbody"), "{}", mirrored.copies.last());
    mirrored.ask("GET /", "", "").await;
    mirrored.counts("sent", 5).await;
    assert!(mirrored.copies.last().starts_with("GET / HTTP/1.1\r\n"));
}

#[actix_rt::test]
async fn who_asks_is_told_only_where_that_is_set() {
    for (settings, told) in [(json!({}), false), (json!({"identity": "remove"}), false), (json!({"identity": "keep"}), true)] {
        let mirrored = Mirrored::to(Upstream::answering(ok("copy")).await, settings).await;
        mirrored.ask("GET /", "Authorization: Bearer secret\r\nCookie: session=secret\r\nX-User-Id: root\r\n", "").await;
        mirrored.counts("sent", 1).await;
        let copy = mirrored.copies.last();
        assert_eq!(copy.contains("authorization: Bearer secret"), told, "{copy}");
        assert_eq!(copy.contains("cookie: session=secret"), told, "{copy}");
        assert!(!copy.contains("x-user-id"), "{copy}");
        assert!(mirrored.service.last().contains("authorization: Bearer secret"), "the request itself stays as it is");
    }
}

#[actix_rt::test]
async fn mirroring_delays_no_request_and_is_bounded() {
    let silent = Upstream::start(|mut connection| async move {
        connection.request().await;
        connection.closed().await;
    })
    .await;
    let mirrored = Mirrored::to(silent, json!({"at_once": 2, "timeout": "60s"})).await;
    for _ in 0..5 {
        mirrored.ask("GET /", "", "").await;
    }
    mirrored.counts("busy", 3).await;
    until("the copies are there", || mirrored.copies.requests() == 2).await;
    mirrored.copies.kill();
    mirrored.counts("failed", 2).await;
    mirrored.ask("GET /", "", "").await;
    mirrored.counts("failed", 3).await;
}

#[actix_rt::test]
async fn a_copy_without_an_answer_ends_at_its_timeout() {
    let silent = Upstream::start(|mut connection| async move {
        connection.request().await;
        connection.closed().await;
    })
    .await;
    let mirrored = Mirrored::to(silent, json!({"timeout": "50ms"})).await;
    mirrored.ask("GET /", "", "").await;
    mirrored.counts("failed", 1).await;
    until("the connection is closed", || mirrored.copies.ended.get() == 1).await;
}

#[actix_rt::test]
async fn large_and_unfinished_bodies_are_not_copied() {
    let mirrored = Mirrored::to(Upstream::answering(ok("copy")).await, json!({"max_body": 4})).await;
    mirrored.ask("POST /", "", "large").await;
    mirrored.counts("too-large", 1).await;
    let chunked = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nlar\r\n2\r\nge\r\n0\r\n\r\n";
    assert_eq!(mirrored.app.send(chunked).await.text(), "done");
    mirrored.counts("incomplete", 1).await;
    let mut client = mirrored.app.connect().await;
    client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab").await;
    until("the service is asked", || mirrored.service.opened.get() > 0).await;
    drop(client);
    mirrored.counts("incomplete", 2).await;
    assert_eq!(mirrored.copies.requests(), 0);
}

#[actix_rt::test]
async fn a_share_of_nothing_copies_nothing_and_without_an_instance_there_are_none() {
    let mut mirrored = Mirrored::to(Upstream::answering(ok("copy")).await, json!({"percent": 0})).await;
    for _ in 0..20 {
        mirrored.ask("GET /", "", "").await;
    }
    assert!(!mirrored.app.metrics().await.contains("gateway_mirrored_requests_total{"));
    mirrored = Mirrored::to(Upstream::answering(ok("copy")).await, json!({"service": "fm-nobody"})).await;
    mirrored.ask("POST /", "", "body").await;
    mirrored.counts("no-instance", 1).await;
}

#[actix_rt::test]
async fn a_body_that_was_read_before_is_copied_too() {
    // It answers everything with its document, and so it has one.
    let document = json!({"openapi": "3.1.0", "paths": {"/a": {"post": {"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}}}}});
    let next = Upstream::answering(ok(&document.to_string())).await;
    let before = json!([{"plugin": "request-validation", "settings": {"service": "fm-cars-next"}}]);
    let mirrored = Mirrored::with(next, json!({}), before).await;
    mirrored.ask("POST /a", "Content-Type: application/json\r\n", "{\"a\": 1}").await;
    mirrored.counts("sent", 1).await;
    assert!(mirrored.copies.last().ends_with("\r\n\r\n{\"a\": 1}"), "{}", mirrored.copies.last());
    assert!(mirrored.service.last().ends_with("\r\n\r\n{\"a\": 1}"), "{}", mirrored.service.last());
    mirrored.app.counts(r#"gateway_validated_requests_total{route="route-0",outcome="valid"} 1"#).await;
}

#[actix_rt::test]
async fn an_instance_without_weight_gets_no_copies() {
    let mirrored = Mirrored::to(Upstream::answering(ok("done")).await, json!({})).await;
    let idle = Upstream::answering(ok("done")).await;
    let mut instance = Instance::new("fm-cars-next", "2", idle.url());
    instance.metadata.insert("weight".into(), "0".into());
    let _place = mirrored.app.services().register(instance).unwrap();
    until("it is known", || mirrored.app.services().instances("fm-cars-next").len() == 2).await;
    for count in 1..=20 {
        mirrored.ask("GET /a", "", "").await;
        mirrored.counts("sent", count).await;
    }
    assert_eq!((mirrored.copies.requests(), idle.requests()), (20, 0));
}
