//! A service that says whether a request may pass.

use crate::support::{Reply, TestApp, Upstream, ok, until};
use serde_json::{Value, json};
use std::{cell::RefCell, rc::Rc};

fn guarded(upstream: &Upstream, settings: Value) -> Value {
    let to = json!({"plugin": "proxy", "settings": {"target": upstream.url()}});
    json!([{"path": "/**", "public": false, "plugins": [{"plugin": "external-auth", "settings": settings}, to]}])
}

async fn behind(judge: &Upstream, upstream: &Upstream, mut settings: Value) -> TestApp {
    settings["target"] = json!(judge.url());
    settings["path"] = json!("/check?for=shop");
    TestApp::with_routes(guarded(upstream, settings)).await
}

async fn ask(app: &TestApp, headers: &str) -> Reply {
    app.send(&format!("POST /orders/%37?a=1 HTTP/1.1\r\nHost: Shop.test\r\nContent-Length: 4\r\n{headers}\r\nbody")).await
}

fn answer(status: &str, headers: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: 2\r\n\r\nno")
}

#[actix_rt::test]
async fn an_allowed_request_passes_with_the_headers_of_the_authorization_service() {
    let judge = Upstream::answering(answer("200 OK", "X-User-Id: 7\r\nX-Other: secret\r\n")).await;
    let upstream = Upstream::answering(ok("in")).await;
    let app = behind(&judge, &upstream, json!({"send": ["authorization", "x-tenant"], "copy": ["X-User-Id", "X-User-Name"]})).await;
    for asked in 1..=3 {
        let reply =
            ask(&app, "Authorization: Bearer t\r\nX-Tenant: a\r\nX-Tenant: b\r\nCookie: c=d\r\nX-User-Id: 1\r\nX-User-Name: root\r\n")
                .await;
        assert_eq!((reply.status, reply.text().as_str()), (200, "in"));
        let (question, seen) = (judge.last(), upstream.last());
        assert!(question.starts_with("GET /check?for=shop HTTP/1.1\r\n") && question.ends_with("\r\n\r\n"), "{question}");
        for line in [
            "authorization: Bearer t",
            "x-tenant: a",
            "x-tenant: b",
            "x-forwarded-method: POST",
            "x-forwarded-uri: /orders/7?a=1",
            "x-forwarded-host: shop.test",
            "x-forwarded-proto: http",
            "x-forwarded-for: 127.0.0.1",
        ] {
            assert!(question.contains(&format!("\r\n{line}\r\n")), "{line}\n{question}");
        }
        assert!(!question.contains("cookie") && !question.contains("content-length"), "{question}");
        assert!(seen.contains("\r\nx-user-id: 7\r\n") && !seen.contains("root") && !seen.contains("x-other"), "{seen}");
        assert!(seen.contains("authorization: Bearer t") && seen.ends_with("\r\n\r\nbody"), "{seen}");
        assert_eq!((judge.requests(), judge.opened.get()), (asked, 1), "the connection is used again");
    }
}

#[actix_rt::test]
async fn every_answer_but_success_is_a_refusal() {
    let upstream = Upstream::answering(ok("in")).await;
    for (said, status, code, challenge) in [
        (
            answer("401 Unauthorized", "WWW-Authenticate: Basic realm=\"x\"\r\n"),
            401,
            "external-auth-unauthenticated",
            Some("basic realm=\"x\""),
        ),
        (answer("401 Unauthorized", ""), 401, "external-auth-unauthenticated", Some("bearer")),
        (answer("403 Forbidden", ""), 403, "external-auth-refused", None),
        (answer("302 Found", "Location: /sign-in\r\n"), 503, "external-auth-unavailable", None),
        (answer("404 Not Found", ""), 503, "external-auth-unavailable", None),
        (answer("500 Internal Server Error", ""), 503, "external-auth-unavailable", None),
        ("HTTP/1.1 200".to_owned(), 503, "external-auth-unavailable", None),
        ("nonsense\r\n\r\n".to_owned(), 503, "external-auth-unavailable", None),
        (String::new(), 503, "external-auth-unavailable", None),
    ] {
        let judge = Upstream::answering_once(said.clone()).await;
        let app = behind(&judge, &upstream, json!({})).await;
        let reply = ask(&app, "").await;
        assert_eq!((reply.status, reply.code().as_str(), reply.header("www-authenticate")), (status, code, challenge), "{said:?}");
    }
    assert_eq!(upstream.requests(), 0);
}

#[actix_rt::test]
async fn an_unreachable_authorization_service_refuses_every_request() {
    let upstream = Upstream::answering(ok("in")).await;
    let silent = Upstream::start(|mut connection| async move { connection.closed().await }).await;
    let half = Upstream::start(|mut connection| async move {
        connection.request().await;
        connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n").await;
        connection.closed().await;
    })
    .await;
    let down = Upstream::answering(ok("")).await;
    down.close();
    for judge in [&silent, &half, &down] {
        let app = behind(judge, &upstream, json!({"timeout": "100ms"})).await;
        let reply = ask(&app, "").await;
        assert_eq!((reply.status, reply.code().as_str(), reply.header("retry-after")), (503, "external-auth-unavailable", Some("1")));
    }
    let app = TestApp::with_routes(guarded(&upstream, json!({"service": "judge", "path": "/"}))).await;
    assert_eq!(ask(&app, "").await.code(), "external-auth-unavailable");
    assert_eq!(upstream.requests(), 0);
}

#[actix_rt::test]
async fn an_instance_that_cannot_be_reached_is_no_answer_while_another_one_is_up() {
    let (judge, upstream) = (Upstream::answering(answer("200 OK", "")).await, Upstream::answering(ok("in")).await);
    let down = Upstream::answering(ok("")).await;
    down.close();
    let app = TestApp::with_routes(guarded(&upstream, json!({"service": "judge", "path": "/", "timeout": "30s"}))).await;
    let _places = [app.register("judge", "down", &down), app.register("judge", "up", &judge)];
    let services = app.services();
    until("both are registered", || services.instances("judge").len() == 2).await;
    crate::support::soon(async { while ask(&app, "").await.status != 200 {} }).await;
    for _ in 0..10 {
        assert_eq!(ask(&app, "").await.status, 200);
    }
}

#[actix_rt::test]
async fn a_cache_behind_it_shares_nothing_that_is_not_for_all() {
    let names = Rc::new(RefCell::new(vec!["bob", "ann"]));
    let judge = Upstream::start(move |mut connection| {
        let names = names.clone();
        async move {
            while connection.request().await.is_some() {
                let name = names.borrow_mut().pop().unwrap();
                connection.write(answer("200 OK", &format!("X-User-Name: {name}\r\n"))).await;
            }
        }
    })
    .await;
    let upstream = Upstream::start(|mut connection| async move {
        while let Some(request) = connection.request().await {
            let name = request.lines().find_map(|line| line.strip_prefix("x-user-name: ")).unwrap().to_owned();
            connection.write(format!("HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nContent-Length: 3\r\n\r\n{name}")).await;
        }
    })
    .await;
    let settings = json!({"target": judge.url(), "path": "/", "send": ["x-session"], "copy": ["x-user-name"]});
    let mut routes = guarded(&upstream, settings);
    routes[0]["plugins"].as_array_mut().unwrap().insert(1, json!({"plugin": "cache"}));
    let app = TestApp::with_routes(routes).await;
    for name in ["ann", "bob"] {
        assert_eq!(app.send(&format!("GET / HTTP/1.1\r\nHost: h\r\nX-Session: {name}\r\n\r\n")).await.text(), name);
    }
}
