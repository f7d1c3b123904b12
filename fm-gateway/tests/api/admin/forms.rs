//! The forms of the dashboard: a new route step by step, what is wrong in the reader's language, secrets, long lists.

use super::app;
use crate::support::{Browser, Operator, TestApp};
use serde_json::json;

fn location(reply: &crate::support::Reply) -> &str {
    reply.header("location").unwrap_or_default()
}

#[actix_rt::test]
async fn a_new_route_goes_from_its_general_part_to_the_review() {
    let app = app().await;
    let browser = Browser::of(&Operator::admin(&app).await);
    let form =
        [("id", "cars"), ("path", "/cars/{id}"), ("methods", "GET, HEAD"), ("leads", "service"), ("service", "fm-cars"), ("private", "1")];
    let made = browser.submit("/admin/new-route", &form).await;
    assert_eq!(location(&made), "/admin/routes/cars?new=1&done=saved", "{}", made.text());
    let pipeline = browser.page(location(&made)).await;
    for wanted in ["authentication", "discovery", "proxy", "aria-current=\"step\"", "Next: test"] {
        assert!(pipeline.contains(wanted), "{wanted}: {pipeline}");
    }
    let general = [("path", "/cars/{id}"), ("priority", "0"), ("max_body", "1048576"), ("active", "1"), ("new", "1")];
    let moved = browser.submit("/admin/routes/cars", &[&general[..], &[("do", "up 1")]].concat()).await;
    assert_eq!(location(&moved), "/admin/routes/cars?new=1&done=saved&focus=up.0");
    let next = browser.submit("/admin/routes/cars", &[&general[..], &[("do", "test")]].concat()).await;
    // Heads are in lower case here.
    assert_eq!(location(&next), "/admin/test?url=%2fcars%2f1&new=cars");
    assert!(browser.page(location(&next)).await.contains("/admin/publish?new=cars"));
    assert!(browser.page("/admin/publish?new=cars").await.contains("aria-current=\"step\""));
}

#[actix_rt::test]
async fn a_new_route_that_cannot_be_taken_keeps_what_was_typed_and_says_why() {
    let app = app().await;
    let browser = Browser::of(&Operator::admin(&app).await);
    for (fields, why) in [
        ([("id", "all"), ("path", "/kept"), ("leads", "answer"), ("name", "kept")], "another route has this id"),
        ([("id", "Not so"), ("path", "/kept"), ("leads", "answer"), ("name", "kept")], "must have 1 to 64"),
        ([("id", "a"), ("path", "kept"), ("leads", "answer"), ("name", "kept")], "a path starts with /"),
        ([("id", "a"), ("path", "/kept"), ("leads", "service"), ("name", "kept")], "is missing"),
    ] {
        let page = browser.submit("/admin/new-route", &fields).await.text();
        assert!(page.contains(why) && page.contains("aria-invalid") && page.contains("kept"), "{why}: {page}");
    }
    assert!(browser.page("/admin/publish").await.contains("Your draft has no changes."));
}

#[actix_rt::test]
async fn errors_are_in_the_language_of_the_page() {
    let app = app().await;
    let browser = Browser::of(&Operator::admin(&app).await);
    let general = [("path", "/**"), ("priority", "0"), ("max_body", "1048576"), ("active", "1"), ("public", "1")];
    browser.submit("/admin/routes/all", &[&general[..], &[("add", "rate-limit"), ("do", "add")]].concat()).await;
    for path in ["/admin/routes/all", "/admin/publish", "/admin/routes"] {
        for (language, wanted, other) in [("de", "fehlt", "is missing"), ("en", "is missing", "fehlt")] {
            let page = browser.page(&format!("{path}?lang={language}")).await;
            assert!(page.contains(wanted) && !page.contains(other), "{path} {language}: {page}");
        }
    }
}

#[actix_rt::test]
async fn secrets_in_predicates_and_numbers_are_shown_nowhere_and_survive_an_edit() {
    let route = json!({"id": "all", "path": "/**", "public": true, "predicates": [{"header": "x-api-key", "equals": "k-4711"}], "plugins": [
        {"plugin": "headers", "settings": {"request": {"set": {"x-pin": "p-4712"}}}}, {"plugin": "respond"}]});
    let open = json!({"id": "open", "path": "/open", "public": true, "plugins": [{"plugin": "respond"}]});
    let app = TestApp::with_routes(json!([route, open])).await;
    let admin = Operator::admin(&app).await;
    let browser = Browser::of(&admin);
    let form =
        [("path", "/open"), ("priority", "0"), ("max_body", "1048576"), ("active", "1"), ("public", "1"), ("name", "x"), ("do", "save")];
    assert_eq!(browser.submit("/admin/routes/open", &form).await.status, 303);
    for path in [
        "/admin/routes/all",
        "/admin/publish",
        "/admin/backup",
        "/admin/api/backup",
        "/admin/api/table",
        "/admin/api/draft",
        "/admin/api/routes",
    ] {
        let shown = browser.page(path).await;
        assert!(!shown.contains("k-4711") && !shown.contains("p-4712"), "{path}: {shown}");
    }
    let published = browser.submit("/admin/publish", &[("do", "publish")]).await;
    assert_eq!(published.status, 303, "{}", published.text());
    let (table, _) = fm_gateway::table::fetch(&app.registry).await.unwrap().unwrap();
    assert_eq!(table.routes[0].predicates[0].equals.as_deref(), Some("k-4711"));
    for path in ["/admin/audit", "/admin/history", "/admin/api/audit"] {
        let shown = browser.page(path).await;
        assert!(!shown.contains("k-4711") && !shown.contains("p-4712"), "{path}: {shown}");
    }
}

#[actix_rt::test]
async fn a_long_list_of_changes_is_cut_and_names_the_rest() {
    let app = app().await;
    let browser = Browser::of(&Operator::admin(&app).await);
    let route =
        |n: usize| json!({"id": format!("r-{n:03}"), "path": format!("/r/{n}"), "public": true, "plugins": [{"plugin": "respond"}]});
    let backup = json!({"table": {"format": 1, "routes": (0..80).map(route).collect::<Vec<_>>()}}).to_string();
    let preview = browser.post("/admin/backup", &[("text", &backup), ("do", "preview")]).await.text();
    assert_eq!(preview.matches("class=\"diff\"").count(), 50);
    assert!(preview.contains("31 more routes") && preview.contains("r-079"), "{preview}");
}

#[actix_rt::test]
async fn variables_that_earlier_plugins_provide_are_offered_to_the_settings_of_later_ones() {
    let rewrite = || json!({"plugin": "rewrite", "settings": {"path": "/a"}});
    let app = TestApp::with_routes(json!([{"id": "all", "path": "/cars/{id}", "plugins": [
        rewrite(), {"plugin": "authentication"}, rewrite(), {"plugin": "discovery", "settings": {"service": "fm-cars"}}, {"plugin": "proxy"}]}]))
    .await;
    let browser = Browser::of(&Operator::admin(&app).await);
    let offered = async || {
        let page = browser.page("/admin/routes/all").await;
        let list = |place: usize| {
            let list = page.split(&format!("<datalist id=\"variables-{place}\">")).nth(1)?.split("</datalist>").next()?;
            Some(list.split("value=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect::<Vec<_>>())
        };
        for place in [0, 2] {
            assert!(
                page.contains(&format!("name=\"p.{place}.path\" value=\"/a\"")) && page.contains(&format!("list=\"variables-{place}\"")),
                "{page}"
            );
        }
        assert_eq!((list(1), list(3)), (None, None), "these take no variables: {page}");
        [list(0).unwrap(), list(2).unwrap()]
    };
    let [first, later] = offered().await;
    assert_eq!((first[0].as_str(), first.last().unwrap().as_str()), ("${path.id}", "${route.id}"));
    let identity = ["${identity.sub}", "${identity.roles}", "${identity.scopes}"];
    assert_eq!(later, [&identity.map(str::to_owned)[..], &first[..]].concat());
    let form = [("path", "/cars/{id}"), ("priority", "0"), ("max_body", "1048576"), ("active", "1"), ("public", "1"), ("do", "switch 1")];
    assert_eq!(browser.submit("/admin/routes/all", &form).await.status, 303);
    let [first, later] = offered().await;
    assert_eq!(later, first, "one that is switched off provides nothing");
}
