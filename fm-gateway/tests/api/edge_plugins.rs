//! The small plugins in front of a service: addresses, origins, headers, other paths, limits.

use crate::support::{Reply, TestApp, Upstream, ok, table_of};
use fm_gateway::{cli, pipeline::Catalogue};
use serde_json::{Value, json};

/// A gateway with one route, and these plugins before the proxy.
async fn before(upstream: &Upstream, path: &str, plugins: Value) -> TestApp {
    let mut plugins = plugins.as_array().unwrap().clone();
    plugins.push(json!({"plugin": "proxy", "settings": {"target": upstream.url()}}));
    TestApp::with_routes(json!([{"path": path, "plugins": plugins}])).await
}

fn problems(plugin: &str, settings: &Value) -> bool {
    let table = table_of(json!([{"path": "/x", "plugins": [{"plugin": plugin, "settings": settings}, {"plugin": "respond"}]}]));
    cli::check(&serde_json::from_value(table).unwrap(), &Catalogue::shipped())
        .is_err_and(|problems| problems.to_string().contains("settings"))
}

#[test]
fn every_example_of_the_documentation_compiles() {
    let routes: Vec<Value> = include_str!("../../docs/plugins.md")
        .split("```json\n")
        .skip(1)
        .map(|rest| serde_json::from_str(rest.split("```").next().unwrap()).unwrap_or_else(|e| panic!("{e}: {rest}")))
        .collect();
    assert_eq!(routes.len(), 21);
    let table = json!({"format": 1, "routes": routes});
    cli::check(&serde_json::from_value(table).unwrap(), &Catalogue::shipped()).unwrap();
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    const PASSWORD_HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$gZiV/M1gPc22ElAH/Jh1Hw$CWOrkoo7oJBQ/iyh7uJ0LO2aLEfrHwTWllSAxT0zRno";
    let hash = "ab".repeat(32);
    for (plugin, settings) in [
        ("access-log", json!({"format": "common"})),
        ("access-log", json!({"fields": ["cookie"]})),
        ("access-log", json!({"headers": ["authorization"]})),
        ("api-key", json!({"keys": {}})),
        ("api-key", json!({"keys": {"a": "secret"}})),
        ("api-key", json!({"keys": {"a": 7}})),
        ("api-key", json!({"keys": {"a": hash}, "header": "authorization"})),
        ("api-key", json!({"keys": {"a": hash}, "header": "x-partner"})),
        ("api-key", json!({"keys": {"a": hash}, "query": "q"})),
        ("api-key", json!({"keys": {"a": hash}, "forward_as": "x-partner"})),
        ("basic-auth", json!({"passwords": {}})),
        ("basic-auth", json!({"passwords": {"a": "secret"}})),
        ("basic-auth", json!({"passwords": {"a:b": PASSWORD_HASH}})),
        ("basic-auth", json!({"passwords": {"a": PASSWORD_HASH}, "realm": "\""})),
        ("basic-auth", json!({"passwords": {"a": PASSWORD_HASH}, "forward_as": "x-partner"})),
        ("circuit-breaker", json!({"window": 10, "min_calls": 11})),
        ("circuit-breaker", json!({"open_for": "0s"})),
        ("circuit-breaker", json!({"slow": "2h"})),
        ("circuit-breaker", json!({"failure_percent": 101})),
        ("concurrency", json!({})),
        ("concurrency", json!({"limit": 0})),
        ("concurrency", json!({"limit": 1, "retry_after": "10ms"})),
        ("canary", json!({"service": "a/b"})),
        ("canary", json!({"service": "a", "percent": 101})),
        ("canary", json!({"service": "a", "sticky": "cookie"})),
        ("canary", json!({"service": "a", "cookie": "a b"})),
        ("canary", json!({"service": "a", "header": "a b"})),
        ("external-auth", json!({"path": "/"})),
        ("external-auth", json!({"path": "/", "service": "a", "target": "http://a:1"})),
        ("external-auth", json!({"path": "/", "service": "a/b"})),
        ("external-auth", json!({"path": "/", "target": "http://a"})),
        ("external-auth", json!({"path": "/", "target": "http://user@a:1"})),
        ("external-auth", json!({"path": "/", "target": "http://a:1/x"})),
        ("external-auth", json!({"path": "x", "target": "http://a:1"})),
        ("external-auth", json!({"path": "/", "target": "http://a:1", "timeout": "0s"})),
        ("external-auth", json!({"path": "/", "target": "http://a:1", "copy": ["x-partner"]})),
        ("oidc", json!({})),
        ("oidc", json!({"issuer": "https://a.example"})),
        ("oidc", json!({"issuer": "https://a.example", "audiences": []})),
        ("oidc", json!({"issuer": "http://a.example", "audiences": ["a"]})),
        ("oidc", json!({"issuer": "https://u@a.example", "audiences": ["a"]})),
        ("oidc", json!({"issuer": "https://a.example", "audiences": ["a"], "jwks_uri": "http://a.example/keys"})),
        ("oidc", json!({"issuer": "https://a.example", "audiences": ["a"], "algorithms": []})),
        ("oidc", json!({"issuer": "https://a.example", "audiences": ["a"], "algorithms": ["none"]})),
        ("oidc", json!({"issuer": "https://a.example", "audiences": ["a"], "algorithms": ["HS256"]})),
        ("oidc", json!({"issuer": "https://a.example", "audiences": ["a"], "scopes": ["a b"]})),
        ("oidc", json!({"issuer": "https://a.example", "audiences": ["a"], "grant": ["admin"]})),
        ("oidc", json!({"issuer": "https://a.example", "audiences": ["a"], "headers": {"x-partner": "sub"}})),
        ("oidc", json!({"issuer": "https://a.example", "audiences": ["a"], "headers": {"x-user-id": 7}})),
        ("oidc", json!({"issuer": "https://a.example", "audiences": ["a"], "leeway": "6m"})),
        ("oidc", json!({"issuer": "https://a.example", "audiences": ["a"], "cooldown": "0s"})),
        ("oidc", json!({"issuer": "https://a.example", "audiences": ["a"], "max_stale": "1m"})),
        ("oidc", json!({"issuer": "https://a.example", "audiences": ["a"], "ca": "none"})),
        ("ip", json!({})),
        ("ip", json!({"allow": ["localhost"]})),
        ("cors", json!({"origins": []})),
        ("cors", json!({"origins": ["*", "https://a.example"]})),
        ("cors", json!({"origins": ["*"], "credentials": true})),
        ("cors", json!({"origins": ["https://a.example/"]})),
        ("cors", json!({"origins": ["https://a.example"], "headers": ["a b"]})),
        ("cors", json!({"origins": ["https://a.example"], "max_age": "soon"})),
        ("headers", json!({"request": {"set": {"host": "evil"}}})),
        ("headers", json!({"response": {"remove": ["content-length"]}})),
        ("headers", json!({"request": {"add": {}}})),
        ("redirect", json!({"location": "//evil.test"})),
        ("redirect", json!({"location": "/", "status": 200})),
        ("mirror", json!({})),
        ("mirror", json!({"service": "a/b"})),
        ("mirror", json!({"service": "a", "percent": 101})),
        ("mirror", json!({"service": "a", "identity": "maybe"})),
        ("mirror", json!({"service": "a", "timeout": "2m"})),
        ("request-validation", json!({})),
        ("request-validation", json!({"service": "a/b"})),
        ("request-validation", json!({"service": "a", "unknown": "wait"})),
        ("request-validation", json!({"service": "a", "max_body": 0})),
        ("request-validation", json!({"service": "a", "timeout": "0s"})),
        ("dns", json!({})),
        ("dns", json!({"host": "billing.example"})),
        ("dns", json!({"host": "billing.example", "port": 0})),
        ("dns", json!({"host": "billing.example", "port": 80, "record": "TXT"})),
        ("dns", json!({"host": "billing.example", "port": 80, "record": "SRV"})),
        ("dns", json!({"host": "10.0.0.1", "port": 80})),
        ("dns", json!({"host": "billing.example", "port": 80, "min_ttl": "1ms"})),
        ("upstream", json!({"name": "billing", "addresses": [{"url": "http://a:1"}], "health_path": "health"})),
        ("upstream", json!({"name": "billing", "addresses": [{"url": "http://a:1"}], "health_interval": "1ms"})),
        ("upstream", json!({"name": "billing"})),
        ("upstream", json!({"name": "billing", "addresses": []})),
        ("upstream", json!({"name": "a/b", "addresses": [{"url": "http://a:1"}]})),
        ("upstream", json!({"name": "billing", "addresses": [{"url": "http://a:1/x"}]})),
        ("upstream", json!({"name": "billing", "addresses": [{"url": "http://a:1"}, {"url": "http://A:1"}]})),
        ("upstream", json!({"name": "billing", "addresses": [{"url": "http://a:1", "weight": 0}]})),
        ("upstream", json!({"name": "billing", "addresses": [{"url": "http://a:1", "weight": 1.5}]})),
        ("upstream", json!({"name": "billing", "addresses": [{"url": "http://a:1", "share": 1}]})),
        ("rewrite", json!({"path": "x"})),
        ("rewrite", json!({"path": "/x?y"})),
        ("body-limit", json!({"bytes": -1})),
        ("body-limit", json!({})),
        ("cache", json!({"default_ttl": "soon"})),
        ("cache", json!({"max_bytes": 0})),
        ("cache", json!({"max_bytes": 2048, "max_entry_bytes": 4096})),
        ("compression", json!({"algorithms": []})),
        ("compression", json!({"algorithms": ["deflate"]})),
        ("compression", json!({"types": ["text"]})),
        ("compression", json!({"br_level": 10})),
        ("compression", json!({"zstd_level": 0})),
        ("compression", json!({"gzip_level": 6.5})),
        ("compression", json!({"min_bytes": -1})),
    ] {
        assert!(problems(plugin, &settings), "{plugin} {settings}");
    }
}

#[actix_rt::test]
async fn an_address_that_is_not_allowed_is_refused_before_the_service() {
    let upstream = Upstream::answering(ok("in")).await;
    for (settings, status) in [
        (json!({"allow": ["127.0.0.0/8"]}), 200),
        (json!({"allow": ["10.0.0.0/8"]}), 403),
        (json!({"deny": ["127.0.0.1"]}), 403),
        (json!({"allow": ["127.0.0.1"], "deny": ["127.0.0.0/8"]}), 403),
    ] {
        let before_it = upstream.requests();
        let app = before(&upstream, "/**", json!([{"plugin": "ip", "settings": settings}])).await;
        let reply = app.send("GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 10.0.0.1\r\n\r\n").await;
        assert_eq!(reply.status, status, "{settings}");
        if status == 403 {
            assert_eq!(reply.code(), "address-denied");
        }
        assert_eq!(upstream.requests() - before_it, usize::from(status == 200));
    }
}

async fn asked_from(app: &TestApp, method: &str, origin: &str, more: &str) -> Reply {
    app.send(&format!("{method} /x HTTP/1.1\r\nHost: h\r\nOrigin: {origin}\r\n{more}\r\n")).await
}

#[actix_rt::test]
async fn pages_of_named_origins_may_ask_and_read_and_no_others() {
    let answer = "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nAccess-Control-Allow-Credentials: true\r\nVary: Accept\r\nContent-Length: 2\r\n\r\nok";
    let upstream = Upstream::answering(answer).await;
    let settings =
        json!({"origins": ["https://a.example", "https://b.example"], "headers": ["x-a"], "expose": ["x-b"], "credentials": true});
    let app = before(&upstream, "/x", json!([{"plugin": "cors", "settings": settings}])).await;
    let preflight = "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: x-a\r\n";
    for origin in ["https://a.example", "https://b.example"] {
        let reply = asked_from(&app, "GET", origin, "").await;
        assert_eq!(reply.header("access-control-allow-origin"), Some(origin), "{}", reply.head);
        assert_eq!(reply.head.matches("access-control-allow-origin").count(), 1, "{}", reply.head);
        assert_eq!(
            (reply.header("access-control-allow-credentials"), reply.header("access-control-expose-headers")),
            (Some("true"), Some("x-b"))
        );
        assert!(reply.head.contains("vary: accept\r\n") && reply.head.contains("vary: origin\r\n"), "{}", reply.head);
        let before_it = upstream.requests();
        let reply = asked_from(&app, "OPTIONS", origin, preflight).await;
        assert_eq!((reply.status, reply.header("access-control-allow-origin")), (204, Some(origin)));
        assert_eq!(reply.header("access-control-allow-methods"), Some("get, head, post"));
        assert_eq!((reply.header("access-control-allow-headers"), reply.header("access-control-max-age")), (Some("x-a"), Some("600")));
        assert_eq!(upstream.requests(), before_it, "a preflight ends here");
    }
    for origin in ["https://c.example", "https://a.example.evil.test", "http://a.example", "https://a.example:8443", "null", ""] {
        for (method, more) in [("GET", ""), ("OPTIONS", preflight)] {
            let reply = asked_from(&app, method, origin, more).await;
            assert!(!reply.head.contains("access-control-allow"), "{origin}: {}", reply.head);
            assert!(reply.head.contains("vary: origin\r\n"), "{origin}: {}", reply.head);
        }
    }
}

#[actix_rt::test]
async fn an_error_is_readable_for_pages_too() {
    let upstream = Upstream::answering(ok("")).await;
    let plugins = json!([{"plugin": "cors", "settings": {"origins": ["*"]}}, {"plugin": "ip", "settings": {"deny": ["127.0.0.1"]}}]);
    let app = before(&upstream, "/x", plugins).await;
    let reply = asked_from(&app, "GET", "https://any.example", "").await;
    assert_eq!((reply.status, reply.header("access-control-allow-origin"), reply.header("vary")), (403, Some("*"), None));
}

#[actix_rt::test]
async fn headers_are_set_and_removed_on_both_ways() {
    let upstream = Upstream::answering("HTTP/1.1 200 OK\r\nServer: old\r\nX-A: 1\r\nX-A: 2\r\nContent-Length: 0\r\n\r\n").await;
    let settings = json!({"request": {"set": {"x-host": "at ${host}", "x-q": "${query}"}, "remove": ["Cookie"]}, "response": {"set": {"X-A": "one"}, "remove": ["server"]}});
    let app = before(&upstream, "/**", json!([{"plugin": "headers", "settings": settings}])).await;
    let reply = app.send("GET /?b=c HTTP/1.1\r\nHost: market.test\r\nCookie: a\r\nX-Host: evil\r\nX-Host: more\r\n\r\n").await;
    assert_eq!((reply.header("x-a"), reply.head.matches("x-a: ").count(), reply.header("server")), (Some("one"), 1, None));
    let seen = upstream.last();
    assert!(seen.contains("\r\nx-host: at market.test\r\n") && seen.contains("\r\nx-q: b=c\r\n"), "{seen}");
    assert!(!seen.contains("cookie") && !seen.contains("evil") && !seen.contains("more"), "{seen}");
}

#[actix_rt::test]
async fn a_redirect_leads_there_with_the_query() {
    let to = |settings: Value| json!([{"path": "/old/{id}", "plugins": [{"plugin": "redirect", "settings": settings}]}]);
    for (settings, status, location) in [
        (json!({"location": "/new/${path.id}"}), 308, "/new/7?a=b"),
        (json!({"location": "https://${host}${path}", "status": 301}), 301, "https://market.test/old/7?a=b"),
        (json!({"location": "/new?c=d", "status": 303}), 303, "/new?c=d&a=b"),
        (json!({"location": "/new", "keep_query": false, "status": 307}), 307, "/new"),
    ] {
        let app = TestApp::with_routes(to(settings)).await;
        let reply = app.get("/old/7?a=b").await;
        assert_eq!((reply.status, reply.header("location")), (status, Some(location)));
    }
}

#[actix_rt::test]
async fn the_upstream_gets_the_rewritten_path_in_its_normal_form() {
    let upstream = Upstream::answering(ok("")).await;
    let app =
        before(&upstream, "/cars/{id}", json!([{"plugin": "rewrite", "settings": {"path": "/v2//${path.id}/./${header.x-part}"}}])).await;
    for (part, path) in [("a", "/v2/7/a?q=1"), ("../b", "/v2/b?q=1"), ("%61", "/v2/7/a?q=1")] {
        assert_eq!(app.send(&format!("GET /cars/7?q=1 HTTP/1.1\r\nHost: h\r\nX-Part: {part}\r\n\r\n")).await.status, 200);
        assert!(upstream.last().starts_with(&format!("GET {path} HTTP/1.1\r\n")), "{}", upstream.last());
    }
    let before_it = upstream.requests();
    for part in ["../../../etc", "%2f", "%00", "..%5c"] {
        let reply = app.send(&format!("GET /cars/7 HTTP/1.1\r\nHost: h\r\nX-Part: {part}\r\n\r\n")).await;
        assert_eq!((reply.status, reply.code().as_str()), (400, "path-invalid"), "{part}");
    }
    assert_eq!(upstream.requests(), before_it);
    // What services keep for operators is no more reachable for it.
    let app = before(&upstream, "/cars/{id}", json!([{"plugin": "rewrite", "settings": {"path": "/${path.id}"}}])).await;
    assert_eq!(app.get("/cars/metrics").await.status, 404);
}

#[actix_rt::test]
async fn a_body_limit_holds_whether_the_length_is_known_or_not() {
    let upstream = Upstream::answering(ok("taken")).await;
    let app = before(&upstream, "/**", json!([{"plugin": "body-limit", "settings": {"bytes": 5}}])).await;
    for (body, status) in [
        ("Content-Length: 5\r\n\r\nhello", 200),
        ("Content-Length: 6\r\n\r\nhello!", 413),
        ("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 200),
        ("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n", 413),
    ] {
        let reply = app.send(&format!("POST / HTTP/1.1\r\nHost: h\r\n{body}")).await;
        assert_eq!(reply.status, status, "{body:?}");
        if status == 413 {
            assert_eq!(reply.code(), "too-large");
        }
    }
}
