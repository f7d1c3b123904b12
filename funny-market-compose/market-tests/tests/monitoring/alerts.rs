use crate::{instances_are_mine, prometheus::Prometheus};
use base64::{Engine, engine::general_purpose::STANDARD};
use market_tests::{Market, wait_until};
use serde_json::json;
use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

/// The longest time of an alert in the shortened rules, the lease of an instance, and what a busy machine adds.
const BOUND: Duration = Duration::from_secs(60);

/// Waits until an alert fires, and asserts that none but the allowed ones did meanwhile.
fn fires(prometheus: &Prometheus, alert: &str, also: &[&str]) {
    let mut seen = BTreeSet::new();
    let after = wait_until(&format!("{alert} fires"), BOUND, || {
        seen.extend(prometheus.firing());
        seen.contains(alert)
    });
    println!("{alert} fired after {after:?}");
    let others: Vec<_> = seen.iter().filter(|name| *name != alert && !also.contains(&name.as_str())).collect();
    assert!(others.is_empty(), "{others:?} fired beside {alert}");
}

fn all_is_well(prometheus: &Prometheus) {
    wait_until("no alert fires", BOUND, || prometheus.firing().is_empty());
}

/// Registers an instance that nobody is: what a program is whose HTTP server hangs while its lease is kept.
fn registers_nobody(market: &Market) {
    let key = format!("{}/fm/services/fm-nobody/one", market.address("registry_prefix"));
    let value = json!({ "url": "http://127.0.0.1:1", "version": "0.0.0" }).to_string();
    market.at("registry").post("/v3/kv/put", json!({ "key": STANDARD.encode(key), "value": STANDARD.encode(value) })).expect(200);
}

fn unregisters_nobody(market: &Market) {
    let key = format!("{}/fm/services/fm-nobody/one", market.address("registry_prefix"));
    market.at("registry").post("/v3/kv/deleterange", json!({ "key": STANDARD.encode(key) })).expect(200);
}

#[test]
fn each_fault_raises_its_alert_and_no_other() {
    let _mine = instances_are_mine();
    let market = Market::running();
    let local = market.local();
    market.script("scale", &["fm-tracker", "2"]);
    let prometheus = Prometheus::watch(&market);
    let began = Instant::now();

    registers_nobody(&market);
    fires(&prometheus, "InstanceUnreachable", &[]);
    unregisters_nobody(&market);
    all_is_well(&prometheus);

    market.instance("fm-tracker-2").kill_dash_9();
    fires(&prometheus, "InstanceLost", &[]);
    market.script("start", &["fm-tracker-2"]);
    all_is_well(&prometheus);

    local.signal("etcd", "STOP").unwrap();
    fires(&prometheus, "RegistryUnreachable", &["InfrastructureNodeDown", "DiscoveryFailing"]);
    local.signal("etcd", "CONT").unwrap();
    all_is_well(&prometheus);
    market.script("scale", &["fm-tracker", "1"]);
    println!("three faults within {:?}", began.elapsed());
}
