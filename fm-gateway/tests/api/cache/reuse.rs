//! When what is stored is given: what requests say, validation, stale answers, one request for many.

use super::*;

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
async fn a_validated_response_replaces_the_stored_one() {
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
async fn a_stale_response_is_served_while_it_is_revalidated() {
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
async fn a_stale_response_is_served_while_the_service_fails() {
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

#[actix_rt::test]
async fn concurrent_requests_are_collapsed_into_one() {
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
async fn collapsed_requests_wait_within_a_limit_and_for_shareable_responses_only() {
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
async fn a_client_that_disconnects_does_not_cancel_a_collapsed_request() {
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
