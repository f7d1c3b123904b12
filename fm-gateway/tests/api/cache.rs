//! The cache (RFC 9111, 5861, 9211), in front of services of raw bytes.

use crate::support::{Reply, TestApp, Upstream, ok, put, soon, table_of, until};
use serde_json::{Value, json};
use std::{cell::Cell, rc::Rc};
use tokio::sync::Notify;

/// A service that gives these answers one after the other, and the last one again and again.
async fn upstream<S: Into<String>>(answers: impl IntoIterator<Item = S>) -> Upstream {
    let (answers, next): (Rc<[String]>, _) = (answers.into_iter().map(Into::into).collect(), Rc::new(Cell::new(0)));
    Upstream::start(move |mut connection| {
        let (answers, next) = (answers.clone(), next.clone());
        async move {
            while connection.request().await.is_some() {
                let n = next.replace(next.get() + 1).min(answers.len() - 1);
                connection.write(&answers[n]).await;
            }
        }
    })
    .await
}

fn with(headers: &str, body: &str) -> String {
    answer(200, headers, body)
}

fn answer(status: u16, headers: &str, body: &str) -> String {
    let lines: String = headers.split('|').filter(|line| !line.is_empty()).map(|line| format!("{line}\r\n")).collect();
    format!("HTTP/1.1 {status} Said\r\n{lines}Content-Length: {}\r\n\r\n{body}", body.len())
}

fn route(upstream: &Upstream, settings: Value) -> Value {
    json!({"path": "/**", "plugins": [
        {"plugin": "authentication", "settings": {"optional": true}}, {"plugin": "cache", "settings": settings},
        {"plugin": "proxy", "settings": {"target": upstream.url(), "retries": 0}}]})
}

async fn app(upstream: &Upstream, settings: Value) -> TestApp {
    TestApp::with_routes(json!([route(upstream, settings)])).await
}

/// A route that asks nobody who it is.
async fn open(upstream: &Upstream) -> TestApp {
    let mut route = route(upstream, json!({}));
    route["plugins"].as_array_mut().unwrap().remove(0);
    TestApp::with_routes(json!([route])).await
}

fn request(method: &str, path: &str, headers: &str) -> String {
    let lines: String = headers.split('|').filter(|line| !line.is_empty()).map(|line| format!("{line}\r\n")).collect();
    format!("{method} {path} HTTP/1.1\r\nHost: market.test\r\n{lines}\r\n")
}

async fn get(app: &TestApp, headers: &str) -> Reply {
    app.send(&request("GET", "/x", headers)).await
}

fn status(reply: &Reply) -> &str {
    reply.header("cache-status").unwrap_or_else(|| panic!("{}", reply.head))
}

fn is_hit(reply: &Reply) -> bool {
    status(reply).starts_with("fm-gateway; hit")
}

const DATE_OLD: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
const DATE_LATE: &str = "Fri, 01 Jan 2100 00:00:00 GMT";

#[actix_rt::test]
async fn a_response_is_stored_only_as_its_headers_allow() {
    for (section, headers, is_stored) in [
        ("5.2.2.1", "Cache-Control: max-age=60", true),
        ("5.2.2.10", "Cache-Control: s-maxage=60, max-age=0", true),
        ("5.2.2.10", "Cache-Control: max-age=60, s-maxage=0", false),
        ("5.3", &format!("Expires: {DATE_LATE}"), true),
        ("5.3", &format!("Expires: {DATE_OLD}"), false),
        ("5.3", "Expires: 0", false),
        ("5.3", &format!("Cache-Control: max-age=0|Expires: {DATE_LATE}"), false),
        ("4.2.1", "Cache-Control: max-age=60, max-age=30", false),
        ("4.2.1", "Cache-Control: max-age=60|Cache-Control: max-age=0", false),
        ("4.2.1", "Cache-Control: max-age=sixty", false),
        ("4.2.1", "Cache-Control: max-age=-1", false),
        ("1.2.2", "Cache-Control: max-age=999999999999999999999", true),
        ("4.2.2", "X-Nothing: said", false),
        ("4.2.3", "Cache-Control: max-age=60|Age: 59", true),
        ("4.2.3", "Cache-Control: max-age=60|Age: 60", false),
        ("4.2.3", &format!("Cache-Control: max-age=60|Date: {DATE_OLD}"), false),
        ("5.2.2.5", "Cache-Control: no-store, max-age=60", false),
        ("5.2.2.5", "Cache-Control: max-age=60|Cache-Control: NO-STORE", false),
        ("5.2.2.7", "Cache-Control: private, max-age=60", false),
        ("5.2.2.7", "Cache-Control: private=\"x-a\", max-age=60", false),
        ("5.2.2.4", "Cache-Control: no-cache, max-age=60", false),
        ("5.2", "Cache-Control: max-age=60, private=\"x", false),
        ("5.2.3", "Cache-Control: max-age=60, x-of-tomorrow=1", true),
        ("7.3", "Cache-Control: max-age=60|Set-Cookie: a=b", false),
        ("7.3", "Cache-Control: public, s-maxage=60|Set-Cookie: a=b", false),
        ("4.1", "Cache-Control: max-age=60|Vary: *", false),
        ("4.1", "Cache-Control: max-age=60|Vary: Accept, *", false),
        ("4.1", "Cache-Control: max-age=60|Vary: Accept", true),
        ("4.1", "Cache-Control: max-age=60|Vary: X-Forwarded-For", false),
        ("4.1", "Cache-Control: max-age=60|Vary: X-Request-Id", false),
        ("4.1", "Cache-Control: max-age=60|Vary: a b", false),
        ("3", "Cache-Control: max-age=60|Content-Type: text/event-stream", false),
        ("3.3", "Cache-Control: max-age=60|Content-Range: bytes 0-1/9", false),
    ] {
        let service = upstream([with(headers, "one"), with(headers, "two")]).await;
        let app = app(&service, json!({})).await;
        let first = get(&app, "").await;
        assert_eq!((first.status, first.text().as_str()), (200, "one"), "{section} {headers}");
        let second = get(&app, "").await;
        let seen = (is_hit(&second), second.text(), service.requests());
        assert_eq!(seen, if is_stored { (true, "one".into(), 1) } else { (false, "two".into(), 2) }, "{section} {headers}");
        assert_eq!(
            second.header("age").is_some() && !headers.contains("Age"),
            is_stored && !headers.contains("Age"),
            "{section} {headers}"
        );
    }
}

#[actix_rt::test]
async fn only_statuses_that_are_understood_are_stored() {
    for (code, with_lifetime, by_default) in [
        (200, true, true),
        (203, true, true),
        (301, true, true),
        (302, true, false),
        (307, true, false),
        (308, true, true),
        (404, true, false),
        (410, true, false),
        (206, false, false),
        (400, false, false),
        (401, false, false),
        (403, false, false),
        (405, false, false),
        (429, false, false),
        (431, false, false),
        (500, false, false),
        (501, false, false),
        (503, false, false),
    ] {
        for (headers, is_stored) in [("Cache-Control: max-age=60", with_lifetime), ("", by_default)] {
            let service = upstream([answer(code, headers, "x")]).await;
            let app = app(&service, json!({"default_ttl": "1m"})).await;
            assert_eq!(get(&app, "").await.status, code);
            let second = get(&app, "").await;
            assert_eq!((second.status, is_hit(&second)), (code, is_stored), "{code} {headers}");
        }
    }
}

#[actix_rt::test]
async fn what_is_answered_to_credentials_is_shared_only_if_it_says_so() {
    // RFC 9111, 3.5. Nobody here finds out who asks.
    for (headers, first, second, is_shared) in [
        ("Cache-Control: max-age=60", "Authorization: Bearer a", "Authorization: Bearer a", false),
        ("Cache-Control: max-age=60", "Authorization: Bearer a", "", false),
        ("Cache-Control: max-age=60", "Authorization: Basic a", "", false),
        ("Cache-Control: max-age=60", "Cookie: session=a", "Cookie: session=a", false),
        ("Cache-Control: max-age=60", "Cookie: session=a", "", false),
        // What nobody has asked for by name may still be another answer to who is known to the service.
        ("Cache-Control: max-age=60", "", "Authorization: Bearer a", false),
        ("Cache-Control: max-age=60", "", "Cookie: session=a", false),
        ("Cache-Control: max-age=60, must-revalidate", "Authorization: Bearer a", "Authorization: Bearer b", false),
        ("Cache-Control: max-age=60, public", "Authorization: Bearer a", "Authorization: Bearer b", true),
        ("Cache-Control: s-maxage=60", "Authorization: Bearer a", "", true),
        ("Cache-Control: public, max-age=60", "Cookie: session=a", "Cookie: session=b", true),
        ("Cache-Control: public, max-age=60|Vary: Cookie", "Cookie: session=a", "Cookie: session=b", false),
        ("Cache-Control: public, max-age=60|Vary: Cookie", "Cookie: session=a", "Cookie: session=a", true),
        ("Cache-Control: public, max-age=60|Vary: Authorization", "Authorization: Bearer a", "", false),
        ("Cache-Control: private, public, max-age=60", "Cookie: session=a", "Cookie: session=a", false),
    ] {
        let service = upstream([with(headers, "one"), with(headers, "two")]).await;
        let app = open(&service).await;
        get(&app, first).await;
        let reply = get(&app, second).await;
        assert_eq!(
            (is_hit(&reply), reply.text().as_str()),
            (is_shared, if is_shared { "one" } else { "two" }),
            "{headers} {first} {second}"
        );
    }
}

#[actix_rt::test]
async fn who_is_known_gets_nobody_elses_answer() {
    for (headers, is_stored) in [
        ("Cache-Control: max-age=60", false),
        ("Cache-Control: max-age=60, must-revalidate", true),
        ("Cache-Control: public, max-age=60", true),
        ("Cache-Control: s-maxage=60", true),
    ] {
        let service = upstream(["ann", "bob", "all", "ann2", "bob2"].map(|body| with(headers, body))).await;
        let app = app(&service, json!({})).await;
        let token = |name: &str| format!("Authorization: Bearer {}", app.identities.user(name, &[]));
        for (header, body) in [(token("ann"), "ann"), (token("bob"), "bob"), (String::new(), "all")] {
            assert_eq!(get(&app, &header).await.text(), body, "{headers}");
        }
        for (header, stored, anew) in [(token("ann"), "ann", "ann2"), (token("bob"), "bob", "bob2")] {
            assert_eq!(get(&app, &header).await.text(), if is_stored { stored } else { anew }, "{headers}");
        }
        assert_eq!(get(&app, "").await.text(), "all", "{headers}");
        let roles = format!("Authorization: Bearer {}", app.identities.user("ann", &["admin"]));
        assert!(!is_hit(&get(&app, &roles).await), "another role is another identity: {headers}");
    }
}

#[actix_rt::test]
async fn requests_say_what_they_take() {
    // Stored: fresh for 60 seconds more, or stale for 40.
    let (fresh, stale) = ("Cache-Control: max-age=100|Age: 40|ETag: \"e\"", "Cache-Control: max-age=100|Age: 140|ETag: \"e\"");
    let late = "Cache-Control: max-age=100, must-revalidate|Age: 140|ETag: \"e\"";
    let shared = "Cache-Control: s-maxage=100|Age: 140|ETag: \"e\"";
    for (section, stored, said, expected) in [
        ("4.2", fresh, "", "hit"),
        ("5.2.1.1", fresh, "Cache-Control: max-age=50", "hit"),
        ("5.2.1.1", fresh, "Cache-Control: max-age=30", "fwd=request"),
        ("5.2.1.1", fresh, "Cache-Control: max-age=0", "fwd=request"),
        ("5.2.1.1", fresh, "Cache-Control: max-age=nothing", "fwd=request"),
        ("5.2.1.3", fresh, "Cache-Control: min-fresh=50", "hit"),
        ("5.2.1.3", fresh, "Cache-Control: min-fresh=70", "fwd=request"),
        ("5.2.1.4", fresh, "Cache-Control: no-cache", "fwd=request"),
        ("5.4", fresh, "Pragma: no-cache", "fwd=request"),
        ("5.4", fresh, "Pragma: no-cache|Cache-Control: max-age=50", "hit"),
        ("5.2.1.5", fresh, "Cache-Control: no-store", "fwd=bypass"),
        ("5.2.1.7", fresh, "Cache-Control: only-if-cached", "hit"),
        ("5.2.1.7", fresh, "Cache-Control: only-if-cached, no-cache", "detail=only-if-cached"),
        ("4.2.4", stale, "", "fwd=stale"),
        ("5.2.1.2", stale, "Cache-Control: max-stale=50", "hit"),
        ("5.2.1.2", stale, "Cache-Control: max-stale", "hit"),
        ("5.2.1.2", stale, "Cache-Control: max-stale=30", "fwd=stale"),
        ("5.2.2.2", late, "Cache-Control: max-stale", "fwd=stale"),
        ("5.2.2.10", shared, "Cache-Control: max-stale", "fwd=stale"),
        ("5.2.1.7", stale, "Cache-Control: only-if-cached", "detail=only-if-cached"),
    ] {
        let service = upstream([with(stored, "one"), with(stored, "two")]).await;
        let app = app(&service, json!({})).await;
        assert_eq!(get(&app, "").await.text(), "one");
        let reply = get(&app, said).await;
        assert!(status(&reply).contains(expected), "{section} {stored} {said}: {}", status(&reply));
        let asked = if expected.starts_with("fwd") { 2 } else { 1 };
        assert_eq!(service.requests(), asked, "{section} {stored} {said}");
        if expected.starts_with("detail") {
            assert_eq!((reply.status, reply.code().as_str()), (504, "not-cached"), "{section}");
        }
        if expected == "hit" {
            let age: u64 = reply.header("age").unwrap().parse().unwrap();
            assert!((40..50).contains(&age) || (140..150).contains(&age), "{age}");
        }
    }
    let service = upstream([ok("x")]).await;
    let app = app(&service, json!({})).await;
    assert_eq!(get(&app, "Cache-Control: only-if-cached").await.status, 504);
    assert_eq!(service.requests(), 0, "nothing is asked for who wants nothing asked");
}

#[actix_rt::test]
async fn a_client_that_has_the_answer_gets_304_from_the_store() {
    let service =
        upstream([with(&format!("Cache-Control: max-age=60|ETag: \"v1\"|Last-Modified: {DATE_OLD}|Content-Type: text/plain"), "one")])
            .await;
    let app = app(&service, json!({})).await;
    get(&app, "").await;
    for (section, said, code) in [
        ("9110 13.1.2", "If-None-Match: \"v1\"", 304),
        ("9110 13.1.2", "If-None-Match: W/\"v1\"", 304),
        ("9110 13.1.2", "If-None-Match: \"v0\", \"v1\"", 304),
        ("9110 13.1.2", "If-None-Match: *", 304),
        ("9110 13.1.2", "If-None-Match: \"v0\"", 200),
        ("9110 13.1.3", &format!("If-Modified-Since: {DATE_OLD}"), 304),
        ("9110 13.1.3", "If-Modified-Since: Sat, 05 Nov 1994 08:49:37 GMT", 200),
        ("9110 13.2.2", &format!("If-None-Match: \"v0\"|If-Modified-Since: {DATE_OLD}"), 200),
    ] {
        let reply = get(&app, said).await;
        assert_eq!((reply.status, reply.text().as_str()), (code, if code == 304 { "" } else { "one" }), "{section} {said}");
        assert!(is_hit(&reply) && reply.header("etag") == Some("\"v1\""), "{}", reply.head);
        assert_eq!(reply.header("content-type").is_some(), code == 200, "{}", reply.head);
    }
    let head = app.send(&request("HEAD", "/x", "")).await;
    assert_eq!((head.status, head.header("content-length"), is_hit(&head)), (200, Some("3"), true), "9111 4: HEAD from GET");
    assert_eq!(service.requests(), 1);
}

#[actix_rt::test]
async fn a_stale_response_is_validated_with_the_service() {
    // RFC 9111, 4.3.
    let stale = format!("Cache-Control: max-age=10|Age: 20|ETag: \"v1\"|Last-Modified: {DATE_OLD}");
    let fresh = "HTTP/1.1 304 Not Modified\r\nCache-Control: max-age=60\r\nETag: \"v1\"\r\nX-New: yes\r\nContent-Type: text/wrong\r\n\r\n";
    let service = upstream([with(&format!("{stale}|Content-Type: text/plain"), "one"), fresh.to_owned(), with("", "two")]).await;
    let app = app(&service, json!({})).await;
    get(&app, "").await;
    // The client's own validators do not go on: their answer could not be stored.
    let reply = get(&app, "If-None-Match: \"mine\"").await;
    assert_eq!((reply.status, reply.text().as_str(), status(&reply)), (200, "one", "fm-gateway; fwd=stale; fwd-status=304; stored"));
    let asked = service.last().to_lowercase();
    assert!(
        asked.contains("if-none-match: \"v1\"\r\n") && asked.contains(&format!("if-modified-since: {}\r\n", DATE_OLD.to_lowercase())),
        "{asked}"
    );
    assert!(!asked.contains("mine"), "{asked}");
    let reply = get(&app, "If-None-Match: \"v1\"").await;
    assert!(reply.status == 304 && is_hit(&reply), "{}", reply.head);
    let reply = get(&app, "").await;
    assert_eq!((reply.text().as_str(), reply.header("x-new"), reply.header("content-type")), ("one", Some("yes"), Some("text/plain")));
    assert_eq!(service.requests(), 2);
}

#[actix_rt::test]
async fn what_validation_brings_takes_the_place_of_what_was_stored() {
    let stale = "Cache-Control: max-age=10|Age: 20|ETag: \"v1\"";
    let not_modified = |headers: &str| answer(304, headers, "").replace("Content-Length: 0\r\n", "");
    for (what, second, code, body, then) in [
        ("a new one", with("Cache-Control: max-age=60|ETag: \"v2\"", "two"), 200, "two", true),
        ("a new one that is private", with("Cache-Control: private", "two"), 200, "two", false),
        ("none any more", answer(404, "", "gone"), 404, "gone", false),
        ("the old one, private from now on", not_modified("Cache-Control: private"), 200, "one", false),
        ("the old one with a cookie", not_modified("Cache-Control: max-age=60|Set-Cookie: a=b"), 200, "one", false),
        ("another one than was asked for", not_modified("Cache-Control: max-age=60|ETag: \"v9\""), 200, "one", false),
        ("the old one, as it was", not_modified("Cache-Control: max-age=60"), 200, "one", true),
    ] {
        let service = upstream([with(stale, "one"), second, with("Cache-Control: no-store", "three")]).await;
        let app = app(&service, json!({})).await;
        get(&app, "").await;
        let reply = get(&app, "").await;
        assert_eq!((reply.status, reply.text().as_str()), (code, body), "{what}");
        let reply = get(&app, "").await;
        assert_eq!((is_hit(&reply), reply.text().as_str()), (then, if then { body } else { "three" }), "{what}");
        assert!(then || !service.last().contains("if-none-match"), "{what}: it is forgotten");
    }
}

#[actix_rt::test]
async fn a_stale_response_is_given_while_it_is_asked_for_anew() {
    // RFC 5861, 3.
    let none = json!({});
    for (headers, settings, is_given) in [
        ("max-age=10, stale-while-revalidate=60", &none, true),
        ("max-age=10, stale-while-revalidate=5", &none, false),
        ("max-age=10", &json!({"stale_while_revalidate": "1m"}), true),
        ("max-age=10, stale-while-revalidate=0", &json!({"stale_while_revalidate": "1m"}), false),
        ("s-maxage=10", &json!({"stale_while_revalidate": "1m"}), false),
        ("s-maxage=10, stale-while-revalidate=60", &none, true),
        ("max-age=10, must-revalidate, stale-while-revalidate=60", &none, false),
        ("max-age=10, no-cache, stale-while-revalidate=60", &none, false),
    ] {
        let stale = with(&format!("Cache-Control: {headers}|Age: 20|ETag: \"e\""), "one");
        let service = upstream([stale, with("Cache-Control: max-age=60", "two")]).await;
        let app = app(&service, settings.clone()).await;
        get(&app, "").await;
        let reply = get(&app, "").await;
        assert_eq!((is_hit(&reply), reply.text().as_str()), (is_given, if is_given { "one" } else { "two" }), "{headers} {settings}");
        if is_given {
            assert!(status(&reply).contains("; ttl=-1"), "{}", status(&reply));
            soon(async { while get(&app, "").await.text() != "two" {} }).await;
        }
        assert_eq!(service.requests(), 2, "{headers}: one asks for all");
    }
}

#[actix_rt::test]
async fn a_stale_response_is_given_while_the_service_fails() {
    // RFC 5861, 4.
    let none = json!({});
    for (headers, settings, said, second, is_given) in [
        ("max-age=10, stale-if-error=60", &none, "", answer(503, "", "bad"), true),
        ("max-age=10, stale-if-error=60", &none, "", answer(500, "", "bad"), true),
        ("max-age=10, stale-if-error=60", &none, "", answer(404, "", "bad"), false),
        ("max-age=10, stale-if-error=60", &none, "", "no HTTP at all\r\n\r\n".to_owned(), true),
        ("max-age=10, stale-if-error=5", &none, "", answer(503, "", "bad"), false),
        ("max-age=10, stale-if-error=60", &none, "Cache-Control: no-cache", answer(503, "", "bad"), false),
        ("max-age=10, stale-if-error=60", &none, "Cache-Control: max-age=30", answer(503, "", "bad"), false),
        ("max-age=10", &json!({"stale_if_error": "1m"}), "", answer(503, "", "bad"), true),
        ("s-maxage=10", &json!({"stale_if_error": "1m"}), "", answer(503, "", "bad"), false),
        ("max-age=10", &none, "Cache-Control: stale-if-error=60", answer(503, "", "bad"), true),
        ("max-age=10, must-revalidate, stale-if-error=60", &none, "", answer(503, "", "bad"), false),
    ] {
        let service = upstream([with(&format!("Cache-Control: {headers}|Age: 20|ETag: \"e\""), "one"), second]).await;
        let app = app(&service, settings.clone()).await;
        get(&app, "").await;
        for _ in 0..2 {
            let reply = get(&app, said).await;
            assert_eq!((reply.status == 200, reply.text() == "one"), (is_given, is_given), "{headers} {settings} {said}: {}", reply.head);
            assert_eq!(status(&reply).contains("detail=stale-if-error"), is_given, "{}", status(&reply));
            if !is_given {
                break;
            }
        }
    }
}

/// A service that answers each request when it is told to.
async fn held(answer: String) -> (Upstream, Rc<Notify>) {
    let go = Rc::new(Notify::new());
    let told = go.clone();
    let service = Upstream::start(move |mut connection| {
        let (answer, told) = (answer.clone(), told.clone());
        async move {
            while connection.request().await.is_some() {
                told.notified().await;
                connection.write(&answer).await;
            }
        }
    })
    .await;
    (service, go)
}

#[actix_rt::test]
async fn of_many_who_ask_at_once_one_goes_to_the_service() {
    let (service, go) = held(with("Cache-Control: max-age=60", "one")).await;
    let app = app(&service, json!({"wait": "1m"})).await;
    let (mut all, waiters) = (Vec::new(), 20);
    for _ in 0..waiters {
        let mut client = app.connect().await;
        client.send(request("GET", "/x", "")).await;
        all.push(client);
    }
    app.counts(&format!("gateway_under_way {waiters}")).await;
    go.notify_one();
    let mut collapsed = 0;
    for mut client in all {
        let reply = soon(client.reply(false)).await.unwrap();
        assert_eq!(reply.text(), "one");
        collapsed += usize::from(status(&reply).contains("collapsed"));
    }
    assert_eq!((service.requests(), collapsed), (1, waiters - 1));
}

#[actix_rt::test]
async fn nobody_waits_longer_than_is_set_nor_for_what_is_nobody_elses() {
    let (service, go) = held(with("Cache-Control: private", "one")).await;
    let app = app(&service, json!({"wait": "10ms"})).await;
    let mut first = app.connect().await;
    first.send(request("GET", "/x", "")).await;
    until("one is asked", || service.requests() == 1).await;
    let mut second = app.connect().await;
    second.send(request("GET", "/x", "")).await;
    until("the other one does not wait for ever", || service.requests() == 2).await;
    go.notify_one();
    go.notify_one();
    for mut client in [first, second] {
        go.notify_one();
        assert_eq!(soon(client.reply(false)).await.unwrap().status, 200);
    }
    app.publish(json!([route(&service, json!({"wait": "1m"}))])).await;
    let mut first = app.connect().await;
    first.send(request("GET", "/x", "")).await;
    go.notify_one();
    soon(first.reply(false)).await.unwrap();
    let before_it = service.requests();
    let mut both = [app.connect().await, app.connect().await];
    for client in &mut both {
        client.send(request("GET", "/x", "")).await;
    }
    until("both are asked for", || service.requests() == before_it + 2).await;
}

#[actix_rt::test]
async fn one_who_goes_away_leaves_the_others_their_answer() {
    let (service, go) = held(with("Cache-Control: max-age=60", "one")).await;
    let app = app(&service, json!({"wait": "1m"})).await;
    let mut first = app.connect().await;
    first.send(request("GET", "/x", "")).await;
    until("one is asked", || service.requests() == 1).await;
    let mut second = app.connect().await;
    second.send(request("GET", "/x", "")).await;
    app.counts("gateway_under_way 2").await;
    drop(first);
    until("the other one asks", || service.requests() == 2).await;
    go.notify_waiters();
    assert_eq!(soon(second.reply(false)).await.unwrap().text(), "one");
}

#[actix_rt::test]
async fn requests_that_differ_in_what_the_service_gets_share_nothing() {
    // Unkeyed inputs are how caches are poisoned: each row is a neighbour that must not get the first one's answer, or may.
    let plain = "Cache-Control: public, max-age=60";
    let first = request("GET", "/a?x=1", "");
    for (what, headers, second, may_share) in [
        ("the same", plain, first.clone(), true),
        ("another path", plain, request("GET", "/a/?x=1", ""), false),
        ("another case", plain, request("GET", "/A?x=1", ""), false),
        ("another query", plain, request("GET", "/a?x=2", ""), false),
        ("a query twice", plain, request("GET", "/a?x=1&x=2", ""), false),
        ("another order", plain, request("GET", "/a?x=1&y=2", ""), false),
        ("an escaped query", plain, request("GET", "/a?%78=1", ""), false),
        ("a semicolon", plain, request("GET", "/a?x=1;y=2", ""), false),
        ("no query", plain, request("GET", "/a", ""), false),
        ("an escaped path that is the same", plain, request("GET", "/%61?x=1", ""), true),
        ("a path that climbs to the same", plain, request("GET", "/b/../a?x=1", ""), true),
        ("an escaped question mark", plain, request("GET", "/a%3Fx=1", ""), false),
        ("another host", plain, first.replace("market.test", "evil.test"), false),
        ("another port", plain, first.replace("market.test", "market.test:8080"), false),
        ("the same host in another case", plain, first.replace("market.test", "MARKET.test"), true),
        ("another method", plain, first.replace("GET", "OPTIONS"), false),
        ("a body", plain, first.replace("\r\n\r\n", "\r\nContent-Length: 1\r\n\r\n!"), false),
        (
            "another language, and it matters",
            "Cache-Control: public, max-age=60|Vary: Accept-Language",
            request("GET", "/a?x=1", "Accept-Language: de"),
            false,
        ),
        ("another language, and it does not matter", plain, request("GET", "/a?x=1", "Accept-Language: de"), true),
        // What a client says in these is never what the service gets, so that nothing can be made of them.
        ("a forwarded host", plain, request("GET", "/a?x=1", "X-Forwarded-Host: evil.test"), true),
        ("a forwarded scheme", plain, request("GET", "/a?x=1", "X-Forwarded-Proto: https"), true),
        ("another path for proxies", plain, request("GET", "/a?x=1", "X-Original-URL: /admin"), true),
        ("another method for frameworks", plain, request("GET", "/a?x=1", "X-HTTP-Method-Override: DELETE"), true),
        ("a header of the connection", plain, request("GET", "/a?x=1", "Connection: X-Hop|X-Hop: evil"), true),
        ("an identity", plain, request("GET", "/a?x=1", "X-User-Id: admin"), true),
    ] {
        let service = upstream([with(headers, "one"), with(headers, "two")]).await;
        let app = open(&service).await;
        // Who wants to poison asks first; the other way round is the same row.
        let (poisoned, clean) = (app.send(&second).await, app.send(&first).await);
        assert_eq!(poisoned.text(), "one", "{what}");
        assert_eq!(clean.text(), if may_share { "one" } else { "two" }, "{what}: {}", clean.head);
        let asked = service.seen.borrow().first().unwrap().to_lowercase();
        assert!(!asked.contains("evil") || what == "another host", "{what}: {asked}");
    }
}

#[actix_rt::test]
async fn who_comes_over_another_scheme_or_with_headers_that_a_route_lets_in_gets_another_answer() {
    let service = upstream(["one", "two", "three", "four"].map(|body| with("Cache-Control: public, max-age=60", body))).await;
    let mut route = route(&service, json!({}));
    route["allow_headers"] = json!(["x-user-id"]);
    let app = TestApp::with(json!([route]), |settings, _| settings.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()]).await;
    for (said, body) in [("", "one"), ("X-Forwarded-Proto: https", "two"), ("X-User-Id: ann", "three"), ("X-User-Id: bob", "four")] {
        assert_eq!(get(&app, said).await.text(), body, "{said}");
    }
    assert_eq!(get(&app, "X-User-Id: ann").await.text(), "three");
    assert_eq!(get(&app, "").await.text(), "one");
}

#[actix_rt::test]
async fn each_variant_is_stored_for_itself() {
    // RFC 9111, 4.1.
    let service = Upstream::start(move |mut connection| async move {
        while let Some(asked) = connection.request().await {
            let language = asked.lines().find_map(|line| line.strip_prefix("accept-language: ")).unwrap_or("none").to_owned();
            connection.write(with("Cache-Control: max-age=60|Vary: accept-language", &language)).await;
        }
    })
    .await;
    let app = app(&service, json!({})).await;
    let all = ["", "Accept-Language: de", "Accept-Language: en", "Accept-Language: de, en", "Accept-Language: de|Accept-Language: fr"];
    for (n, said) in all.iter().enumerate() {
        let reply = get(&app, said).await;
        assert!(status(&reply).contains(if n == 0 { "fwd=uri-miss" } else { "fwd=vary-miss" }), "{said}: {}", status(&reply));
    }
    for (said, body) in [("", "none"), ("Accept-Language: de", "de"), ("Accept-Language: en", "en"), ("Accept-Language: de, en", "de, en")]
    {
        let reply = get(&app, said).await;
        assert_eq!((is_hit(&reply), reply.text().as_str()), (true, body));
    }
    assert_eq!(service.requests(), all.len());
}

#[actix_rt::test]
async fn an_unsafe_method_forgets_what_it_has_changed() {
    // RFC 9111, 4.4.
    for (method, path, headers, code, is_forgotten) in [
        ("POST", "/x", "", 200, true),
        ("PUT", "/x", "", 204, true),
        ("DELETE", "/x", "", 200, true),
        ("PATCH", "/x", "", 303, true),
        ("BREW", "/x", "", 200, true),
        ("POST", "/x", "", 400, false),
        ("POST", "/x", "", 500, false),
        ("OPTIONS", "/x", "", 200, false),
        ("POST", "/y", "", 200, false),
        ("POST", "/x?q=1", "", 200, false),
        ("POST", "/y", "Location: /x", 201, true),
        ("POST", "/y", "Location: http://market.test/x#part", 201, true),
        ("POST", "/y", "Content-Location: /x", 200, true),
        ("POST", "/y", "Location: http://other.test/x", 201, false),
        ("POST", "/y", "Location: //other.test/x", 201, false),
    ] {
        let reader = upstream([with("Cache-Control: max-age=60", "one"), with("Cache-Control: max-age=60", "two")]).await;
        let writer = upstream([answer(code, headers, "").replace(if code == 204 { "Content-Length: 0\r\n" } else { "\0" }, "")]).await;
        // Reads and writes are routes of their own, as in most tables.
        let (mut reads, writes) = (route(&reader, json!({})), route(&writer, json!({})));
        reads["methods"] = json!(["GET"]);
        let app = TestApp::with_routes(json!([reads, writes])).await;
        get(&app, "").await;
        let reply = app.send(&request(method, path, "Content-Length: 0")).await;
        assert_eq!(reply.status, code, "{method} {path}");
        assert_eq!(get(&app, "").await.text(), if is_forgotten { "two" } else { "one" }, "{method} {path} {headers} {code}");
    }
}

#[actix_rt::test]
async fn what_was_asked_for_before_a_change_is_not_stored_after_it() {
    let (reader, go) = held(with("Cache-Control: max-age=60", "before")).await;
    let writer = upstream([ok("")]).await;
    let (mut reads, writes) = (route(&reader, json!({})), route(&writer, json!({})));
    reads["methods"] = json!(["GET"]);
    let app = TestApp::with_routes(json!([reads, writes])).await;
    let mut early = app.connect().await;
    early.send(request("GET", "/x", "")).await;
    until("it is asked for", || reader.requests() == 1).await;
    app.send(&request("POST", "/x", "Content-Length: 0")).await;
    go.notify_one();
    assert_eq!(soon(early.reply(false)).await.unwrap().text(), "before");
    go.notify_one();
    assert!(!is_hit(&get(&app, "").await));
}

#[actix_rt::test]
async fn a_body_that_is_cut_off_or_has_no_certain_end_is_never_stored() {
    // RFC 9111, 3.3.
    let filler = "x".repeat(100_000);
    for (what, first) in [
        ("shorter than its length", format!("Content-Length: 200000\r\n\r\n{filler}")),
        ("no last chunk", format!("Transfer-Encoding: chunked\r\n\r\n186a0\r\n{filler}\r\n")),
        ("half a chunk", format!("Transfer-Encoding: chunked\r\n\r\n186a1\r\n{filler}")),
        ("a small one that is shorter", "Content-Length: 10\r\n\r\nhalf".to_owned()),
        ("an end that is that of its connection", format!("\r\n{filler}")),
    ] {
        let first = format!("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n{first}");
        let served = Rc::new(Cell::new(false));
        let service = Upstream::start(move |mut connection| {
            let (first, served) = (first.clone(), served.clone());
            async move {
                connection.request().await;
                let again = served.replace(true);
                connection.write(if again { with("Cache-Control: max-age=60", "whole") } else { first }).await;
            }
        })
        .await;
        let app = app(&service, json!({})).await;
        get(&app, "").await;
        let reply = get(&app, "").await;
        assert_eq!((is_hit(&reply), reply.text().as_str()), (false, "whole"), "{what}");
        assert!(is_hit(&get(&app, "").await), "{what}: a whole one is");
    }
}

#[actix_rt::test]
async fn a_streamed_body_is_stored_at_its_end_and_passes_piece_by_piece_before() {
    let next = Rc::new(Notify::new());
    let go = next.clone();
    let service = Upstream::start(move |mut connection| {
        let go = go.clone();
        async move {
            while connection.request().await.is_some() {
                connection.write("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n").await;
                go.notified().await;
                connection.write("3\r\ntwo\r\n0\r\n\r\n").await;
            }
        }
    })
    .await;
    let app = app(&service, json!({"wait": "1m"})).await;
    let mut client = app.connect().await;
    client.send(request("GET", "/x", "")).await;
    client.head().await;
    assert_eq!(client.chunk().await.unwrap(), b"one");
    let mut waiting = app.connect().await;
    waiting.send(request("GET", "/x", "")).await;
    next.notify_one();
    assert_eq!(client.chunk().await.unwrap(), b"two");
    assert_eq!(client.chunk().await.unwrap(), b"");
    let reply = soon(waiting.reply(false)).await.unwrap();
    assert_eq!((reply.text().as_str(), reply.header("content-length"), service.requests()), ("onetwo", Some("6"), 1));
}

#[actix_rt::test]
async fn a_client_that_leaves_in_the_middle_leaves_nothing_behind() {
    let service = Upstream::start(move |mut connection| async move {
        while connection.request().await.is_some() {
            connection.write("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 70000\r\n\r\nbegun").await;
            connection.closed().await;
        }
    })
    .await;
    let app = app(&service, json!({})).await;
    for asked in 1..3 {
        let mut client = app.connect().await;
        client.send(request("GET", "/x", "")).await;
        client.head().await;
        assert_eq!(service.requests(), asked);
        drop(client);
        until("the service is told", || service.ended.get() == asked).await;
    }
    app.counts("gateway_cache_bytes 0").await;
}

#[actix_rt::test]
async fn what_is_too_large_a_part_or_an_event_stream_passes_untouched() {
    let large = "x".repeat(3000);
    let chunked = format!("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\nbb8\r\n{large}\r\n0\r\n\r\n");
    let part = answer(206, "Cache-Control: max-age=60|Content-Range: bytes 0-2/9", "one");
    let events = "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n0\r\n\r\n";
    for (what, said, first, body) in [
        ("known length", "", with("Cache-Control: max-age=60", &large), large.as_str()),
        ("unknown length", "", chunked, &large),
        ("range", "Range: bytes=0-2", part, "one"),
        ("events", "Accept: text/event-stream", events.to_owned(), "one"),
        ("condition", "If-Match: \"a\"", with("Cache-Control: max-age=60", "one"), "one"),
    ] {
        let service = upstream([first]).await;
        let app = app(&service, json!({"max_entry_bytes": 2048})).await;
        for asked in 1..3 {
            let reply = get(&app, said).await;
            assert_eq!((reply.complete, reply.text().as_str()), (true, body), "{what}");
            assert_eq!(service.requests(), asked, "{what}");
        }
        if said.starts_with("Range") {
            assert!(service.last().contains("range: bytes=0-2"));
        }
    }
}

#[actix_rt::test]
async fn a_part_is_asked_for_although_the_whole_is_stored() {
    let service = upstream([with("Cache-Control: max-age=60", "whole"), answer(206, "Content-Range: bytes 0-0/5", "w")]).await;
    let app = app(&service, json!({})).await;
    get(&app, "").await;
    let part = get(&app, "Range: bytes=0-0").await;
    assert_eq!((part.status, part.text().as_str(), status(&part)), (206, "w", "fm-gateway; fwd=bypass"));
    assert_eq!(get(&app, "").await.text(), "whole");
}

#[actix_rt::test]
async fn memory_is_bounded_and_what_was_not_asked_for_longest_goes_first() {
    let body = "x".repeat(2000);
    let service = upstream([with("Cache-Control: max-age=60", &body)]).await;
    let app = app(&service, json!({"max_bytes": 10_000, "max_entry_bytes": 4000})).await;
    let ask = async |path: &str| is_hit(&app.get(path).await);
    for path in ["/1", "/2", "/3"] {
        assert!(!ask(path).await);
    }
    assert!(ask("/1").await);
    for n in 4..40 {
        assert!(!ask(&format!("/{n}")).await);
        assert!(ask("/1").await, "what is asked for stays");
        let metrics = app.metrics().await;
        let bytes: usize = metrics.lines().find_map(|line| line.strip_prefix("gateway_cache_bytes ")).unwrap().parse().unwrap();
        assert!((2000..=10_000).contains(&bytes), "{bytes}");
    }
    assert!(!ask("/2").await);
    // Variants are bounded like everything else, and a table that goes takes its answers with it.
    app.publish(json!([{"path": "/**", "plugins": [{"plugin": "respond"}]}])).await;
    app.counts("gateway_cache_bytes 0").await;
}

#[actix_rt::test]
async fn a_table_serves_nothing_of_the_table_before() {
    let (one, two) =
        (upstream([with("Cache-Control: max-age=60", "one")]).await, upstream([with("Cache-Control: max-age=60", "two")]).await);
    let app = app(&one, json!({})).await;
    get(&app, "").await;
    assert!(is_hit(&get(&app, "").await));
    app.publish(json!([route(&two, json!({}))])).await;
    assert_eq!(get(&app, "").await.text(), "two");
    // Two routes for one address share nothing either.
    let mut beta = route(&two, json!({}));
    beta["predicates"] = json!([{"header": "x-channel", "equals": "beta"}]);
    app.publish(json!([route(&one, json!({})), beta])).await;
    for _ in 0..2 {
        assert_eq!(get(&app, "").await.text(), "one");
        assert_eq!(get(&app, "X-Channel: beta").await.text(), "two");
    }
}

#[actix_rt::test]
async fn a_request_that_a_plugin_behind_the_cache_changes_is_not_stored() {
    let rewrite = json!({"plugin": "rewrite", "settings": {"path": "/${header.x-tenant}"}});
    let set = json!({"plugin": "headers", "settings": {"request": {"set": {"x-from": "${client.ip}"}}}});
    for (changing, is_behind) in [(&rewrite, true), (&set, true), (&rewrite, false)] {
        let service = upstream(["one", "two", "three"].map(|body| with("Cache-Control: max-age=60", body))).await;
        let mut route = route(&service, json!({}));
        route["plugins"].as_array_mut().unwrap().insert(if is_behind { 2 } else { 1 }, changing.clone());
        let app = TestApp::with_routes(json!([route])).await;
        assert_eq!(get(&app, "X-Tenant: evil").await.text(), "one");
        assert_eq!(get(&app, "X-Tenant: good").await.text(), "two", "{changing} behind: {is_behind}");
        assert_eq!(get(&app, "X-Tenant: good").await.text(), if is_behind { "three" } else { "two" }, "{changing}");
    }
}

#[actix_rt::test]
async fn what_decides_who_may_ask_stands_before_the_cache() {
    let service = upstream([ok("x")]).await;
    let app = app(&service, json!({})).await;
    let guards = [
        json!({"plugin": "authentication"}),
        json!({"plugin": "authentication", "settings": {"optional": true}}),
        json!({"plugin": "ip", "settings": {"deny": ["10.0.0.0/8"]}}),
    ];
    for guard in guards {
        let plugins = json!([{"plugin": "cache"}, guard, {"plugin": "respond"}]);
        put(&app.registry, &table_of(json!([{"path": "/**", "plugins": plugins}])).to_string()).await;
        until("it is refused", || format!("{:?}", app.table().problems).contains("plugin-order")).await;
        app.publish(json!([route(&service, json!({}))])).await;
    }
    let off = json!([{"plugin": "cache"}, {"plugin": "authentication", "enabled": false}, {"plugin": "respond"}]);
    app.publish(json!([{"path": "/**", "plugins": off}])).await;
}

#[actix_rt::test]
async fn what_the_cache_does_is_counted_by_route() {
    let stale = with("Cache-Control: max-age=10, stale-if-error=60|Age: 20|ETag: \"e\"", "two");
    let not_modified = answer(304, "Age: 20", "").replace("Content-Length: 0\r\n", "");
    let service = upstream([with("Cache-Control: max-age=60", "one"), with("", ""), stale, not_modified, answer(503, "", "")]).await;
    let app = app(&service, json!({})).await;
    for (path, said) in [("/a", ""), ("/a", ""), ("/a", "Cache-Control: no-store"), ("/b", ""), ("/b", ""), ("/b", "")] {
        assert_eq!(app.send(&request("GET", path, said)).await.status, 200);
    }
    assert_eq!(service.requests(), 5);
    for (outcome, count) in [("hit", 1), ("miss", 2), ("bypass", 1), ("revalidated", 1), ("stale", 1)] {
        app.counts(&format!("gateway_cache_requests_total{{route=\"route-0\",outcome=\"{outcome}\"}} {count}")).await;
    }
}
