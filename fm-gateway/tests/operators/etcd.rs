//! The whole on a real etcd: two gateways that drain, answer each other and watch a publish.

use crate::support::{Client, Operator, Reply, Upstream, ok, table_of};
use fm_gateway::{Application, GatewaySettings, admin::users::Cost};
use fm_sdk::{
    config::Settings,
    registry::{
        Etcd,
        services::{Instance, Services},
    },
    testing::eventually,
};
use fm_sdk_testing::servers::EtcdServer;
use serde_json::{Value, json};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::task::JoinHandle;

/// Longer than anything here takes.
const TIMEOUT: Duration = Duration::from_secs(90);

/// A gateway on etcd.
pub struct Node {
    pub address: SocketAddr,
    pub admin: SocketAddr,
    data: tempfile::TempDir,
    pub running: JoinHandle<fm_sdk::Result<()>>,
}

impl Node {
    pub fn start(settings: &Settings, name: &str) -> Node {
        let data = tempfile::tempdir().unwrap();
        let settings = Settings { data: Some(data.path().into()), instance: Some(name.into()), ..settings.clone() };
        let watchdog_interval = Duration::from_millis(100);
        let own = GatewaySettings { password_cost: Cost { memory_kib: 8, passes: 1 }, watchdog_interval, ..GatewaySettings::default() };
        let application = Application::build(settings, own).unwrap();
        let (address, admin) = (application.address().unwrap(), application.admin_address().unwrap());
        Node { address, admin, data, running: actix_rt::spawn(application.run(std::future::pending())) }
    }

    async fn get(&self, path: &str) -> Reply {
        Client::connect(self.address).await.ask(&format!("GET {path} HTTP/1.1\r\nHost: market.test\r\n\r\n")).await
    }
}

fn table(target: &str) -> Value {
    table_of(json!([
        {"id": "cars", "path": "/cars", "plugins": [{"plugin": "discovery", "settings": {"service": "fm-cars"}}, {"plugin": "proxy"}]},
        {"id": "fixed", "path": "/fixed", "plugins": [{"plugin": "proxy", "settings": {"target": target}}]},
    ]))
}

#[actix_rt::test]
async fn two_gateways_on_etcd_drain_answer_each_other_and_roll_back_a_bad_publish() {
    let etcd = EtcdServer::start().await.unwrap();
    let settings = Settings { registry: etcd.url().parse().unwrap(), ..Settings::memory() };
    let failing = Upstream::answering("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n").await;
    let upstreams = [Upstream::answering(ok("0")).await, Upstream::answering(ok("1")).await];
    let services = Services::new(Arc::new(Etcd::connect_with(etcd.url(), &settings.registry_prefix, &settings.tls()).unwrap()));
    let _places = [0, 1].map(|n| services.register(Instance::new("fm-cars", format!("cars-{n}"), upstreams[n].url())).unwrap());

    let first = Node::start(&settings, "a");
    let admin = Operator::admin_at(first.admin, first.data.path()).await;
    let second = Node::start(&settings, "b");
    let nodes = [&first, &second];
    let registered = async || admin.get("/nodes").await.json()["nodes"].as_array().is_some_and(|nodes| nodes.len() == 2);
    eventually("both are registered", TIMEOUT, registered).await;
    let publish = async |target: &str, watchdog: Value| {
        let revision = admin.get("/table").await.json()["revision"].as_i64().unwrap();
        let mut body = json!({"table": table(target)});
        if !watchdog.is_null() {
            body["watchdog"] = watchdog;
        }
        let reply = admin.json_at("PUT", "/table", revision, body).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()["revision"].as_i64().unwrap()
    };
    publish(&upstreams[0].url(), Value::Null).await;
    for node in nodes {
        eventually("the table is in force", TIMEOUT, async || {
            node.get("/fixed").await.status == 200 && node.get("/cars").await.status == 200
        })
        .await;
    }

    let drained = admin.json("POST", "/services/fm-cars/instances/cars-0/drain", json!({})).await;
    assert_eq!(drained.status, 200, "{}", drained.text());
    let picked = async |node: &Node| {
        let mut texts = Vec::new();
        for _ in 0..10 {
            texts.push(node.get("/cars").await.text());
        }
        texts
    };
    for node in nodes {
        eventually("the drained instance is left out", TIMEOUT, async || picked(node).await == ["1"; 10]).await;
    }

    let run = admin.json("POST", "/table/dry-run", json!({"table": table("http://127.0.0.1:9")})).await.json();
    assert_eq!((&run["nodes"], &run["silent"]), (&json!(["a", "b"]), &json!([])), "{run}");
    // Twelve of each: ten to find the drained one left out, two before.
    assert!(run["compared"].as_u64().unwrap() >= 24, "{run}");

    let bad = publish(&failing.url(), json!({"seconds": 3600, "error_percent": 10})).await;
    for node in nodes {
        eventually("the bad table is in force", TIMEOUT, async || node.get("/fixed").await.status == 500).await;
    }
    // The one that published, and that acts, dies; its lease has to end.
    first.running.abort();
    let admin = Operator { address: second.admin, ..admin };
    let ended = async || {
        second.get("/fixed").await;
        !admin.get("/watchdog").await.json()["watch"]["ended"].is_null()
    };
    eventually("the other one rolls back", TIMEOUT, ended).await;
    let watch = admin.get("/watchdog").await.json()["watch"].clone();
    assert_eq!((&watch["revision"], &watch["ended"]["outcome"]), (&json!(bad), &json!("rolled-back")), "{watch}");
    eventually("the table before is in force", TIMEOUT, async || second.get("/fixed").await.status == 200).await;
    second.running.abort();
}
