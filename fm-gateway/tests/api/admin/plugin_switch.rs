//! A plugin that is switched off without being removed.

use crate::support::{Browser, Operator, TestApp, table_of, until};
use fm_gateway::table::fetch;
use serde_json::{Value, json};

const GENERAL: [(&str, &str); 5] = [("path", "/**"), ("priority", "0"), ("max_body", "1048576"), ("active", "1"), ("public", "1")];

/// A route that says who has answered, and that sends a secret to its upstream.
async fn app() -> TestApp {
    let headers = json!({"plugin": "headers", "settings": {
        "request": {"set": {"authorization": "Basic c2VjcmV0"}}, "response": {"set": {"x-answered-by": "the gateway"}}}});
    TestApp::with_routes(json!([{"id": "all", "path": "/**", "plugins": [headers, {"plugin": "respond"}]}])).await
}

async fn enabled(app: &TestApp) -> Vec<bool> {
    let (table, _) = fetch(&app.registry).await.unwrap().unwrap();
    table.routes[0].plugins.iter().map(|stage| stage.enabled).collect()
}

/// What is wrong with these plugins of a route.
async fn problems(admin: &Operator, public: bool, plugins: Value) -> Vec<(String, String)> {
    let table = table_of(json!([{"id": "all", "path": "/**", "public": public, "plugins": plugins}]));
    let problems = admin.json("POST", "/table/validate", json!({"table": table})).await.json()["problems"].clone();
    let text = |problem: &Value, name: &str| problem[name].as_str().unwrap().to_owned();
    problems.as_array().unwrap().iter().map(|problem| (text(problem, "code"), text(problem, "message"))).collect()
}

#[actix_rt::test]
async fn a_plugin_is_switched_off_by_a_form_and_requests_skip_it() {
    let app = app().await;
    let browser = Browser::of(&Operator::admin(&app).await);
    let first = app.table().revision;
    let switch = async || {
        let form = [&GENERAL[..], &[("do", "switch 0")]].concat();
        browser.submit("/admin/routes/all", &form).await.header("location").unwrap().to_owned()
    };
    assert_eq!(app.get("/").await.header("x-answered-by"), Some("the gateway"));
    let next = switch().await;
    assert_eq!(next, "/admin/routes/all?done=saved&focus=switch.0");
    let page = browser.page(&next).await;
    for wanted in
        ["value=\"switch 0\" autofocus aria-checked=\"false\"", "value=\"switch 1\" aria-checked=\"true\"", "switched off, skipped"]
    {
        assert!(page.contains(wanted), "{wanted}: {page}");
    }
    assert!(browser.page(&format!("{next}&lang=de")).await.contains("ausgeschaltet, wird übersprungen"));
    assert!(browser.page("/admin/routes").await.contains("<s>headers</s>"));
    let review = browser.page("/admin/publish").await;
    assert!(review.contains("plugins[0:headers].enabled") && review.contains("the table is valid."), "{review}");
    assert_eq!(browser.submit("/admin/publish", &[("do", "publish")]).await.status, 303);
    until("the publish is in force", || app.table().revision > first).await;
    assert_eq!(app.get("/").await.header("x-answered-by"), None);
    let (revision, second) = (app.table().revision.unwrap(), app.table().revision);

    switch().await;
    let review = browser.page("/admin/publish").await;
    assert!(review.contains("plugins[0:headers].enabled"), "{review}");
    assert_eq!(browser.submit("/admin/publish", &[("do", "publish")]).await.status, 303);
    until("the second publish is in force", || app.table().revision > second).await;
    assert_eq!(app.get("/").await.header("x-answered-by"), Some("the gateway"));
    let version = browser.page(&format!("/admin/history/{revision}")).await;
    assert!(version.contains("plugins[0:headers].enabled"), "{version}");
    assert!(browser.page("/admin/audit").await.contains("plugins[0:headers].enabled"));
}

#[actix_rt::test]
async fn a_plugin_that_is_switched_off_keeps_its_masked_secrets() {
    let app = app().await;
    let admin = Operator::admin(&app).await;
    let switch = async |enabled: bool| {
        let base = admin.get("/table").await.json()["revision"].as_i64().unwrap();
        let mut table = admin.get("/table").await.json()["table"].clone();
        assert!(!table.to_string().contains("c2VjcmV0"), "{table}");
        table["routes"][0]["plugins"][0]["enabled"] = json!(enabled);
        assert_eq!(admin.json_at("PUT", "/table", base, json!({"table": table})).await.status, 200);
    };
    switch(false).await;
    assert_eq!(enabled(&app).await, [false, true]);
    switch(true).await;
    let (table, _) = fetch(&app.registry).await.unwrap().unwrap();
    assert_eq!(table.routes[0].plugins[0].settings["request"]["set"]["authorization"], "Basic c2VjcmV0");
    assert!(table.routes[0].plugins[0].enabled);
}

#[actix_rt::test]
async fn a_plugin_that_is_switched_off_is_checked_and_what_it_does_is_missing() {
    let app = app().await;
    let admin = Operator::admin(&app).await;
    let off = |plugin: &str, settings: Value| json!({"plugin": plugin, "enabled": false, "settings": settings});
    let (respond, proxy) = (json!({"plugin": "respond"}), json!({"plugin": "proxy"}));
    let find = json!({"service": "fm-cars"});
    let one = |code: &str, message: &str| vec![(code.to_owned(), message.to_owned())];
    for (public, plugins, expected) in [
        // It is checked all the same.
        (true, json!([off("rate-limit", json!({"per": "1s"})), respond]), one("plugin-settings", "is missing")),
        (true, json!([off("no-such-plugin", json!({})), respond]), one("plugin-unknown", "there is no plugin no-such-plugin")),
        // What it provides is missing, but for others that are switched off.
        (
            true,
            json!([off("discovery", find.clone()), proxy]),
            one("variable-unknown", "the plugin that sets ${target} is switched off: discovery"),
        ),
        (true, json!([off("discovery", find.clone()), off("proxy", json!({})), respond]), vec![]),
        (true, json!([off("discovery", find.clone()), {"plugin": "discovery", "settings": find}, proxy]), vec![]),
        (true, json!([off("proxy", json!({})), respond]), one("variable-unknown", "no earlier plugin sets ${target}")),
        // It neither answers nor guards.
        (true, json!([off("respond", json!({}))]), one("pipeline-open", "the last plugin must answer: proxy, respond")),
        (true, json!([respond, off("ip", json!({"deny": ["192.0.2.1"]}))]), vec![]),
        (
            false,
            json!([off("authentication", json!({})), respond]),
            one("route-open", "a route that is not public needs a plugin that knows who asks, and it is switched off"),
        ),
        (false, json!([off("authentication", json!({})), {"plugin": "authentication"}, respond]), vec![]),
    ] {
        assert_eq!(problems(&admin, public, plugins.clone()).await, expected, "{plugins}");
    }
}

#[actix_rt::test]
async fn a_plugin_is_switched_in_the_draft_with_one_call() {
    let app = app().await;
    let admin = Operator::admin(&app).await;
    let call = async |path: &str, plugin: &str| {
        admin.json("PATCH", &format!("/draft/routes/{path}"), json!({"plugin": plugin, "enabled": false})).await
    };
    for (path, plugin, status, code) in [
        ("all/plugins/1", "headers", 409, "pipeline-changed"),
        ("all/plugins/9", "headers", 409, "pipeline-changed"),
        ("gone/plugins/0", "headers", 404, "route-unknown"),
        ("all/plugins/first", "headers", 422, "invalid"),
    ] {
        let reply = call(path, plugin).await;
        assert_eq!((reply.status, reply.code().as_str()), (status, code), "{path}: {}", reply.text());
    }
    assert_eq!(admin.get("/draft").await.json()["changes"], json!([]));
    let switched = call("all/plugins/1", "respond").await.json();
    assert_eq!(switched["changes"][0]["fields"][0]["field"], "plugins[1:respond].enabled", "{switched}");
    assert_eq!(switched["problems"][0]["code"], "pipeline-open", "{switched}");
    assert_eq!(admin.get("/draft").await.json()["table"]["routes"][0]["plugins"][1]["enabled"], false);
    assert_eq!(enabled(&app).await, [true, true], "nothing is published");
}
