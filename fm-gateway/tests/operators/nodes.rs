//! Several gateways: what one of them shows of the others.

use crate::{
    respond,
    support::{Browser, Operator, TestApp, put, table_of},
};
use fm_sdk::{
    registry::{
        Change, Expect, MemoryRegistry, Registry,
        services::{Instance, Services},
    },
    testing::eventually,
};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

/// Longer than anything here takes.
const TIMEOUT: Duration = Duration::from_secs(60);

fn node(registry: &MemoryRegistry, name: &'static str) -> TestApp {
    TestApp::on(registry.clone(), tempfile::tempdir().unwrap(), move |settings, _| settings.instance = Some(name.into()))
}

async fn two() -> (MemoryRegistry, TestApp, TestApp, Operator) {
    let registry = MemoryRegistry::new();
    put(&registry, &table_of(respond("first")).to_string()).await;
    // The first one creates the first user.
    let a = node(&registry, "a");
    a.loaded().await;
    let admin = Operator::admin(&a).await;
    let b = node(&registry, "b");
    b.loaded().await;
    eventually("each knows the other", TIMEOUT, async || nodes(&admin).await.len() == 2).await;
    (registry, a, b, admin)
}

async fn nodes(admin: &Operator) -> Vec<Value> {
    admin.get("/nodes").await.json()["nodes"].as_array().unwrap().clone()
}

#[actix_rt::test]
async fn a_dry_run_tries_the_requests_of_all_nodes() {
    let (_, a, b, admin) = two().await;
    for (node, path) in [(&a, "/here"), (&b, "/there"), (&b, "/there")] {
        node.get(path).await;
    }
    let table = table_of(json!([{"id": "here", "path": "/here", "plugins": [{"plugin": "respond"}]}]));
    let run = admin.json("POST", "/table/dry-run", json!({"table": table})).await.json();
    assert_eq!((&run["compared"], &run["lost"], &run["nodes"], &run["silent"]), (&json!(3), &json!(2), &json!(["a", "b"]), &json!([])));
    assert_eq!((&run["differences"][0]["path"], &run["differences"][0]["requests"]), (&json!("/there"), &json!(2)));
}

#[actix_rt::test]
async fn a_node_that_does_not_answer_is_named() {
    let (registry, a, _b, admin) = two().await;
    a.get("/here").await;
    // Registered and mute: it hangs, or is cut off since a moment.
    let services = Services::new(Arc::new(registry.clone()));
    let _mute = services.register(Instance::new("fm-gateway", "mute", "http://127.0.0.1:1")).unwrap();
    eventually("it is known", TIMEOUT, async || nodes(&admin).await.len() == 3).await;
    let run = admin.json("POST", "/table/dry-run", json!({"table": table_of(respond("other"))})).await.json();
    assert_eq!((&run["compared"], &run["nodes"], &run["silent"]), (&json!(1), &json!(["a", "b"]), &json!(["mute"])));
    assert!(registry.list("/fm/gateway/peers/question/").await.unwrap().entries.is_empty(), "nothing is left behind");
}

#[actix_rt::test]
async fn a_node_that_has_died_is_unreachable_and_one_that_was_stopped_is_forgotten() {
    let (registry, a, b, admin) = two().await;
    let known = || async { registry.list("/fm/gateway/nodes/").await.unwrap().entries.into_keys().collect::<Vec<_>>() };
    assert_eq!(known().await, ["/fm/gateway/nodes/a", "/fm/gateway/nodes/b"]);
    // What a node leaves that dies: its lease ends, its name stays.
    let left = registry.list("/fm/gateway/nodes/b").await.unwrap().entries["/fm/gateway/nodes/b"].value.clone();
    b.stop();
    b.stopped().await;
    assert_eq!(known().await, ["/fm/gateway/nodes/a"]);
    eventually("it is gone", TIMEOUT, async || nodes(&admin).await.len() == 1).await;
    let change = Change { key: "/fm/gateway/nodes/b".into(), expect: Expect::Any, value: Some(left) };
    registry.commit(vec![change]).await.unwrap();
    let shown = nodes(&admin).await;
    assert_eq!((&shown[1]["id"], &shown[1]["unreachable"], &shown[1]["current"]), (&json!("b"), &json!(true), &json!(false)));
    let browser = Browser::of(&admin);
    assert!(browser.page("/admin/nodes").await.contains("last seen"));
    let again = node(&registry, "b");
    again.loaded().await;
    eventually("it is back", TIMEOUT, async || nodes(&admin).await.iter().all(|node| node["unreachable"] == false)).await;
    drop(a);
}

#[actix_rt::test]
async fn each_node_reports_its_connections_memory_and_drivers() {
    let (_, _a, b, admin) = two().await;
    let _idle = b.connect().await;
    let told = async || {
        let nodes = nodes(&admin).await;
        nodes.iter().map(|node| node["status"]["connections"].as_i64()).collect::<Vec<_>>() == [Some(0), Some(1)]
    };
    eventually("the connection is counted where it is open", TIMEOUT, told).await;
    for node in nodes(&admin).await {
        let status = &node["status"];
        assert!(status["memory"].as_u64().unwrap() > 1 << 20, "{status}");
        let drivers: Vec<_> = status["drivers"].as_array().unwrap().iter().map(|driver| (&driver["name"], &driver["problem"])).collect();
        assert_eq!(drivers, [(&json!("identity"), &Value::Null), (&json!("registry"), &Value::Null)]);
        assert_eq!(status["drivers"][1]["summary"], "2 registered instances");
    }
    let page = Browser::of(&admin).page("/admin/nodes?lang=de").await;
    assert!(page.contains("2 registrierte Instanzen") && page.contains(" MiB</td>"), "{page}");
}
