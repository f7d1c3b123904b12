//! Requests over time, all gateways added up.

use crate::support::{Browser, Operator, TestApp, put, table_of};
use fm_sdk::{
    Clock,
    registry::{
        MemoryRegistry,
        services::{Instance, Services},
    },
    testing::eventually,
};
use serde_json::{Value, json};
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
    time::Duration,
};

/// Longer than anything here takes.
const TIMEOUT: Duration = Duration::from_secs(60);
const SECOND: i64 = 1000;
/// Points of every length begin then.
const BEGAN: i64 = 1_800_000_000 * SECOND;

/// Two gateways whose clock is turned by hand.
struct Nodes {
    registry: MemoryRegistry,
    a: TestApp,
    b: TestApp,
    admin: Operator,
    clock: Arc<AtomicI64>,
}

impl Nodes {
    async fn start() -> Nodes {
        let (registry, clock) = (MemoryRegistry::new(), Arc::new(AtomicI64::new(BEGAN)));
        let routes = json!([
            {"id": "cars", "path": "/cars", "plugins": [{"plugin": "respond"}]},
            {"id": "broken", "path": "/broken", "plugins": [{"plugin": "proxy", "settings": {"target": "http://127.0.0.1:9"}}]},
            {"id": "unused", "path": "/unused", "plugins": [{"plugin": "respond"}]},
        ]);
        put(&registry, &table_of(routes).to_string()).await;
        let start = |name: &'static str| {
            let clock = clock.clone();
            TestApp::on(registry.clone(), tempfile::tempdir().unwrap(), move |settings, own| {
                settings.instance = Some(name.into());
                own.clock = Clock::from_fn(move || clock.load(Relaxed));
            })
        };
        // The first one creates the first user.
        let a = start("a");
        a.loaded().await;
        let admin = Operator::admin(&a).await;
        let b = start("b");
        b.loaded().await;
        let nodes = Nodes { registry, a, b, admin, clock };
        nodes.know(2).await;
        nodes
    }

    async fn know(&self, count: usize) {
        let known = async || self.admin.get("/nodes").await.json()["nodes"].as_array().unwrap().len() == count;
        eventually("all are known", TIMEOUT, known).await;
    }

    fn turn(&self, seconds: i64) {
        self.clock.fetch_add(seconds * SECOND, Relaxed);
    }

    /// What the call shows, once so many requests are counted: each is when its answer is over.
    async fn traffic(&self, path: &str, requests: u64) -> Value {
        let show = async || self.admin.get(path).await.json();
        eventually("all are counted", TIMEOUT, async || show().await["total"]["requests"] == requests).await;
        show().await
    }
}

#[actix_rt::test]
async fn requests_of_all_nodes_are_added_up_over_time() {
    let nodes = Nodes::start().await;
    for (node, path) in [(&nodes.a, "/cars"), (&nodes.b, "/cars"), (&nodes.b, "/cars"), (&nodes.b, "/broken"), (&nodes.a, "/nowhere")] {
        node.get(path).await;
    }
    nodes.traffic("/traffic", 4).await;
    nodes.turn(15);
    for _ in 0..2 {
        nodes.a.get("/cars").await;
    }
    nodes.turn(5);
    let seen = nodes.traffic("/traffic", 6).await;
    let points: Vec<_> = seen["points"].as_array().unwrap().iter().map(|p| (&p["requests"], &p["error_percent"])).collect();
    assert_eq!(points, [(&json!(4), &json!(25.0)), (&json!(2), &json!(0.0))], "{seen}");
    assert_eq!((&seen["points"][1]["per_second"], &seen["total"]["per_second"]), (&json!(0.4), &json!(0.3)), "{seen}");
    assert!(seen["total"]["p99_ms"].as_f64().unwrap() >= seen["total"]["p50_ms"].as_f64().unwrap(), "{seen}");
    assert_eq!((&seen["nodes"], &seen["silent"]), (&json!(["a", "b"]), &json!([])));
    assert_eq!((&seen["routes"]["cars"]["requests"], &seen["routes"]["broken"]["errors"]), (&json!(5), &json!(1)));
    assert_eq!(seen["routes"].as_object().unwrap().len(), 2, "a route without requests is left out");

    nodes.turn(15 * 60);
    assert_eq!(nodes.traffic("/traffic", 0).await["points"].as_array().unwrap().len(), 60);
    let day = nodes.traffic("/traffic?window=24h", 6).await;
    assert_eq!((&day["seconds"], &day["points"][0]["requests"]), (&json!(900), &json!(6)), "{day}");
}

#[actix_rt::test]
async fn the_last_minutes_of_routes_are_added_up() {
    let nodes = Nodes::start().await;
    nodes.a.get("/cars").await;
    nodes.b.get("/broken").await;
    nodes.traffic("/traffic", 2).await;
    nodes.turn(60);
    nodes.b.get("/cars").await;
    nodes.a.get("/cars").await;
    nodes.traffic("/traffic", 4).await;
    let seen = nodes.admin.get("/traffic/routes?ids=cars,broken,unused,unknown").await.json();
    let last = |id: &str, what: &str| {
        let all = seen["routes"][id][what].as_array().unwrap();
        assert_eq!(all.len(), 15, "{seen}");
        [13, 14].map(|n| all[n].as_u64().unwrap())
    };
    assert_eq!((last("cars", "requests"), last("broken", "errors")), ([1, 2], [1, 0]));
    assert_eq!((last("unused", "requests"), last("unknown", "requests")), ([0, 0], [0, 0]));
    assert_eq!(seen["minutes"][14], fm_sdk::time::rfc3339(BEGAN + 60 * SECOND));
}

#[actix_rt::test]
async fn a_publish_forgets_no_requests() {
    let nodes = Nodes::start().await;
    nodes.a.get("/cars").await;
    nodes.traffic("/traffic", 1).await;
    nodes.a.publish(json!([{"id": "cars", "path": "/cars", "plugins": [{"plugin": "respond", "settings": {"body": "new"}}]}])).await;
    nodes.a.get("/cars").await;
    assert_eq!(nodes.traffic("/traffic", 2).await["routes"]["cars"]["requests"], 2);
}

#[actix_rt::test]
async fn a_node_whose_requests_are_missing_is_named() {
    let nodes = Nodes::start().await;
    nodes.a.get("/cars").await;
    let services = Services::new(Arc::new(nodes.registry.clone()));
    let _mute = services.register(Instance::new("fm-gateway", "mute", "http://127.0.0.1:1")).unwrap();
    nodes.know(3).await;
    let seen = nodes.traffic("/traffic", 1).await;
    assert_eq!((&seen["nodes"], &seen["silent"]), (&json!(["a", "b"]), &json!(["mute"])));
    assert_eq!(nodes.admin.get("/traffic/routes?ids=cars").await.json()["silent"], json!(["mute"]));
    let browser = Browser::of(&nodes.admin);
    assert!(browser.page("/admin/").await.contains("Without the requests of mute: no answer."));
}

#[actix_rt::test]
async fn a_route_that_fails_often_needs_a_look() {
    let nodes = Nodes::start().await;
    let browser = Browser::of(&nodes.admin);
    for _ in 0..19 {
        nodes.a.get("/broken").await;
    }
    nodes.traffic("/traffic", 19).await;
    assert!(browser.page("/admin/").await.contains("no route has an error or a warning"), "too few to say");
    nodes.b.get("/broken").await;
    nodes.traffic("/traffic", 20).await;
    assert!(browser.page("/admin/").await.contains("100 % of the requests failed (5xx)"));
    assert!(browser.page("/admin/?lang=de").await.contains("100 % der Anfragen sind gescheitert (5xx)"));
}

#[actix_rt::test]
async fn what_cannot_be_shown_is_refused() {
    let nodes = Nodes::start().await;
    let many = vec!["r"; 101].join(",");
    for bad in ["/traffic?window=1h", "/traffic/routes", "/traffic/routes?ids=", &format!("/traffic/routes?ids={many}")] {
        assert_eq!(nodes.admin.get(bad).await.status, 422, "{bad}");
    }
}

#[actix_rt::test]
async fn the_overview_shows_the_numbers_without_scripts_in_both_languages() {
    let nodes = Nodes::start().await;
    let browser = Browser::of(&nodes.admin);
    assert!(browser.page("/admin/?lang=en").await.contains("No route took a request in this time."));
    assert!(browser.page("/admin/?lang=de&window=nonsense").await.contains("Keine Route hat in dieser Zeit eine Anfrage erhalten."));
    for path in ["/cars", "/cars", "/broken"] {
        nodes.b.get(path).await;
    }
    nodes.traffic("/traffic", 3).await;
    nodes.turn(15);
    let english = browser.page("/admin/?lang=en").await;
    assert!(english.contains("<data value=\"0.2\">0.2</data>") && english.contains("Failing routes (5xx)"), "{english}");
    assert!(english.contains("33.3 %") && english.contains("1 (100 %)"), "{english}");
    let german = browser.page("/admin/?lang=de&window=15m").await;
    assert!(german.contains("<data value=\"0.2\">0,2</data>") && german.contains("Meistgenutzte Routen"), "{german}");
    assert!(browser.page("/admin/?window=24h").await.contains("aria-current=\"true\">24"));
}
