//! Which route a request takes, and what becomes of those that find none.

use crate::support::{TestApp, Upstream, ok};
use fm_gateway::table::market;
use serde_json::{Value, json};

fn says(path: &str, methods: &[&str], text: &str) -> Value {
    json!({"path": path, "methods": methods, "plugins": [{"plugin": "respond", "settings": {"body": text}}]})
}

#[actix_rt::test]
async fn the_most_specific_route_answers() {
    let app = TestApp::with_routes(json!([
        says("/**", &[], "all"),
        says("/api/cars/**", &["GET"], "below"),
        says("/api/cars/{id}", &[], "one: ${path.id} ${method} ${query}"),
        says("/api/cars/count", &["GET"], "count"),
    ]))
    .await;
    for (path, text) in [
        ("/", "all"),
        ("/api/cars", "below"),
        ("/api/cars/count", "count"),
        ("/api/cars/7?x=1", "one: 7 GET x=1"),
        ("/api/cars/7/images", "below"),
        ("/api/./cars//count", "count"),
        ("/api/x/../cars/%63ount", "count"),
    ] {
        assert_eq!(app.get(path).await.text(), text, "{path}");
    }
}

#[actix_rt::test]
async fn hosts_are_told_apart_without_regard_to_case_and_port() {
    let mut shop = says("/**", &[], "shop");
    shop["hosts"] = json!(["shop.test", "*.shop.test"]);
    let app = TestApp::with_routes(json!([says("/**", &[], "other"), shop])).await;
    for (host, text) in [("shop.test", "shop"), ("SHOP.test:8080", "shop"), ("a.shop.test", "shop"), ("noshop.test", "other")] {
        assert_eq!(app.send(&format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")).await.text(), text, "{host}");
    }
}

#[actix_rt::test]
async fn a_wrong_method_is_405_and_names_the_right_ones() {
    let mut rest = says("/**", &[], "rest");
    rest["fallback"] = json!(true);
    let app = TestApp::with_routes(json!([says("/a", &["POST", "GET"], "a"), rest])).await;
    let reply = app.send("DELETE /a HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert_eq!((reply.status, reply.code().as_str()), (405, "method-not-allowed"));
    assert_eq!(reply.header("allow"), Some("get, head, post"), "read in lower case");
    assert_eq!(app.send("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n").await.status, 200);
    assert_eq!(app.send("DELETE /b HTTP/1.1\r\nHost: h\r\n\r\n").await.text(), "rest");
}

#[actix_rt::test]
async fn nothing_matches_is_404_and_an_inactive_route_matches_nothing() {
    let mut off = says("/off", &[], "off");
    off["active"] = json!(false);
    let app = TestApp::with_routes(json!([says("/on", &[], "on"), off])).await;
    assert_eq!(app.get("/off").await.code(), "not-found");
    assert_eq!(app.get("/elsewhere").await.code(), "not-found");
}

#[actix_rt::test]
async fn routes_are_told_apart_by_header_query_and_cookie() {
    let on = |predicates: Value, text: &str| {
        let mut route = says("/cars", &["GET"], text);
        route["predicates"] = predicates;
        route
    };
    let mut rest = says("/**", &[], "rest");
    rest["fallback"] = json!(true);
    let app = TestApp::with_routes(json!([
        says("/cars", &["GET"], "plain"),
        on(json!([{"header": "X-Channel", "one_of": ["beta", "canary"]}]), "channel"),
        on(json!([{"header": "x-channel", "equals": "beta"}, {"cookie": "group", "equals": "b"}]), "channel and group"),
        on(json!([{"header": "x-channel", "present": false}, {"query": "preview", "present": true}]), "preview"),
        {"path": "/admin", "methods": ["POST"], "predicates": [{"header": "x-admin", "present": true}],
         "plugins": [{"plugin": "respond", "settings": {"body": "admin"}}]},
        rest,
    ]))
    .await;
    for (target, headers, text) in [
        ("/cars", "", "plain"),
        ("/cars", "X-Channel: beta\r\n", "channel"),
        ("/cars", "x-channel: canary\r\n", "channel"),
        ("/cars", "X-Channel: stable\r\n", "plain"),
        ("/cars", "X-Channel: beta\r\nCookie: a=1; group=b\r\n", "channel and group"),
        ("/cars?preview", "", "preview"),
        ("/cars?x=1&preview=", "", "preview"),
        ("/cars?preview", "X-Channel: beta\r\n", "channel"),
        ("/admin", "", "rest"),
    ] {
        let reply = app.send(&format!("GET {target} HTTP/1.1\r\nHost: h\r\n{headers}\r\n")).await;
        assert_eq!(reply.text(), text, "{target} {headers}");
    }
    let wrong = app.send("GET /admin HTTP/1.1\r\nHost: h\r\nX-Admin: 1\r\n\r\n").await;
    assert_eq!((wrong.status, wrong.header("allow")), (405, Some("post")), "it matches but for its method");
}

#[actix_rt::test]
async fn a_change_of_the_table_takes_effect_and_a_request_under_way_keeps_the_old_one() {
    let upstream = Upstream::start(|mut connection| async move {
        connection.request().await;
        connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nold\r\n").await;
        connection.request().await;
    })
    .await;
    let app = TestApp::in_front_of(&upstream).await;
    let mut client = app.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    client.head().await;
    app.publish(json!([says("/**", &[], "new")])).await;
    assert_eq!(client.chunk().await.unwrap(), b"old");
    assert_eq!(app.get("/").await.text(), "new");
}

#[actix_rt::test]
async fn publishing_under_load_fails_no_request() {
    let upstream = Upstream::answering(ok("fine")).await;
    let route = |n: usize| json!([{"id": format!("r{n}"), "path": "/**", "plugins": [{"plugin": "proxy", "settings": {"target": upstream.url()}}]}]);
    let app = TestApp::with_routes(route(0)).await;
    let load = async {
        let mut client = app.connect().await;
        for _ in 0..300 {
            let reply = client.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
            assert_eq!((reply.status, reply.text().as_str()), (200, "fine"));
        }
    };
    let publish = async {
        for n in 1..30 {
            app.publish(route(n)).await;
        }
    };
    futures::join!(load, publish);
}

#[actix_rt::test]
async fn requests_that_look_for_a_route_are_kept_without_their_values() {
    let app = TestApp::with_routes(json!([says("/cars/{id}", &["GET"], "car")])).await;
    app.send("GET /x/..//cars/%37?token=secret HTTP/1.1\r\nHost: SHOP.test:80\r\nAuthorization: Bearer secret\r\nX-User-Id: 1\r\n\r\n")
        .await;
    app.send("POST /nowhere HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 6\r\n\r\nsecret").await;
    for not_routed in ["/health/live", "/a%2fb"] {
        app.get(not_routed).await;
    }
    let recent = app.recent.list();
    assert!(!format!("{recent:?}").contains("secret"), "{recent:?}");
    let shown: Vec<String> = recent.iter().map(|r| format!("{} {}{}?{}", r.method, r.host, r.path, r.query_names)).collect();
    assert_eq!(shown, ["GET shop.test/cars/7?token", "POST shop.test/nowhere?"]);
    assert!(recent[0].header_names.contains(&"authorization".into()) && !recent[0].header_names.contains(&"x-user-id".into()));
}

/// Every call of the market's public API and the service that answers it.
#[actix_rt::test]
async fn the_first_table_sends_every_call_of_the_api_to_its_service() {
    let table = serde_json::to_value(market()).unwrap();
    let mut routes = table["routes"].as_array().unwrap().clone();
    for route in &mut routes {
        let named = |name: &str| route["plugins"].as_array().unwrap().iter().find(|p| p["plugin"] == name);
        assert!(named("access-log").is_some(), "{route}");
        let service = named("discovery").map(|p| p["settings"]["service"].clone());
        let needs = named("authentication").is_some();
        let scopes = named("authentication").map_or(Value::Null, |p| p["settings"]["scopes"].clone());
        let text = format!(
            "{} {}",
            service.and_then(|s| s.as_str().map(str::to_owned)).unwrap_or("gateway".into()),
            if needs { scopes.to_string() } else { "all".into() }
        );
        route["public"] = json!(true);
        route["plugins"] = json!([{"plugin": "respond", "settings": {"body": text}}]);
    }
    let app = TestApp::with_routes(json!(routes)).await;
    for (method, path, expected) in [
        ("GET", "/api/cars?maker=bmw", "fm-cars all"),
        ("GET", "/api/cars/count", "fm-cars all"),
        ("GET", "/api/cars/facets", "fm-cars all"),
        ("GET", "/api/cars/7", "fm-cars all"),
        ("POST", "/api/cars", "fm-cars [\"cars:write\"]"),
        ("PATCH", "/api/cars/7", "fm-cars [\"cars:write\"]"),
        ("DELETE", "/api/cars/7", "fm-cars [\"cars:write\"]"),
        ("POST", "/api/cars/7/sold", "fm-cars [\"cars:write\"]"),
        ("POST", "/api/cars/7/renew", "fm-cars [\"cars:write\"]"),
        ("POST", "/api/cars/import", "fm-cars [\"cars:import\"]"),
        ("GET", "/api/cars/import/1", "fm-cars all"),
        ("GET", "/api/me/cars", "fm-cars null"),
        ("GET", "/api/catalogue/makers", "fm-cars all"),
        ("POST", "/api/cars/7/images", "fm-image [\"cars:write\"]"),
        ("PUT", "/api/cars/7/images/order", "fm-image [\"cars:write\"]"),
        ("DELETE", "/api/cars/7/images/k", "fm-image [\"cars:write\"]"),
        ("GET", "/images/k/thumb", "fm-image all"),
        ("GET", "/api/tracks/latest", "fm-tracker all"),
        ("GET", "/api/tracks/stream", "fm-tracker all"),
        ("POST", "/api/tracks/views", "fm-tracker all"),
        ("GET", "/api/cars/7/price-history", "fm-tracker all"),
        ("POST", "/api/auth/sign-up", "fm-profile all"),
        ("POST", "/api/auth/sign-in", "fm-profile all"),
        ("POST", "/api/auth/refresh", "fm-profile all"),
        ("POST", "/api/auth/password-reset", "fm-profile all"),
        ("PUT", "/api/auth/password-reset", "fm-profile all"),
        ("PUT", "/api/auth/email-confirmation", "fm-profile all"),
        ("POST", "/api/auth/unsubscribe?token=fmm_1", "fm-profile all"),
        ("POST", "/api/auth/sign-out", "fm-profile null"),
        ("GET", "/.well-known/jwks.json", "fm-profile all"),
        ("GET", "/api/me", "fm-profile null"),
        ("DELETE", "/api/me", "fm-profile null"),
        ("PUT", "/api/me/password", "fm-profile null"),
        ("PATCH", "/api/me/profile", "fm-profile null"),
        ("GET", "/api/me/deletions/d", "fm-profile all"),
        ("PUT", "/api/me/favourites/7", "fm-profile null"),
        ("POST", "/api/me/searches", "fm-profile null"),
        ("GET", "/api/profiles/u", "fm-profile all"),
        ("GET", "/api/admin/users", "fm-profile [\"users:admin\"]"),
        ("PUT", "/api/admin/users/u/roles", "fm-profile [\"users:admin\"]"),
        ("GET", "/", "fm-web all"),
        ("POST", "/sign-in", "fm-web all"),
    ] {
        let reply = app.send(&format!("{method} {path} HTTP/1.1\r\nHost: h\r\n\r\n")).await;
        assert_eq!(reply.text(), expected, "{method} {path}");
    }
    assert_eq!(app.send("PUT /api/cars HTTP/1.1\r\nHost: h\r\n\r\n").await.status, 405);
    assert_eq!(app.get("/health/live").await.status, 200);
}
