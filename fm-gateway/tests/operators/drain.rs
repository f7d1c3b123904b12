//! Instances that are taken out while the market runs, on two gateways.

use crate::support::{Browser, Operator, TestApp, Upstream, ok, put, table_of, until};
use fm_sdk::{
    registry::{MemoryRegistry, services::Registration},
    testing::eventually,
};
use serde_json::{Value, json};
use std::{cell::Cell, rc::Rc, time::Duration};

/// Longer than anything here takes.
const TIMEOUT: Duration = Duration::from_secs(60);

struct Market {
    nodes: [TestApp; 2],
    admin: Operator,
    instances: [Upstream; 2],
    places: Vec<Registration>,
}

impl Market {
    /// Two gateways before two instances of one service.
    async fn start() -> Market {
        Market::of([Upstream::answering(ok("0")).await, Upstream::answering(ok("1")).await]).await
    }

    async fn of(instances: [Upstream; 2]) -> Market {
        let market = Market::of_any(instances).await;
        for node in 0..2 {
            eventually("both nodes know both instances", TIMEOUT, async || market.picked(node).await == [true, true]).await;
        }
        market
    }

    /// The same, where not both of the instances answer.
    async fn of_any(instances: [Upstream; 2]) -> Market {
        let registry = MemoryRegistry::new();
        let routes = json!([{"id": "cars", "path": "/**", "plugins": [{"plugin": "discovery", "settings": {"service": "fm-cars"}}, {"plugin": "proxy"}]}]);
        put(&registry, &table_of(routes).to_string()).await;
        let node = |name: &'static str| {
            TestApp::on(registry.clone(), tempfile::tempdir().unwrap(), move |settings, _| settings.instance = Some(name.into()))
        };
        let first = node("gateway-0");
        let admin = Operator::admin(&first).await;
        let nodes = [first, node("gateway-1")];
        let places = vec![nodes[0].register("fm-cars", "cars-0", &instances[0]), nodes[0].register("fm-cars", "cars-1", &instances[1])];
        for node in &nodes {
            node.loaded().await;
        }
        Market { nodes, admin, instances, places }
    }

    /// Which instances answer some requests through a node.
    async fn picked(&self, node: usize) -> [bool; 2] {
        let mut picked = [false; 2];
        for _ in 0..20 {
            let reply = self.nodes[node].get("/").await;
            if reply.status == 200 {
                picked[reply.text().parse::<usize>().unwrap()] = true;
            }
        }
        picked
    }

    async fn set(&self, id: &str, action: &str) -> (u16, String) {
        let reply = self.admin.json("POST", &format!("/services/fm-cars/instances/{id}/{action}"), json!({})).await;
        (reply.status, if reply.status < 300 { String::new() } else { reply.code() })
    }

    async fn shown(&self, id: &str) -> Value {
        let services = self.admin.get("/services").await.json()["services"].clone();
        let cars = services.as_array().unwrap().iter().find(|service| service["name"] == "fm-cars").unwrap().clone();
        cars["instances"].as_array().unwrap().iter().find(|one| one["id"] == id).cloned().unwrap()
    }
}

#[actix_rt::test]
async fn a_drained_instance_gets_no_new_requests_from_any_node_until_it_is_undrained() {
    let market = Market::start().await;
    assert_eq!(market.set("cars-0", "drain").await.0, 200);
    for node in 0..2 {
        eventually("the node leaves it out", TIMEOUT, async || market.picked(node).await == [false, true]).await;
    }
    let before = market.instances[0].requests();
    for node in 0..2 {
        assert_eq!(market.picked(node).await, [false, true]);
    }
    assert_eq!(market.instances[0].requests(), before);
    assert_eq!(market.shown("cars-0").await["drained"]["by"], "admin");
    assert_eq!(market.shown("cars-1").await["drained"], Value::Null);
    assert_eq!(market.set("cars-0", "drain").await.0, 200, "it is out already");

    assert_eq!(market.set("cars-0", "undrain").await.0, 204);
    for node in 0..2 {
        eventually("the node picks it again", TIMEOUT, async || market.picked(node).await == [true, true]).await;
    }
    assert_eq!(market.set("cars-0", "undrain").await, (409, "not-drained".into()));
    let events = market.admin.get("/audit").await.json()["events"].clone();
    let actions: Vec<_> = events
        .as_array()
        .unwrap()
        .iter()
        .map(|event| format!("{} {}", event["action"].as_str().unwrap(), event["target"].as_str().unwrap()))
        .collect();
    assert_eq!(actions[..2], ["instance.undrain fm-cars cars-0", "instance.drain fm-cars cars-0"]);
}

#[actix_rt::test]
async fn the_last_instance_is_not_drained_and_an_unknown_one_is_named() {
    let mut market = Market::start().await;
    assert_eq!(market.set("cars-7", "drain").await, (404, "instance-unknown".into()));
    assert_eq!(market.set("cars-0", "drain").await.0, 200);
    assert_eq!(market.set("cars-1", "drain").await, (409, "last-instance".into()));
    // The other one dies: requests are refused rather than sent where the operator wants none.
    market.places.pop().unwrap().release().await;
    let drained = async || market.nodes[1].get("/").await.code() == "service-drained";
    eventually("no instance is left", TIMEOUT, drained).await;
    assert_eq!(market.nodes[1].get("/").await.status, 503);
    // It starts again under its old name: that is another instance.
    drop(market.places.pop());
    until("it has left", || market.nodes[0].services().instances("fm-cars").is_empty()).await;
    market.places.push(market.nodes[0].register("fm-cars", "cars-0", &market.instances[0]));
    eventually("the new one is picked", TIMEOUT, async || market.picked(1).await == [true, false]).await;
}

#[actix_rt::test]
async fn requests_in_flight_of_a_drained_instance_are_counted_over_all_nodes_and_end_normally() {
    let release = Rc::new(Cell::new(false));
    let slow = {
        let release = release.clone();
        Upstream::start(move |mut connection| {
            let release = release.clone();
            async move {
                while let Some(request) = connection.request().await {
                    while request.contains("/slow") && !release.get() {
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                    connection.write(&ok("0")).await;
                }
            }
        })
        .await
    };
    let market = Market::of([slow, Upstream::answering(ok("1")).await]).await;
    let hanging = || market.instances[0].seen.borrow().iter().filter(|request| request.contains("/slow")).count();
    // A POST is neither hedged nor tried again.
    let mut clients = Vec::new();
    for node in 0..2 {
        let want = hanging() + 1;
        while hanging() < want {
            let mut client = market.nodes[node].connect().await;
            client.send("POST /slow HTTP/1.1\r\nHost: market.test\r\nContent-Length: 0\r\n\r\n").await;
            let (seen, other) = (hanging(), market.instances[1].requests());
            until("an instance has it", || hanging() > seen || market.instances[1].requests() > other).await;
            clients.push(client);
        }
    }
    assert_eq!(market.set("cars-0", "drain").await.0, 200);
    eventually("both are counted", TIMEOUT, async || market.shown("cars-0").await["in_flight"] == 2).await;
    let page = Browser::of(&market.admin).page("/admin/nodes").await;
    assert!(page.contains("draining") && page.contains("value=\"undrain\""), "{page}");
    release.set(true);
    for client in &mut clients {
        assert_eq!(client.reply_to("POST /slow").await.status, 200);
    }
    eventually("none is left", TIMEOUT, async || market.shown("cars-0").await["in_flight"] == 0).await;
}

#[actix_rt::test]
async fn the_page_drains_and_undrains() {
    let market = Market::start().await;
    let browser = Browser::of(&market.admin);
    let fields = |action| [("service", "fm-cars"), ("id", "cars-1"), ("do", action)];
    assert_eq!(browser.post("/admin/nodes", &fields("drain")).await.status, 303);
    eventually("the node leaves it out", TIMEOUT, async || market.picked(1).await == [true, false]).await;
    assert!(browser.page("/admin/nodes?lang=de").await.contains("wird geleert"));
    assert_eq!(browser.post("/admin/nodes", &fields("undrain")).await.status, 303);
    eventually("the node picks it again", TIMEOUT, async || market.picked(1).await == [true, true]).await;
}

#[actix_rt::test]
async fn an_instance_that_fails_is_shown_as_ejected_by_the_gateways_that_leave_it_out() {
    let broken = Upstream::start(|connection| async move { drop(connection) }).await;
    let market = Market::of_any([broken, Upstream::answering(ok("1")).await]).await;
    for node in 0..2 {
        let ejected = async || {
            market.picked(node).await;
            market.shown("cars-0").await["ejected_by"].as_array().unwrap().contains(&json!(format!("gateway-{node}")))
        };
        eventually("the node leaves it out", TIMEOUT, ejected).await;
    }
    let healthy = market.shown("cars-1").await;
    assert_eq!(healthy["ejected_by"], json!([]));
    assert!(healthy["latency_ms"].as_f64().unwrap() > 0.0, "{healthy}");
    let shown = async || {
        market.picked(0).await;
        let browser = Browser::of(&market.admin);
        browser.page("/admin/nodes").await.contains("by gateway-0") && browser.page("/admin/?lang=de").await.contains("1 ausgesetzt")
    };
    eventually("pages say so", TIMEOUT, shown).await;
}
