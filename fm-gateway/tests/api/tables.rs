//! How tables come into force, and how bad ones do not.

use crate::support::{TestApp, Upstream, ok, soon, until};
use fm_gateway::{
    pipeline::{Catalogue, check},
    table::{CURRENT, market},
};
use fm_sdk::registry::{Change, Expect, MemoryRegistry, Registry};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

fn respond(text: &str) -> Value {
    json!([{"path": "/**", "plugins": [{"plugin": "respond", "settings": {"body": text}}]}])
}

async fn put(app: &TestApp, value: Option<&str>) {
    let change = Change { key: CURRENT.into(), expect: Expect::Any, value: value.map(Into::into) };
    app.registry.commit(vec![change]).await.unwrap();
}

#[actix_rt::test]
async fn the_first_gateway_writes_the_first_table_and_the_second_one_takes_it() {
    let registry = MemoryRegistry::new();
    let first = TestApp::on(registry.clone(), tempfile::tempdir().unwrap(), |_, _| {});
    let second = TestApp::on(registry.clone(), tempfile::tempdir().unwrap(), |_, _| {});
    first.loaded().await;
    second.loaded().await;
    let (table, revision) = fm_gateway::table::fetch(&registry).await.unwrap().unwrap();
    assert_eq!(table, market());
    assert_eq!((first.table().revision, second.table().revision), (Some(revision), Some(revision)));
    assert!(!reports_missing(&first).await, "a registry without a table is no fault of a new market");
}

/// Whether the gateway ever said that the registry has lost its table.
async fn reports_missing(app: &TestApp) -> bool {
    app.metrics().await.lines().any(|line| line.starts_with("gateway_table_loads_total") && line.contains(r#"code="missing""#))
}

/// Two routes of a group whose plugins let in who has a key, and one of another group.
fn grouped(shared: Value) -> Value {
    let respond = |id: &str, group: &str, public: bool, body: &str| {
        let plugin = json!({"plugin": "respond", "settings": {"body": body}});
        json!({"id": id, "group": group, "public": public, "path": format!("/{id}"), "plugins": [plugin]})
    };
    let routes =
        [respond("a", "partners", false, "a for ${consumer}"), respond("b", "partners", false, "b"), respond("c", "others", true, "c")];
    json!({"format": 1, "groups": {"partners": {"description": "known by a key", "plugins": shared}}, "routes": routes})
}

#[actix_rt::test]
async fn the_plugins_of_a_group_come_before_those_of_its_routes() {
    let hash: String = Sha256::digest("key").iter().map(|byte| format!("{byte:02x}")).collect();
    let shared = json!([{"plugin": "api-key", "settings": {"keys": {"ann": hash}}}]);
    let registry = MemoryRegistry::new();
    let change = Change { key: CURRENT.into(), expect: Expect::Any, value: Some(grouped(shared).to_string()) };
    registry.commit(vec![change]).await.unwrap();
    let app = TestApp::on(registry, tempfile::tempdir().unwrap(), |_, _| {});
    app.loaded().await;
    let with_key = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: h\r\nX-Api-Key: key\r\n\r\n");
    assert_eq!(app.send(&with_key("/a")).await.text(), "a for ann");
    assert_eq!(app.send(&with_key("/b")).await.text(), "b");
    for path in ["/a", "/b"] {
        assert_eq!(app.get(path).await.code(), "api-key-missing");
    }
    assert_eq!(app.get("/c").await.text(), "c");
}

#[test]
fn what_is_wrong_with_a_group_is_named_at_each_of_its_routes() {
    let problems = |shared: Value| {
        let table = serde_json::from_value(grouped(shared)).unwrap();
        let problems = check(&table, &Catalogue::shipped()).unwrap_err().0;
        problems.into_iter().map(|problem| format!("{} {}", problem.at, problem.code)).collect::<Vec<_>>()
    };
    let known = |name: &str| json!({"plugin": name, "settings": {"keys": {"ann": "00".repeat(32)}}});
    assert_eq!(problems(json!([])).iter().filter(|problem| problem.ends_with("route-open")).count(), 2);
    let found = problems(json!([known("api-key"), {"plugin": "ip"}]));
    assert_eq!(found, ["routes[a].group.plugins[1].settings plugin-settings", "routes[b].group.plugins[1].settings plugin-settings"]);
    let found = problems(json!([known("api-key"), known("no-such")]));
    assert_eq!(found, ["routes[a].group.plugins[1] plugin-unknown", "routes[b].group.plugins[1] plugin-unknown"]);
    let found = problems(json!([known("api-key"), {"plugin": "respond"}]));
    assert_eq!(found, ["routes[a].plugins[0] plugin-unreachable", "routes[b].plugins[0] plugin-unreachable"]);
}

#[actix_rt::test]
async fn a_bad_table_never_takes_the_place_of_a_good_one() {
    let app = TestApp::with_routes(respond("good")).await;
    let empty = json!({"format": 1, "routes": []}).to_string();
    let unknown =
        json!({"format": 1, "routes": [{"id": "a", "path": "/**", "public": true, "plugins": [{"plugin": "no-such"}]}]}).to_string();
    for (bad, code) in [
        (Some("{"), "table-unreadable"),
        (Some(empty.as_str()), "table-empty"),
        (Some(unknown.as_str()), "plugin-unknown"),
        (None, "table-missing"),
    ] {
        put(&app, bad).await;
        until(code, || app.table().problems.iter().any(|p| p.code == code)).await;
        assert_eq!(app.get("/").await.text(), "good", "{bad:?}");
    }
    assert!(reports_missing(&app).await);
    let health = app.get("/health/ready").await;
    assert_eq!(health.status, 200, "with an older table it can still do everything");
    app.publish(respond("better")).await;
    assert_eq!(app.get("/").await.text(), "better");
    assert!(app.table().problems.is_empty());
}

#[actix_rt::test]
async fn with_the_registry_unreachable_the_table_on_disk_is_in_force() {
    let app = TestApp::with_routes(respond("kept")).await;
    let data = tempfile::tempdir().unwrap();
    std::fs::copy(app.data.path().join("table.json"), data.path().join("table.json")).unwrap();
    app.stop();
    app.stopped().await;

    let registry = MemoryRegistry::new();
    let again = TestApp::on(registry.clone(), data, |_, _| registry.cut());
    assert!(again.table().from_disk);
    until("it serves", || again.table().revision.is_some()).await;
    assert_eq!(again.get("/").await.text(), "kept");
    // The registry has lost everything; what was in force comes back into it.
    registry.mend();
    soon(async {
        while fm_gateway::table::fetch(&registry).await.unwrap().is_none() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    until("the registry's table is in force", || !again.table().from_disk).await;
    assert_eq!(again.get("/").await.text(), "kept");
    assert!(!reports_missing(&again).await, "the gateway that brings the table back does not miss it");
}

#[actix_rt::test]
async fn a_restarted_gateway_follows_the_registry_at_the_revision_of_its_copy() {
    let app = TestApp::with_routes(respond("kept")).await;
    let data = tempfile::tempdir().unwrap();
    std::fs::copy(app.data.path().join("table.json"), data.path().join("table.json")).unwrap();
    let (registry, revision) = (app.registry.clone(), app.table().revision);
    app.stop();
    app.stopped().await;

    let again = TestApp::on(registry.clone(), data, |_, _| registry.cut());
    until("its copy is in force", || again.table().revision == revision).await;
    assert!(again.table().from_disk);
    registry.mend();
    until("the registry's table is in force", || !again.table().from_disk).await;
    assert_eq!(again.table().revision, revision);
}

#[actix_rt::test]
async fn without_any_table_requests_are_told_to_come_again() {
    let registry = MemoryRegistry::new();
    let app = TestApp::on(registry.clone(), tempfile::tempdir().unwrap(), |_, _| registry.cut());
    let reply = app.get("/api/cars").await;
    assert_eq!((reply.status, reply.code().as_str(), reply.header("retry-after")), (503, "not-ready", Some("1")));
    assert_eq!(app.get("/health/ready").await.status, 503);
    assert_eq!(app.get("/health/live").await.status, 200);
    registry.mend();
    app.loaded().await;
    assert_eq!(app.get("/api/nothing").await.status, 404);
}

#[actix_rt::test]
async fn with_the_registry_lost_later_everything_goes_on() {
    let upstream = Upstream::answering(ok("cars")).await;
    let app = TestApp::with_routes(
        json!([{"path": "/**", "plugins": [{"plugin": "discovery", "settings": {"service": "fm-cars"}}, {"plugin": "proxy"}]}]),
    )
    .await;
    let _place = app.register("fm-cars", "1", &upstream);
    until("it is discovered", || !app.services().instances("fm-cars").is_empty()).await;
    assert_eq!(app.get("/").await.text(), "cars");
    app.registry.cut();
    assert_eq!(app.get("/").await.text(), "cars");
    assert_eq!(app.get("/health/ready").await.status, 200);
}

#[test]
fn a_table_with_an_unknown_field_is_refused() {
    let respond = json!([{"plugin": "respond"}]);
    let table = |route| serde_json::from_value::<fm_gateway::table::Table>(json!({"format": 1, "routes": [route]}));
    table(json!({"id": "a", "path": "/", "predicates": [{"header": "x", "present": true}], "plugins": respond})).unwrap();
    for route in [
        json!({"id": "a", "path": "/", "predicate": [], "plugins": respond}),
        json!({"id": "a", "path": "/", "predicates": [{"header": "x", "contains": "y"}], "plugins": respond}),
        json!({"id": "a", "path": "/", "plugins": [{"plugin": "respond", "options": {}}]}),
    ] {
        let error = table(route).unwrap_err().to_string();
        assert!(error.contains("unknown field"), "{error}");
    }
}

#[test]
fn everything_that_is_wrong_with_a_table_is_named_with_its_place() {
    let proxy = json!({"plugin": "proxy"});
    let with_predicates = |predicates| json!({"path": "/a", "public": true, "predicates": predicates, "plugins": [{"plugin": "respond"}]});
    let cases = [
        (json!({"path": "/a", "public": true, "plugins": [{"plugin": "nothing"}]}), "plugin-unknown", "routes[r].plugins[0]"),
        (
            json!({"path": "/a", "public": true, "plugins": [{"plugin": "respond", "settings": {"colour": 1}}]}),
            "plugin-settings",
            "routes[r].plugins[0].settings.colour",
        ),
        (
            json!({"path": "/a", "public": true, "plugins": [{"plugin": "respond", "settings": {"status": 99}}]}),
            "plugin-settings",
            "routes[r].plugins[0].settings.status",
        ),
        (json!({"path": "/a", "public": true, "plugins": [proxy]}), "variable-unknown", "routes[r].plugins[0].settings"),
        (
            json!({"path": "/a", "public": true, "plugins": [{"plugin": "respond", "settings": {"body": "${identity.sub}"}}]}),
            "variable-unknown",
            "routes[r].plugins[0].settings",
        ),
        (
            json!({"path": "/a", "public": true, "plugins": [{"plugin": "respond", "settings": {"body": "env{FM_NOT_SET_ANYWHERE}"}}]}),
            "env-missing",
            "routes[r].plugins[0].settings",
        ),
        (json!({"path": "/a", "public": true, "plugins": []}), "pipeline-open", "routes[r].plugins"),
        (
            json!({"path": "/a", "public": true, "plugins": [{"plugin": "respond"}, {"plugin": "respond"}]}),
            "plugin-unreachable",
            "routes[r].plugins[1]",
        ),
        (json!({"path": "/a", "plugins": [{"plugin": "respond"}]}), "route-open", "routes[r]"),
        (
            json!({"path": "/a", "plugins": [{"plugin": "authentication", "settings": {"optional": true}}, {"plugin": "respond"}]}),
            "route-open",
            "routes[r]",
        ),
        (json!({"path": "a", "public": true, "plugins": [{"plugin": "respond"}]}), "route-path", "routes[r].path"),
        (json!({"path": "/a", "hosts": ["A"], "public": true, "plugins": [{"plugin": "respond"}]}), "route-host", "routes[r].hosts[0]"),
        (
            json!({"path": "/a", "methods": ["get"], "public": true, "plugins": [{"plugin": "respond"}]}),
            "route-method",
            "routes[r].methods",
        ),
        (with_predicates(json!([{"header": "x", "equals": "1", "present": true}])), "route-predicate", "routes[r].predicates[0]"),
        (
            with_predicates(json!([{"query": "q", "present": true}, {"query": "q", "equals": "1"}])),
            "route-predicate",
            "routes[r].predicates[1]",
        ),
        (with_predicates(json!([{"header": "x-user-id", "present": true}])), "route-predicate", "routes[r].predicates[0]"),
        (with_predicates(json!(vec![json!({"query": "q", "present": true}); 17])), "route-predicate", "routes[r].predicates"),
        (json!({"path": "/same/{x}", "public": true, "plugins": [{"plugin": "respond"}]}), "route-clash", "routes[r]"),
        (json!({"id": "first", "path": "/b", "public": true, "plugins": [{"plugin": "respond"}]}), "route-id-twice", "routes[first]"),
        (json!({"id": "Ä", "path": "/b", "public": true, "plugins": [{"plugin": "respond"}]}), "route-id", "routes[Ä]"),
    ];
    for (mut route, code, at) in cases {
        route.as_object_mut().unwrap().entry("id").or_insert(json!("r"));
        let first = json!({"id": "first", "path": "/same/{id}", "public": true, "plugins": [{"plugin": "respond"}]});
        let table = serde_json::from_value(json!({"format": 1, "routes": [first, route]})).unwrap();
        let problems = fm_gateway::cli::check(&table, &fm_gateway::pipeline::Catalogue::shipped()).unwrap_err().0;
        assert!(problems.iter().any(|p| p.code == code && p.at == at), "{code} at {at}: {problems:?}");
    }
}
