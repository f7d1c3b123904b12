//! Which requests share an answer, and what makes it forgotten.

use super::*;

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
