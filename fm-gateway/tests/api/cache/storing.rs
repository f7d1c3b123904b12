//! What is stored, and for whom.

use super::*;

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
async fn an_authenticated_client_gets_no_response_of_another() {
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
async fn a_new_table_starts_with_an_empty_cache() {
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
async fn outcomes_of_the_cache_are_counted_by_route() {
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
