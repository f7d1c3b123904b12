//! A share of the requests for another service.

use crate::support::{Reply, TestApp, Upstream, ok, until};
use fm_sdk::registry::services::Registration;
use serde_json::{Value, json};

struct Market {
    app: TestApp,
    _places: [Registration; 2],
    _upstreams: [Upstream; 2],
}

/// Two services, and a route that leads to one of them.
async fn market(settings: Value) -> Market {
    let (old, new) = (Upstream::answering(ok("old")).await, Upstream::answering(ok("new")).await);
    let app = TestApp::with_routes(routes(settings)).await;
    let places = [app.register("shop", "1", &old), app.register("shop-next", "1", &new)];
    let services = app.services();
    until("both are up", || ["shop", "shop-next"].iter().all(|name| !services.instances(name).is_empty())).await;
    let market = Market { app, _places: places, _upstreams: [old, new] };
    // The gateway may hear of it a moment later.
    for (asked, text) in [("never", "old"), ("always", "new")] {
        crate::support::soon(async { while market.get(&format!("X-Known: {asked}\r\n")).await.text() != text {} }).await;
    }
    market
}

fn routes(mut settings: Value) -> Value {
    settings["service"] = json!("shop-next");
    settings.as_object_mut().unwrap().entry("header").or_insert(json!("x-known"));
    json!([{"path": "/**", "plugins": [
        {"plugin": "authentication", "settings": {"optional": true}}, {"plugin": "discovery", "settings": {"service": "shop"}},
        {"plugin": "canary", "settings": settings}, {"plugin": "proxy"},
    ]}])
}

impl Market {
    async fn get(&self, headers: &str) -> Reply {
        self.app.send(&format!("GET / HTTP/1.1\r\nHost: h\r\n{headers}\r\n")).await
    }

    async fn says(&self, headers: &str) -> String {
        self.get(headers).await.text()
    }
}

#[actix_rt::test]
async fn a_header_or_a_cookie_selects_the_canary() {
    for (percent, usual) in [(0, "old"), (100, "new")] {
        let market = market(json!({"percent": percent, "cookie": "canary"})).await;
        for (headers, goes) in [
            ("", usual),
            ("X-Known: perhaps\r\n", usual),
            ("X-Known: always\r\n", "new"),
            ("X-Known: never\r\n", "old"),
            ("Cookie: canary=always\r\n", "new"),
            ("Cookie: a=b; canary=never\r\n", "old"),
            ("X-Known: never\r\nCookie: canary=always\r\n", "old"),
            ("Cookie: canary=1\r\n", usual),
        ] {
            assert_eq!(market.says(headers).await, goes, "{percent} %: {headers}");
        }
    }
}

#[actix_rt::test]
async fn a_user_goes_the_same_way_each_time_and_users_are_spread() {
    let market = market(json!({"percent": 50})).await;
    let mut ways = Vec::new();
    for n in 0..24 {
        let token = format!("Authorization: Bearer {}\r\n", market.app.identities.user(&format!("user-{n}"), &[]));
        let way = market.says(&token).await;
        for _ in 0..3 {
            assert_eq!(market.says(&token).await, way, "user {n}");
        }
        ways.push(way);
    }
    assert!(ways.contains(&"old".into()) && ways.contains(&"new".into()), "{ways:?}");
}

#[actix_rt::test]
async fn a_cookie_keeps_a_browser_at_the_same_service() {
    for (percent, says, way) in [(100, "always", "new"), (0, "never", "old")] {
        let market = market(json!({"percent": percent, "sticky": "cookie", "cookie": "way"})).await;
        let first = market.get("").await;
        let cookie = first.header("set-cookie").unwrap().to_owned();
        assert_eq!((first.text().as_str(), cookie.as_str()), (way, format!("way={says}; path=/; httponly; samesite=lax").as_str()));
        market.app.publish(routes(json!({"percent": 100 - percent, "sticky": "cookie", "cookie": "way"}))).await;
        let again = market.get(&format!("Cookie: way={says}\r\n")).await;
        assert_eq!((again.text().as_str(), again.header("set-cookie")), (way, None));
    }
}

#[actix_rt::test]
async fn without_an_instance_all_go_to_the_service_that_is_up() {
    let old = Upstream::answering(ok("old")).await;
    let app = TestApp::with_routes(routes(json!({"percent": 100}))).await;
    let _place = app.register("shop", "1", &old);
    crate::support::soon(async { while app.get("/").await.status == 503 {} }).await;
    assert_eq!(app.get("/").await.text(), "old");
}
