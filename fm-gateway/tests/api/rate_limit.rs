//! How often somebody may ask.

use crate::support::{Client, Reply, TestApp, Upstream, ok, put, soon, table_of, until};
use fm_gateway::table::market;
use fm_sdk::registry::MemoryRegistry;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// One a minute, two at once, unless told otherwise: nothing comes back while a test runs.
fn limited(path: &str, by: Value) -> Value {
    let mut settings = json!({"rate": 1, "per": "1m", "burst": 2});
    settings.as_object_mut().unwrap().extend(by.as_object().unwrap().clone());
    json!({"path": path, "plugins": [
        {"plugin": "authentication", "settings": {"optional": true}},
        {"plugin": "rate-limit", "settings": settings},
        {"plugin": "respond", "settings": {"body": "well"}},
    ]})
}

fn quota(reply: &Reply) -> [Option<&str>; 3] {
    ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"].map(|name| reply.header(name))
}

/// Asks until it is refused, and says how often that went well.
async fn passes(app: &TestApp, request: &str) -> usize {
    for passed in 0..10 {
        let reply = app.send(request).await;
        if reply.status == 429 {
            assert_eq!(reply.code(), "rate-limited");
            return passed;
        }
    }
    panic!("nothing is refused");
}

fn get(path: &str, header: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: h\r\n{header}\r\n")
}

#[actix_rt::test]
async fn beyond_the_burst_requests_are_refused_and_told_when_to_come_back() {
    let app = TestApp::with_routes(json!([limited("/x", json!({}))])).await;
    let reply = app.get("/x").await;
    assert_eq!((reply.status, quota(&reply)), (200, [Some("2"), Some("1"), Some("60")]));
    assert_eq!(app.get("/x").await.header("ratelimit-remaining"), Some("0"));
    let reply = app.get("/x").await;
    assert_eq!((reply.status, reply.code().as_str(), reply.header("retry-after")), (429, "rate-limited", Some("60")));
    assert_eq!(quota(&reply), [Some("2"), Some("0"), Some("120")]);
    assert_eq!(reply.header("content-type"), Some("application/problem+json"));
    let mut operator = Client::connect(app.admin).await;
    let metrics = operator.ask("GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n").await.text();
    assert!(metrics.contains("gateway_rate_limited_total{route=\"route-0\"} 1\n"), "{metrics}");
}

#[actix_rt::test]
async fn the_rate_comes_back_with_time() {
    let app = TestApp::with_routes(json!([limited("/x", json!({"rate": 10, "per": "1s", "burst": 1}))])).await;
    assert_eq!(passes(&app, &get("/x", "")).await, 1);
    soon(async {
        while app.get("/x").await.status == 429 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}

#[actix_rt::test]
async fn a_limit_of_all_gateways_is_one_of_each_while_the_registry_is_unreachable() {
    let app = TestApp::with_routes(json!([limited("/x", json!({"scope": "global"})), limited("/y", json!({"scope": "global"}))])).await;
    app.counts("gateway_rate_limits_shared 1").await;
    assert_eq!(passes(&app, &get("/x", "")).await, 2);
    assert!(!app.metrics().await.contains("gateway_rate_limit_local_total{route"));
    app.registry.cut();
    app.counts("gateway_rate_limits_shared 0").await;
    assert_eq!((passes(&app, &get("/x", "")).await, passes(&app, &get("/y", "")).await), (0, 2));
    app.counts("gateway_rate_limit_local_total{route=\"route-1\"} 3").await;
    app.registry.mend();
    app.counts("gateway_rate_limits_shared 1").await;
    assert_eq!(passes(&app, &get("/y", "")).await, 0);
    app.counts("gateway_rate_limit_local_total{route=\"route-1\"} 3").await;
}

#[actix_rt::test]
async fn users_headers_and_routes_are_counted_each_for_itself() {
    let app = TestApp::with_routes(json!([
        limited("/user", json!({"by": "user"})),
        limited("/header", json!({"by": "header", "header": "x-key"})),
        limited("/route", json!({"by": "route"})),
        limited("/ip", json!({})),
    ]))
    .await;
    let token = |name| format!("Authorization: Bearer {}\r\n", app.identities.user(name, &[]));
    for header in [token("ann"), token("bob"), String::new()] {
        assert_eq!(passes(&app, &get("/user", &header)).await, 2);
    }
    assert_eq!(passes(&app, &get("/user", &token("ann"))).await, 0, "another token of the same user");
    for header in ["X-Key: a\r\n", "X-Key: b\r\n", ""] {
        assert_eq!(passes(&app, &get("/header", header)).await, 2);
    }
    assert_eq!(passes(&app, &get("/route", &token("ann"))).await, 2);
    assert_eq!(passes(&app, &get("/route", &token("bob"))).await, 0);
    assert_eq!(passes(&app, &get("/ip", "X-Forwarded-For: 9.9.9.9\r\n")).await, 2);
    assert_eq!(passes(&app, &get("/ip", "X-Forwarded-For: 8.8.8.8\r\n")).await, 0, "strangers cannot name another address");
}

#[actix_rt::test]
async fn addresses_are_those_that_a_trusted_proxy_names_and_of_ipv6_the_network() {
    let app = TestApp::with(json!([limited("/x", json!({}))]), |settings, _| {
        settings.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    let from = |ip: &str| get("/x", &format!("X-Forwarded-For: {ip}\r\n"));
    assert_eq!(passes(&app, &from("9.9.9.9")).await, 2);
    assert_eq!(passes(&app, &from("8.8.8.8")).await, 2);
    assert_eq!(passes(&app, &from("2001:db8:1:2::1")).await, 2);
    assert_eq!(passes(&app, &from("2001:db8:1:2:ffff::2")).await, 0);
    assert_eq!(passes(&app, &from("2001:db8:1:3::1")).await, 2);
}

#[actix_rt::test]
async fn a_change_of_the_table_forgets_nothing_and_other_numbers_begin_anew() {
    let app = TestApp::with_routes(json!([limited("/x", json!({}))])).await;
    assert_eq!(passes(&app, &get("/x", "")).await, 2);
    app.publish(json!([limited("/x", json!({})), limited("/other", json!({}))])).await;
    assert_eq!(passes(&app, &get("/x", "")).await, 0);
    app.publish(json!([limited("/x", json!({"burst": 3}))])).await;
    assert_eq!(passes(&app, &get("/x", "")).await, 3);
}

#[actix_rt::test]
async fn of_two_limits_the_tighter_one_is_told_and_bad_settings_are_refused() {
    let mut route = limited("/x", json!({"burst": 5}));
    let second = limited("/x", json!({"by": "route"}))["plugins"][1].clone();
    route["plugins"].as_array_mut().unwrap().insert(2, second);
    let app = TestApp::with_routes(json!([route])).await;
    assert_eq!(quota(&app.get("/x").await)[..2], [Some("2"), Some("1")]);
    for bad in [json!({"by": "header"}), json!({"header": "x-key"}), json!({"per": "1ms"}), json!({"rate": 0})] {
        app.publish(json!([route])).await;
        let revision = app.table().revision;
        put(&app.registry, &table_of(json!([limited("/x", bad.clone())])).to_string()).await;
        until("it is refused", || !app.table().problems.is_empty()).await;
        assert_eq!(app.table().revision, revision, "{bad}");
    }
}

#[actix_rt::test]
async fn behind_a_cache_only_what_the_service_is_asked_counts_and_nobody_reads_the_quota_of_others() {
    let upstream = Upstream::answering("HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nContent-Length: 2\r\n\r\nok").await;
    let limit = limited("/**", json!({"burst": 1}))["plugins"][1].clone();
    let to = json!({"plugin": "proxy", "settings": {"target": upstream.url()}});
    let app = TestApp::with_routes(json!([{"path": "/**", "plugins": [{"plugin": "cache"}, limit, to]}])).await;
    let miss = app.get("/a").await;
    assert_eq!((miss.status, quota(&miss)), (200, [Some("1"), Some("0"), Some("60")]));
    for _ in 0..3 {
        let hit = app.get("/a").await;
        assert_eq!((hit.status, quota(&hit)), (200, [None; 3]));
    }
    assert_eq!((app.get("/b").await.status, upstream.requests()), (429, 1));
}

/// As many of a request pass as the first table lets through at once, and those that it allows each second while they are sent.
async fn is_limited(app: &TestApp, request: &str, burst: usize, per_second: usize) {
    let (mut client, began) = (app.connect().await, Instant::now());
    for passed in 0..10_000 {
        let reply = client.ask(request).await;
        if reply.status == 429 {
            assert_eq!(reply.code(), "rate-limited");
            let most = burst + per_second * (began.elapsed().as_secs() as usize + 1);
            assert!((burst..=most).contains(&passed), "{passed} passed: {request}");
            return;
        }
        assert_eq!(reply.status, 200, "{request}");
    }
    panic!("nothing is refused: {request}");
}

#[actix_rt::test]
async fn the_first_table_limits_sign_in_and_writes_by_address_and_by_user() {
    let app = TestApp::on(MemoryRegistry::new(), tempfile::tempdir().unwrap(), |settings, _| {
        settings.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    });
    app.loaded().await;
    let upstream = Upstream::answering(ok("done")).await;
    let _places = ["fm-profile", "fm-cars"].map(|service| app.register(service, "1", &upstream));
    until("the services are known", || app.services().instances("fm-cars").len() + app.services().instances("fm-profile").len() == 2).await;
    let post = |path: &str, header: &str| format!("POST {path} HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n{header}\r\n");
    for (path, burst, per_second) in [("/api/auth/sign-up", 120, 2), ("/api/auth/sign-in", 300, 5), ("/api/auth/password-reset", 60, 1)] {
        is_limited(&app, &post(path, "X-Forwarded-For: 10.0.0.1\r\n"), burst, per_second).await;
        let other = app.send(&post(path, "X-Forwarded-For: 10.0.0.2\r\n")).await;
        assert_eq!(other.status, 200, "{path}: another address has its own limit");
    }
    let user = |name| format!("Authorization: Bearer {}\r\n", app.identities.user(name, &["cars:write"]));
    is_limited(&app, &post("/api/cars", &user("ann")), 600, 20).await;
    assert_eq!(app.send(&post("/api/cars", &user("bob"))).await.status, 200, "another user at the same address");
    assert_eq!(app.get_as("/api/me", &app.identities.user("ann", &[])).await.status, 200, "who has written too much reads on");
}

#[test]
fn every_route_of_the_first_table_that_writes_has_a_limit() {
    let table = serde_json::to_value(market()).unwrap();
    for route in table["routes"].as_array().unwrap() {
        let writes = route["methods"].as_array().is_some_and(|methods| methods.iter().any(|method| method != "GET"));
        // Who has the scope users:admin is no stranger.
        let expected = writes && route["id"] != "admin";
        let plugins: Vec<_> = route["plugins"].as_array().unwrap().iter().map(|step| step["plugin"].as_str().unwrap()).collect();
        assert_eq!(plugins.contains(&"rate-limit"), expected, "{route}");
        // The limit counts users, so it comes when they are known.
        let at = |name| plugins.iter().position(|plugin| *plugin == name);
        assert!(!expected || at("authentication") < at("rate-limit"), "{route}");
    }
}
