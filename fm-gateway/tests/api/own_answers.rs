//! What the gateway itself answers: for programs and for people, with headers that keep it from being misused.

use crate::support::{TestApp, Upstream, ok};
use serde_json::json;

const BROWSER: &str = "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

async fn app(upstream: &Upstream) -> TestApp {
    let web = json!([{"plugin": "proxy", "settings": {"target": upstream.url()}}]);
    let routes = json!([
        {"path": "/**", "fallback": true, "plugins": web},
        {"path": "/api/cars", "methods": ["POST"], "plugins": web},
        {"path": "/api/**", "fallback": true, "plugins": [{"plugin": "respond", "settings": {"status": 404, "problem": {"code": "not-found", "detail": "x"}}}]},
        {"path": "/cars/**", "plugins": [{"plugin": "proxy", "settings": {"target": upstream.url(), "strip_prefix": "/cars"}}]},
        {"path": "/gone/**", "plugins": [{"plugin": "proxy", "settings": {"target": "http://127.0.0.1:1"}}]},
    ]);
    TestApp::with(routes, |settings, _| settings.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()]).await
}

#[actix_rt::test]
async fn a_refusal_is_a_page_for_browsers_and_a_problem_for_programs() {
    let app = app(&Upstream::answering(ok("")).await).await;
    for (request, status, code) in [
        ("GET /cars/%00 HTTP/1.1\r\nHost: h", 400, "path-invalid"),
        ("GET /cars/%2f HTTP/1.1\r\nHost: h", 400, "path-invalid"),
        ("GET /cars/%zz HTTP/1.1\r\nHost: h", 400, "path-invalid"),
        ("GET / HTTP/1.1\r\nHost: a:b", 400, "host-invalid"),
        ("GET /metrics HTTP/1.1\r\nHost: h", 404, "not-found"),
        ("GET /api/nothing HTTP/1.1\r\nHost: h", 404, "not-found"),
        ("GET /health/nothing HTTP/1.1\r\nHost: h", 404, "not-found"),
        ("GET /api/cars HTTP/1.1\r\nHost: h", 405, "method-not-allowed"),
        ("GET /gone/x HTTP/1.1\r\nHost: h", 503, "service-down"),
    ] {
        let program = app.send(&format!("{request}\r\nAccept: */*\r\n\r\n")).await;
        assert_eq!((program.status, program.code().as_str()), (status, code), "{request}");
        for (languages, tag) in [("en-GB,de;q=0.5", "lang=en"), ("de-CH", "lang=de"), ("fr", "lang=en")] {
            let person = app.send(&format!("{request}\r\n{BROWSER}\r\nAccept-Language: {languages}\r\n\r\n")).await;
            let page = person.text();
            assert_eq!((person.status, person.header("content-type")), (status, Some("text/html; charset=utf-8")), "{request}");
            assert!(page.contains(tag) && page.contains(code) && page.contains(person.header("x-trace-id").unwrap()), "{request}: {page}");
            assert!(person.header("content-security-policy").unwrap().contains("frame-ancestors 'none'"), "{request}");
            assert_eq!(person.header("cache-control"), Some("no-store"), "{request}");
            assert_eq!(person.header("retry-after"), program.header("retry-after"), "{request}");
            assert_eq!(person.header("allow"), program.header("allow"), "{request}");
        }
        for reply in [&program, &app.send(&format!("{request}\r\n{BROWSER}\r\n\r\n")).await] {
            assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{request}");
        }
    }
}

#[actix_rt::test]
async fn a_refusal_of_a_service_is_passed_on_unchanged() {
    let problem = r#"{"status":404,"code":"not-found"}"#;
    let answer =
        format!("HTTP/1.1 404 Not Found\r\nContent-Type: application/problem+json\r\nContent-Length: {}\r\n\r\n{problem}", problem.len());
    let upstream = Upstream::answering(answer).await;
    let app = app(&upstream).await;
    let reply = app.send(&format!("GET /x HTTP/1.1\r\nHost: h\r\n{BROWSER}\r\n\r\n")).await;
    assert_eq!((reply.header("content-type"), reply.text().as_str()), (Some("application/problem+json"), problem));
}

#[actix_rt::test]
async fn the_documents_cannot_be_framed_or_taken_for_something_else() {
    let app = app(&Upstream::answering(ok("")).await).await;
    for path in ["/api/docs", "/api/docs/style.css", "/api/openapi.json", "/api/asyncapi.json", "/health/live", "/health/ready"] {
        let reply = app.get(path).await;
        assert_eq!((reply.status, reply.header("x-content-type-options")), (200, Some("nosniff")), "{path}");
        assert!(!reply.text().contains("market.test"), "{path}: the host that was asked for is not part of it");
    }
    assert!(app.get("/api/docs").await.header("content-security-policy").unwrap().contains("frame-ancestors 'none'"));
}

#[actix_rt::test]
async fn browsers_that_came_over_tls_are_told_to_stay_there() {
    let upstream = Upstream::answering("HTTP/1.1 200 OK\r\nStrict-Transport-Security: max-age=1\r\nContent-Length: 0\r\n\r\n").await;
    let app = app(&upstream).await;
    for path in ["/", "/api/docs", "/api/nothing", "/cars/%00"] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: h\r\nX-Forwarded-Proto: https\r\n\r\n");
        let reply = app.send(&request).await;
        assert_eq!(reply.head.matches("strict-transport-security: max-age=31536000\r\n").count(), 1, "{path}: {}", reply.head);
        assert_eq!(reply.head.matches("strict-transport-security").count(), 1, "{path}: {}", reply.head);
    }
    assert_eq!(app.get("/api/docs").await.header("strict-transport-security"), None, "it counts only over TLS");
    let stranger = TestApp::with_routes(json!([{"path": "/x", "plugins": [{"plugin": "respond"}]}])).await;
    let reply = stranger.send("GET /x HTTP/1.1\r\nHost: h\r\nX-Forwarded-Proto: https\r\n\r\n").await;
    assert_eq!(reply.header("strict-transport-security"), None, "only a trusted proxy knows");
}

#[actix_rt::test]
async fn no_fallback_route_reaches_operator_paths_in_any_spelling() {
    let upstream = Upstream::answering(ok("secret")).await;
    let app = app(&upstream).await;
    for path in [
        "/metrics",
        "/metrics/",
        "//metrics",
        "/./metrics",
        "/x/../metrics",
        "/%6detrics",
        "/%6Detrics",
        "/Metrics",
        "/METRICS",
        "/metrics;x",
        "/metrics;x=1/y",
        "/metrics/x",
        "/metrics?x=1",
        "/metrics%3b",
        "/Health/live",
        "/HEALTH/ready",
        "/health;x/live",
        "/cars/metrics",
        "/cars//metrics",
        "/cars/health/ready",
        "/cars/%68ealth/ready",
    ] {
        for method in ["GET", "HEAD", "POST"] {
            let reply = app.send(&format!("{method} {path} HTTP/1.1\r\nHost: h\r\n\r\n")).await;
            assert_eq!(reply.status, 404, "{method} {path}");
        }
    }
    assert_eq!(upstream.requests(), 0);
    for path in ["/metricsx", "/my/metrics", "/cars/1/health"] {
        assert_eq!(app.get(path).await.text(), "secret", "{path} is somebody else's");
    }
    assert_eq!(app.get("/health/live").await.status, 200);
}

#[actix_rt::test]
async fn a_route_that_names_what_is_for_operators_leads_there() {
    let upstream = Upstream::answering(ok("counts")).await;
    let to = |path: &str| json!({"path": path, "plugins": [{"plugin": "proxy", "settings": {"target": upstream.url()}}]});
    let app = TestApp::with_routes(json!([to("/metrics")])).await;
    assert_eq!(app.get("/metrics").await.text(), "counts");
}

#[actix_rt::test]
async fn a_host_has_one_form_and_what_is_none_is_refused() {
    let upstream = Upstream::answering(ok("reached")).await;
    let plugins = json!([{"plugin": "proxy", "settings": {"target": upstream.url()}}]);
    let app = TestApp::with_routes(json!([{"path": "/**", "hosts": ["market.example", "[::1]"], "plugins": plugins}])).await;
    for (host, seen) in [
        ("market.example", "market.example"),
        ("MARKET.example.", "market.example"),
        ("market.example:80", "market.example"),
        ("market.example.:8080", "market.example:8080"),
        ("[0::1]:80", "[::1]"),
    ] {
        assert_eq!(app.send(&format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")).await.text(), "reached", "{host}");
        assert!(upstream.last().contains(&format!("\r\nx-forwarded-host: {seen}\r\n")), "{host}: {}", upstream.last());
    }
    for host in ["a:b", "[", "[::1]evil.test", "a..b", "market.example:0", "market.example:99999", "market.example:80:80", "a/b", "a,b"] {
        let reply = app.send(&format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")).await;
        assert_eq!((reply.status, reply.code().as_str()), (400, "host-invalid"), "{host}");
    }
}
