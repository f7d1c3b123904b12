//! Publishes that are watched.

use crate::support::{Browser, Operator, TestApp, Upstream, ok, put, table_of};
use fm_sdk::{registry::MemoryRegistry, testing::eventually};
use serde_json::{Value, json};
use std::time::Duration;

/// Longer than anything here takes.
const TIMEOUT: Duration = Duration::from_secs(60);
/// A watch that does not end by itself.
const HOUR: i64 = 3600;

struct Market {
    registry: MemoryRegistry,
    nodes: Vec<TestApp>,
    admin: Operator,
    /// Answers well, or with 500.
    upstreams: [Upstream; 2],
}

fn table(upstream: &Upstream) -> Value {
    table_of(json!([
        {"id": "cars", "path": "/cars", "plugins": [{"plugin": "proxy", "settings": {"target": upstream.url()}}]},
        {"id": "other", "path": "/other", "plugins": [{"plugin": "respond", "settings": {"body": "other"}}]},
    ]))
}

fn node(registry: &MemoryRegistry, name: &'static str) -> TestApp {
    TestApp::on(registry.clone(), tempfile::tempdir().unwrap(), move |settings, own| {
        settings.instance = Some(name.into());
        own.watchdog_interval = Duration::from_millis(20);
    })
}

impl Market {
    async fn start(names: &[&'static str]) -> Market {
        let failing = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 3\r\n\r\nbad";
        let upstreams = [Upstream::answering(ok("good")).await, Upstream::answering(failing).await];
        let registry = MemoryRegistry::new();
        put(&registry, &table(&upstreams[0]).to_string()).await;
        // The last one starts first: it creates the first user.
        let mut nodes = vec![node(&registry, names.last().unwrap())];
        let admin = Operator::admin(&nodes[0]).await;
        let others = &names[..names.len() - 1];
        nodes.splice(0..0, others.iter().map(|name| node(&registry, name)));
        for node in &nodes {
            node.loaded().await;
        }
        let all = names.len();
        eventually("each knows the others", TIMEOUT, async || admin.get("/nodes").await.json()["nodes"].as_array().unwrap().len() == all)
            .await;
        Market { registry, nodes, admin, upstreams }
    }

    fn revision(&self) -> i64 {
        self.nodes.last().unwrap().table().revision.unwrap()
    }

    /// Publishes the table that sends requests to the one or the other upstream, and waits until all nodes have it.
    async fn publish(&self, upstream: usize, watchdog: Value) -> i64 {
        let mut body = json!({"table": table(&self.upstreams[upstream]), "comment": "try"});
        if !watchdog.is_null() {
            body["watchdog"] = watchdog;
        }
        let reply = self.admin.json_at("PUT", "/table", self.revision(), body).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let revision = reply.json()["revision"].as_i64().unwrap();
        self.all_have(revision).await;
        revision
    }

    async fn all_have(&self, revision: i64) {
        eventually("all nodes have it", TIMEOUT, async || self.nodes.iter().all(|node| node.table().revision >= Some(revision))).await;
    }

    async fn requests(&self, node: usize, count: usize) {
        for _ in 0..count {
            self.nodes[node].get("/cars").await;
        }
    }

    async fn watch(&self) -> Value {
        self.admin.get("/watchdog").await.json()
    }

    /// Waits until the watch has ended, and gives its outcome.
    async fn ended(&self) -> Value {
        eventually("the watch ends", TIMEOUT, async || !self.watch().await["watch"]["ended"].is_null()).await;
        self.watch().await["watch"]["ended"].clone()
    }

    async fn history(&self) -> Vec<(String, String)> {
        let versions = self.admin.get("/table/history").await.json()["versions"].clone();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        versions.as_array().unwrap().iter().map(|version| (text(&version["author"]), text(&version["comment"]))).collect()
    }

    async fn actions(&self) -> Vec<String> {
        let events = self.admin.get("/audit").await.json()["events"].clone();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        events.as_array().unwrap().iter().map(|event| format!("{} {}", text(&event["who"]), text(&event["action"]))).collect()
    }
}

#[actix_rt::test]
async fn a_publish_that_makes_a_route_worse_is_rolled_back_on_all_nodes() {
    let market = Market::start(&["a", "b"]).await;
    let bad = market.publish(1, json!({"seconds": HOUR, "error_percent": 10})).await;
    let watch = market.watch().await;
    assert_eq!((&watch["watch"]["revision"], &watch["watch"]["routes"]), (&json!(bad), &json!(["cars"])));
    assert!(watch["seconds_left"].as_i64().unwrap() > HOUR - 600 && watch["watch"]["before"].is_null());
    // Half of them on each node: only the sum is enough to say something.
    market.requests(0, 10).await;
    market.requests(1, 10).await;
    let ended = market.ended().await;
    assert_eq!((&ended["outcome"], &ended["by"]), (&json!("rolled-back"), &json!("watchdog")), "{ended}");
    assert!(ended["reason"].as_str().unwrap().contains("route cars: 100.0 % of 20 requests failed"), "{ended}");
    market.all_have(bad + 1).await;
    for node in &market.nodes {
        assert_eq!(node.get("/cars").await.text(), "good");
    }
    let newest = market.history().await[0].clone();
    assert_eq!(newest.0, "watchdog");
    assert!(newest.1.starts_with(&format!("Roll back revision {bad}: route cars")), "{newest:?}");
    assert_eq!(market.actions().await[..2], ["watchdog watchdog.rollback", "admin table.publish"]);
}

#[actix_rt::test]
async fn a_publish_that_makes_a_route_slower_is_rolled_back() {
    let market = Market::start(&["a"]).await;
    // Nothing is as quick as that.
    let slow = market.publish(1, json!({"seconds": HOUR, "error_percent": 100})).await;
    market.requests(0, 30).await;
    assert!(market.watch().await["watch"]["ended"].is_null(), "errors are allowed");
    market.admin.json("POST", "/watchdog/keep", json!({})).await;
    let sleepy = Upstream::start(|mut connection| async move {
        while connection.request().await.is_some() {
            tokio::time::sleep(Duration::from_millis(5)).await;
            connection.write(&ok("late")).await;
        }
    })
    .await;
    let body = json!({"table": table(&sleepy), "watchdog": {"seconds": HOUR, "p99_ms": 2}});
    assert_eq!(market.admin.json_at("PUT", "/table", slow, body).await.status, 200);
    market.all_have(slow + 1).await;
    let newest = market.revision();
    market.requests(0, 100).await;
    let ended = market.ended().await;
    assert_eq!(ended["outcome"], "rolled-back");
    assert!(ended["reason"].as_str().unwrap().contains("the p99 of 100 requests is"), "{ended}");
    market.all_have(newest + 1).await;
}

#[actix_rt::test]
async fn a_publish_that_stays_fine_is_kept_when_the_time_is_over() {
    let market = Market::start(&["a", "b"]).await;
    let good = market.publish(0, json!({"seconds": HOUR, "error_percent": 0})).await;
    // An unchanged table changes no route: all are watched.
    assert_eq!(market.watch().await["watch"]["routes"], json!(["cars", "other"]));
    market.admin.json("POST", "/watchdog/keep", json!({})).await;
    let good = {
        let reply = market
            .admin
            .json_at("PUT", "/table", good, json!({"table": table(&market.upstreams[0]), "watchdog": {"seconds": 2, "error_percent": 0}}))
            .await;
        reply.json()["revision"].as_i64().unwrap()
    };
    market.all_have(good).await;
    market.requests(0, 30).await;
    let ended = market.ended().await;
    assert_eq!((&ended["outcome"], &ended["by"]), (&json!("kept"), &json!("watchdog")), "{ended}");
    assert_eq!(market.revision(), good);
    assert_eq!(market.actions().await[0], "watchdog watchdog.keep");
}

#[actix_rt::test]
async fn an_editor_ends_a_watch_early_either_way() {
    let market = Market::start(&["a"]).await;
    assert_eq!(market.admin.json("POST", "/watchdog/keep", json!({})).await.code(), "watch-over");
    let kept = market.publish(1, json!({"seconds": HOUR, "error_percent": 50})).await;
    assert_eq!(market.admin.json("POST", "/watchdog/keep", json!({})).await.status, 200);
    market.requests(0, 30).await;
    assert_eq!(market.watch().await["watch"]["ended"]["outcome"], "kept");
    assert_eq!(market.revision(), kept, "what was kept is watched no longer");

    let back = market.publish(0, json!({"seconds": HOUR, "error_percent": 50})).await;
    let reply = market.admin.json("POST", "/watchdog/rollback", json!({})).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    market.all_have(back + 1).await;
    assert_eq!(market.nodes[0].get("/cars").await.text(), "bad", "the table before is in force again");
    assert_eq!(market.history().await[0], ("admin".into(), format!("Roll back revision {back}: rolled back by hand")));
    assert_eq!(market.admin.json("POST", "/watchdog/rollback", json!({})).await.code(), "watch-over");
    assert_eq!(market.actions().await[..2], ["admin watchdog.rollback", "admin table.publish"]);
}

#[actix_rt::test]
async fn another_node_goes_on_watching_when_the_one_that_published_dies() {
    let mut market = Market::start(&["b", "a"]).await;
    // The last one publishes, and is the one that acts: its name is the first.
    let bad = market.publish(1, json!({"seconds": HOUR, "error_percent": 10})).await;
    let dead = market.nodes.pop().unwrap();
    dead.running.borrow_mut().take().unwrap().abort();
    market.admin = Operator { address: market.nodes[0].admin, ..market.admin.clone() };
    let services = market.nodes[0].services();
    eventually("its lease ends", TIMEOUT, async || services.instances("fm-gateway").len() == 1).await;
    market.requests(0, 25).await;
    let ended = market.ended().await;
    assert_eq!(ended["outcome"], "rolled-back", "{ended}");
    market.all_have(bad + 1).await;
    assert_eq!(market.nodes[0].get("/cars").await.text(), "good");
}

#[actix_rt::test]
async fn a_watch_survives_a_restart_of_all_nodes() {
    let mut market = Market::start(&["a"]).await;
    market.publish(1, json!({"seconds": HOUR, "error_percent": 10})).await;
    let old = market.nodes.pop().unwrap();
    old.stop();
    old.stopped().await;
    market.nodes.push(node(&market.registry, "a"));
    market.nodes[0].loaded().await;
    market.admin = Operator { address: market.nodes[0].admin, ..market.admin.clone() };
    market.requests(0, 25).await;
    assert_eq!(market.ended().await["outcome"], "rolled-back");
}

#[actix_rt::test]
async fn the_watchdog_stands_down_when_somebody_publishes_in_between() {
    let market = Market::start(&["a", "b"]).await;
    let watched = market.publish(1, json!({"seconds": HOUR, "error_percent": 10})).await;
    let newer = market.publish(1, Value::Null).await;
    let ended = market.ended().await;
    assert_eq!(ended["outcome"], "stood-down", "{ended}");
    assert!(ended["reason"].as_str().unwrap().contains(&newer.to_string()), "{ended}");
    market.requests(0, 30).await;
    assert_eq!(market.revision(), newer, "what others have published is not rolled back");
    assert_eq!(market.watch().await["watch"]["revision"], json!(watched));
    assert!(market.actions().await.contains(&"watchdog watchdog.stand-down".to_owned()));
}

#[actix_rt::test]
async fn a_watch_that_watches_nothing_is_refused_and_nothing_is_published() {
    let market = Market::start(&["a"]).await;
    let before = market.revision();
    for watchdog in [
        json!({"seconds": 60}),
        json!({"seconds": 0, "error_percent": 1}),
        json!({"seconds": 60, "error_percent": 101}),
        json!({"seconds": 60, "p99_ms": 0}),
    ] {
        let body = json!({"table": table(&market.upstreams[1]), "watchdog": watchdog});
        assert_eq!(market.admin.json_at("PUT", "/table", before, body).await.status, 422, "{watchdog}");
    }
    assert_eq!(market.revision(), before);
    assert_eq!(market.watch().await["watch"], Value::Null);
}

#[actix_rt::test]
async fn the_pages_show_the_countdown_and_end_the_watch() {
    let market = Market::start(&["a"]).await;
    let browser = Browser::of(&market.admin);
    market.publish(1, json!({"seconds": HOUR, "error_percent": 50})).await;
    let page = browser.page("/admin/").await;
    assert!(page.contains("data-ends=") && page.contains("value=\"rollback\""), "{page}");
    assert!(browser.page("/admin/?lang=de").await.contains("wird beobachtet"));
    let reply = browser.post("/admin/watchdog", &[("do", "rollback")]).await;
    assert_eq!(reply.status, 303, "{}", reply.text());
    let page = browser.page("/admin/").await;
    assert!(page.contains("was rolled back") && !page.contains("data-ends="), "{page}");
}
