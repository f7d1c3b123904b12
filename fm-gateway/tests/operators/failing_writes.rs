//! Writes to the registry that fail once or twice: what was to be said is said soon, without a further change of anything.

use crate::{
    failing::FailingRegistry,
    respond,
    support::{Operator, TestApp, put, table_of},
};
use fm_gateway::table::{CURRENT, fetch, market};
use fm_sdk::{
    registry::{MemoryRegistry, Registry},
    testing::eventually,
};
use serde_json::{Value, json};
use std::time::Duration;

/// Longer than the waits between attempts add up to, and shorter than anything else that would mend it (the refresh of known nodes).
const TIMEOUT: Duration = Duration::from_secs(60);

fn node(registry: &FailingRegistry, memory: &MemoryRegistry, name: &'static str) -> TestApp {
    TestApp::on_backend(registry.clone(), memory.clone(), tempfile::tempdir().unwrap(), move |settings, _| {
        settings.instance = Some(name.into());
    })
}

/// Two gateways; writes of the second one may fail.
async fn two() -> (MemoryRegistry, FailingRegistry, TestApp, TestApp, Operator) {
    let memory = MemoryRegistry::new();
    put(&memory, &table_of(respond("first")).to_string()).await;
    let a = node(&FailingRegistry::over(memory.clone()), &memory, "a");
    a.loaded().await;
    let admin = Operator::admin(&a).await;
    let registry = FailingRegistry::over(memory.clone());
    let b = node(&registry, &memory, "b");
    eventually("each knows the other", TIMEOUT, async || nodes(&admin).await.len() == 2).await;
    (memory, registry, a, b, admin)
}

async fn nodes(admin: &Operator) -> Vec<Value> {
    admin.get("/nodes").await.json()["nodes"].as_array().unwrap().clone()
}

/// What the first gateway shows as the revision of the second one.
async fn shown(admin: &Operator) -> Option<i64> {
    nodes(admin).await.iter().find(|node| node["id"] == "b")?["revision"].as_i64()
}

#[actix_rt::test]
async fn a_revision_whose_announcement_fails_is_announced_again() {
    let (_memory, registry, a, b, admin) = two().await;
    eventually("the first revision is shown", TIMEOUT, async || shown(&admin).await == b.table().revision).await;
    registry.fail("/services/fm-gateway/b", 2);
    a.publish(respond("second")).await;
    eventually("the second revision is shown", TIMEOUT, async || shown(&admin).await == a.table().revision).await;
    assert!(registry.has_failed(), "both failures were met");
}

#[actix_rt::test]
async fn the_latest_revision_is_announced_when_older_announcements_failed() {
    let (_memory, registry, a, b, admin) = two().await;
    eventually("the first revision is shown", TIMEOUT, async || shown(&admin).await == b.table().revision).await;
    registry.fail("/services/fm-gateway/b", 3);
    for text in ["second", "third", "fourth"] {
        a.publish(respond(text)).await;
    }
    eventually("the last revision is shown", TIMEOUT, async || shown(&admin).await == a.table().revision).await;
}

#[actix_rt::test]
async fn a_first_table_that_cannot_be_written_is_written_again() {
    let memory = MemoryRegistry::new();
    let registry = FailingRegistry::over(memory.clone());
    registry.fail(CURRENT, 2);
    let app = node(&registry, &memory, "a");
    app.loaded().await;
    assert_eq!(fetch(&memory).await.unwrap().unwrap().0, market());
    assert!(registry.has_failed());
}

#[actix_rt::test]
async fn an_answer_to_another_gateway_that_cannot_be_written_is_written_again() {
    let (_memory, registry, _a, b, admin) = two().await;
    b.get("/there").await;
    registry.fail("/peers/answer/", 1);
    let run = admin.json("POST", "/table/dry-run", json!({"table": table_of(respond("other"))})).await.json();
    assert_eq!((&run["nodes"], &run["silent"], &run["compared"]), (&json!(["a", "b"]), &json!([]), &json!(1)));
    assert!(registry.has_failed());
}

#[actix_rt::test]
async fn a_gateway_that_could_not_say_that_it_is_there_says_so_again_and_is_forgotten_at_its_stop() {
    let memory = MemoryRegistry::new();
    put(&memory, &table_of(respond("first")).to_string()).await;
    let registry = FailingRegistry::over(memory.clone());
    registry.fail("/gateway/nodes/", 2);
    let app = node(&registry, &memory, "a");
    let is_known = async || !memory.list("/fm/gateway/nodes/").await.unwrap().entries.is_empty();
    eventually("it is known", TIMEOUT, is_known).await;
    registry.fail("/gateway/nodes/", 1);
    app.stop();
    app.stopped().await;
    assert!(!is_known().await && registry.has_failed());
}

#[actix_rt::test]
async fn a_copy_on_disk_that_cannot_be_written_is_written_again() {
    let (memory, data) = (MemoryRegistry::new(), tempfile::tempdir().unwrap());
    put(&memory, &table_of(respond("kept")).to_string()).await;
    let folder = data.path().join("in-the-way");
    std::fs::write(&folder, "a file where the folder belongs").unwrap();
    let app = TestApp::on(memory, data, |settings, _| settings.data = Some(folder.clone()));
    app.loaded().await;
    std::fs::remove_file(&folder).unwrap();
    eventually("the copy is there", TIMEOUT, async || folder.join("table.json").exists()).await;
}
