use super::{app, respond};
use crate::support::{Operator, TestApp, soon, table_of, until};
use serde_json::{Value, json};

async fn publish(who: &Operator, revision: i64, text: &str) -> i64 {
    let body = json!({"table": table_of(respond(text)), "comment": format!("say {text}")});
    let reply = who.json_at("PUT", "/table", revision, body).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()["revision"].as_i64().unwrap()
}

async fn revision(who: &Operator) -> i64 {
    who.get("/table").await.json()["revision"].as_i64().unwrap()
}

async fn in_force(app: &TestApp, revision: i64) {
    until("the table is in force", || app.table().revision == Some(revision)).await;
}

#[actix_rt::test]
async fn an_editor_publishes_and_every_node_follows() {
    let app = app().await;
    let admin = Operator::admin(&app).await;
    let other = TestApp::on(app.registry.clone(), tempfile::tempdir().unwrap(), |_, _| {});
    let editor = Operator::user(&app, &admin, "ed", "editor").await;
    let new = publish(&editor, revision(&editor).await, "second").await;
    in_force(&app, new).await;
    in_force(&other, new).await;
    assert_eq!(app.get("/").await.text(), "second");
    let versions = editor.get("/table/history").await.json()["versions"].clone();
    assert_eq!(
        (&versions[0]["revision"], &versions[0]["author"], &versions[0]["comment"]),
        (&json!(new), &json!("ed"), &json!("say second"))
    );
    soon(async {
        loop {
            let nodes = admin.get("/nodes").await.json()["nodes"].clone();
            if nodes.as_array().unwrap().len() == 2 && nodes.as_array().unwrap().iter().all(|node| node["current"] == true) {
                break;
            }
        }
    })
    .await;
}

#[actix_rt::test]
async fn a_version_is_restored_as_a_new_revision() {
    let app = app().await;
    let admin = Operator::admin(&app).await;
    let good = publish(&admin, revision(&admin).await, "good").await;
    let bad = publish(&admin, good, "bad").await;
    let shown = admin.get(&format!("/table/history/{good}")).await.json();
    assert_eq!(shown["changes_since"][0]["fields"][0]["field"], "plugins[0:respond].settings.body");
    let restored = admin.json_at("POST", &format!("/table/history/{good}/restore"), bad, json!({})).await.json();
    in_force(&app, restored["revision"].as_i64().unwrap()).await;
    assert_eq!(app.get("/").await.text(), "good");
    assert_eq!(admin.json_at("POST", "/table/history/1/restore", bad, json!({})).await.code(), "version-unknown");
}

#[actix_rt::test]
async fn the_slower_of_two_editors_is_told_who_was_faster() {
    let app = app().await;
    let admin = Operator::admin(&app).await;
    let base = revision(&admin).await;
    let new = publish(&admin, base, "faster").await;
    let late = admin.json_at("PUT", "/table", base, json!({"table": table_of(respond("late"))})).await;
    assert_eq!((late.status, late.code()), (412, "table-changed".into()));
    let detail = late.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains(&new.to_string()) && detail.contains("by admin"), "{detail}");
    let blind = admin.json("PUT", "/table", json!({"table": table_of(respond("blind"))})).await;
    assert_eq!((blind.status, blind.code()), (400, "if-match".into()));
    assert_eq!(revision(&admin).await, new);
}

#[actix_rt::test]
async fn a_bad_table_is_refused_with_all_that_is_wrong() {
    let app = app().await;
    let admin = Operator::admin(&app).await;
    let base = revision(&admin).await;
    let bad = table_of(json!([{"id": "a", "path": "a", "plugins": [{"plugin": "nothing"}]}]));
    let checked = admin.json("POST", "/table/validate", json!({"table": bad})).await.json();
    assert_eq!(checked["valid"], false);
    let refused = admin.json_at("PUT", "/table", base, json!({"table": bad})).await;
    assert_eq!((refused.status, refused.code()), (422, "table-invalid".into()));
    let fields: Vec<Value> = refused.json()["errors"].as_array().unwrap().iter().map(|e| e["field"].clone()).collect();
    assert_eq!(fields, ["routes[a].path", "routes[a].plugins[0]", "routes[a].plugins"]);
    let unreadable = admin.json_at("PUT", "/table", base, json!({"table": {"format": 1, "routes": [], "colour": "red"}})).await;
    assert_eq!(unreadable.status, 400);
    assert_eq!(revision(&admin).await, base);
}

#[actix_rt::test]
async fn secrets_do_not_leave_the_gateway_and_stay_when_a_table_comes_back() {
    let app = app().await;
    let admin = Operator::admin(&app).await;
    let headers = json!({"plugin": "headers", "settings": {"request": {"set": {"authorization": "Basic c2VjcmV0"}}}});
    let routes = json!([{"id": "all", "path": "/**", "plugins": [headers, {"plugin": "respond"}]}]);
    let base = revision(&admin).await;
    let set = admin.json_at("PUT", "/table", base, json!({"table": table_of(routes)})).await;
    assert_eq!(set.status, 200, "{}", set.text());
    let (first, second) = (set.json()["revision"].as_i64().unwrap(), revision(&admin).await);
    assert_eq!(first, second);
    let mut table = admin.get("/table").await.json()["table"].clone();
    for path in ["/table", "/backup", "/audit", &format!("/table/history/{first}")] {
        let text = admin.get(path).await.text();
        assert!(!text.contains("c2VjcmV0"), "{path}: {text}");
    }
    table["routes"][0]["name"] = "Everything".into();
    let diff = admin.json("POST", "/table/diff", json!({"table": table})).await.json();
    assert_eq!(diff["changes"][0]["fields"].as_array().unwrap().len(), 1, "{diff}");
    assert_eq!(admin.json_at("PUT", "/table", first, json!({"table": table})).await.status, 200);
    let (kept, _) = fm_gateway::table::fetch(&app.registry).await.unwrap().unwrap();
    assert_eq!(kept.routes[0].plugins[0].settings["request"]["set"]["authorization"], "Basic c2VjcmV0");
}

#[actix_rt::test]
async fn a_backup_is_previewed_and_imported_into_an_empty_gateway() {
    let app = app().await;
    let admin = Operator::admin(&app).await;
    let backup = admin.get("/backup").await.json();
    let other = TestApp::with_routes(json!([{"id": "other", "path": "/other", "plugins": [{"plugin": "respond"}]}])).await;
    let there = Operator::admin(&other).await;
    let preview = there.json("POST", "/backup/preview", backup.clone()).await.json();
    let kinds: Vec<_> = preview["changes"].as_array().unwrap().iter().map(|c| (c["id"].clone(), c["kind"].clone())).collect();
    assert_eq!(kinds, [(json!("all"), json!("added")), (json!("other"), json!("removed"))]);
    let imported = there.json_at("POST", "/backup/import", preview["revision"].as_i64().unwrap(), backup.clone()).await;
    assert_eq!(imported.status, 200, "{}", imported.text());
    assert_eq!(there.get("/backup").await.json()["table"], backup["table"]);
}

#[actix_rt::test]
async fn routes_show_their_health_and_its_reason() {
    let app = TestApp::with_routes(json!([
        {"id": "fine", "path": "/fine", "plugins": [{"plugin": "respond"}]},
        {"id": "off", "path": "/off", "active": false, "plugins": [{"plugin": "respond"}]},
        {"id": "cars", "path": "/cars", "plugins": [{"plugin": "discovery", "settings": {"service": "fm-cars"}}, {"plugin": "proxy"}]},
    ]))
    .await;
    let admin = Operator::admin(&app).await;
    let routes = admin.get("/routes").await.json()["routes"].clone();
    let states: Vec<_> = routes.as_array().unwrap().iter().map(|r| r["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["ok", "inactive", "warning"]);
    assert_eq!(routes[2]["reasons"][0], "no instance of fm-cars is up");
    let found = admin.get("/routes?q=DISCOVERY+cars&state=warning").await.json()["routes"].clone();
    assert_eq!(found.as_array().unwrap().len(), 1);
    let services = admin.get("/services").await.json();
    assert_eq!((&services["services"][0]["name"], &services["services"][0]["routes"][0]), (&json!("fm-cars"), &json!("cars")));
}

#[actix_rt::test]
async fn a_dry_run_tells_which_of_the_last_requests_would_be_lost() {
    let app = app().await;
    let admin = Operator::admin(&app).await;
    for path in ["/kept", "/lost", "/lost"] {
        app.get(path).await;
    }
    let table = table_of(json!([{"id": "all", "path": "/kept", "plugins": [{"plugin": "respond"}]}]));
    let run = admin.json("POST", "/table/dry-run", json!({"table": table})).await.json();
    assert_eq!((&run["compared"], &run["same"], &run["lost"]), (&json!(3), &json!(1), &json!(2)), "{run}");
    let bad = table_of(json!([{"id": "all", "path": "kept", "plugins": []}]));
    assert_eq!(admin.json("POST", "/table/dry-run", json!({"table": bad})).await.code(), "table-invalid");
}

#[actix_rt::test]
async fn a_request_is_tested_with_a_table_that_is_not_in_force() {
    let app = app().await;
    let admin = Operator::admin(&app).await;
    let table = table_of(respond("tried"));
    let report = admin.json("POST", "/test", json!({"method": "GET", "url": "/x", "table": table})).await.json();
    assert_eq!((&report["trace"]["route"], &report["answer"]["status"]), (&json!("all"), &json!(200)), "{report}");
    assert_eq!(app.get("/").await.text(), "first");
    let odd = admin.json("POST", "/test", json!({"method": "G ET", "url": "/x"})).await;
    assert_eq!(odd.code(), "request-invalid");
}

#[actix_rt::test]
async fn a_change_that_cannot_be_recorded_is_not_made() {
    let app = app().await;
    let admin = Operator::admin(&app).await;
    let base = revision(&admin).await;
    app.registry.cut();
    let reply = admin.json_at("PUT", "/table", base, json!({"table": table_of(respond("lost"))})).await;
    assert_eq!(reply.status, 503);
    app.registry.mend();
    assert_eq!(revision(&admin).await, base);
}

#[actix_rt::test]
async fn a_table_of_7000_routes_is_published() {
    let route = |n: usize| {
        json!({"id": format!("route-{n}"), "name": "A name as long as names are, to have the size of a real table", "public": true,
            "description": "What requests of this route are for, in a sentence or two that somebody may want to read some day, when it is not \
            clear any more; with all the settings below that makes some four hundred bytes for each route, as in real tables.",
            "path": format!("/api/{n}"), "plugins": [{"plugin": "respond", "settings": {"body": format!("{n}")}}]})
    };
    let table: fm_gateway::table::Table =
        serde_json::from_value(json!({"format": 1, "routes": (0..7000).map(route).collect::<Vec<_>>()})).unwrap();
    assert!(serde_json::to_string(&table).unwrap().len() > 2_500_000);
    let registry = fm_sdk::registry::MemoryRegistry::new();
    let by = fm_gateway::table::Publication { author: "ann".into(), comment: String::new() };
    fm_gateway::table::publish(&registry, &table, fm_sdk::registry::Expect::Absent, &by, Vec::new()).await.unwrap();
    let size: usize = fm_sdk::registry::Registry::list(&registry, "/").await.unwrap().entries.values().map(|e| e.value.len()).sum();
    assert!(size < 1_000_000, "{size} bytes in one commit: etcd takes 1.5 MB");
    assert_eq!(fm_gateway::table::fetch(&registry).await.unwrap().unwrap().0, table);
}
