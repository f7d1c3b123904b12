//! A limit that three gateways on one etcd hold together: how far they miss it.

use crate::{
    etcd::Node,
    support::{Client, table_of},
};
use fm_gateway::table;
use fm_sdk::{
    config::Settings,
    registry::{Change, Etcd, Expect, Registry},
    testing::eventually,
};
use fm_sdk_testing::servers::EtcdServer;
use serde_json::json;
use std::time::{Duration, Instant};

const GATEWAYS: u32 = 3;
const RATE: f64 = 100.0;
const BURST: f64 = 20.0;
/// How long clients ask as often as they can.
const TIME: Duration = Duration::from_secs(5);
/// What a count takes to be known everywhere, at the very most.
const DELAY: f64 = 1.0;
const TIMEOUT: Duration = Duration::from_secs(90);

/// Asks again and again, and says how often that went well.
async fn hammer(node: &Node, started: Instant) -> u32 {
    let (mut client, mut passed) = (Client::connect(node.address).await, 0);
    while started.elapsed() < TIME {
        passed += u32::from(client.ask("GET /limited HTTP/1.1\r\nHost: h\r\n\r\n").await.status == 200);
    }
    passed
}

#[actix_rt::test]
async fn three_gateways_hold_one_limit_but_for_what_passes_until_they_know_of_each_other() {
    let etcd = EtcdServer::start().await.unwrap();
    let settings = Settings { registry: etcd.url().parse().unwrap(), ..Settings::memory() };
    let registry = Etcd::connect_with(etcd.url(), &settings.registry_prefix, &settings.tls()).unwrap();
    let limit = json!({"by": "route", "rate": RATE as u64, "burst": BURST as u64, "scope": "global"});
    let routes =
        json!([{"id": "limited", "path": "/limited", "plugins": [{"plugin": "rate-limit", "settings": limit}, {"plugin": "respond"}]}]);
    let value = Some(table_of(routes).to_string());
    registry.commit(vec![Change { key: table::CURRENT.into(), expect: Expect::Any, value }]).await.unwrap();
    let nodes = ["a", "b", "c"].map(|name| Node::start(&settings, name));
    for node in &nodes {
        let shares = async || {
            let metrics = Client::connect(node.admin).await.ask("GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n").await.text();
            metrics.contains("gateway_table_loads_total{code=\"loaded\"} 1\n") && metrics.contains("gateway_rate_limits_shared 1\n")
        };
        eventually("the limit is in force and shared", TIMEOUT, shares).await;
    }
    let started = Instant::now();
    let passed: Vec<u32> = futures::future::join_all(nodes.iter().map(|node| hammer(node, started))).await;
    let (passed, allowed) = (f64::from(passed.iter().sum::<u32>()), BURST + RATE * started.elapsed().as_secs_f64());
    let error = passed - allowed;
    println!(
        "{GATEWAYS} gateways let {passed} requests through in {TIME:?}, allowed were {allowed:.0}: {error:+.0}, {:+.1} %",
        100.0 * error / allowed
    );
    let most = f64::from(GATEWAYS - 1) * (BURST + RATE * DELAY);
    assert!(error <= most, "{passed} requests passed, {allowed} were allowed");
    assert!(passed >= allowed / 2.0, "{passed} requests passed of {allowed}: too few");
    for node in nodes {
        node.running.abort();
    }
}
