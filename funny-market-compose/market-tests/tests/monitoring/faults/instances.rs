//! Instances that end, hang or lie.

use super::{Broken, Scene};
use base64::{Engine, engine::general_purpose::STANDARD};
use market_tests::{Market, wait_until};
use serde_json::json;
use std::time::Duration;

const START: Duration = Duration::from_secs(20);

/// Kills a process of the market without a warning; it is started again at the end.
pub fn kill(market: &Market, name: &'static str) -> Broken {
    market.instance(name).kill_dash_9();
    let market = market.clone();
    Broken::until(move || drop(market.script("start", &[name])))
}

pub fn one_of_two_is_killed(scene: &Scene) -> Broken {
    kill(&scene.market, "fm-tracker-2")
}

pub fn all_are_killed(scene: &Scene) -> Broken {
    kill(&scene.market, "fm-web")
}

/// Registers an instance that nobody is: what a program is whose HTTP server hangs while its lease is kept.
pub fn one_does_not_answer(scene: &Scene) -> Broken {
    register(scene, "fm-nobody", "one", "http://127.0.0.1:1")
}

/// Registers an instance, past the program that would; it is gone at the end.
pub fn register(scene: &Scene, service: &str, instance: &str, url: &str) -> Broken {
    let key = STANDARD.encode(format!("{}/fm/services/{service}/{instance}", scene.market.address("registry_prefix")));
    let value = STANDARD.encode(json!({ "url": url, "version": "0.0.0" }).to_string());
    let registry = scene.market.at("registry");
    registry.post("/v3/kv/put", json!({ "key": key, "value": value })).expect(200);
    Broken::until(move || drop(registry.post("/v3/kv/deleterange", json!({ "key": key })).expect(200)))
}

/// As often as the rule says, and once more: each start must have been seen by a scrape.
pub fn one_is_killed_again_and_again(scene: &Scene) -> Broken {
    let uptime = || scene.prometheus.numbers(r#"process_uptime_seconds{service="fm-web"}"#).first().copied();
    for _ in 0..4 {
        let mut before = None;
        wait_until("it runs longer than a start takes to be seen", START, || {
            before = uptime().filter(|now| *now > 3.0);
            before.is_some()
        });
        drop(kill(&scene.market, "fm-web"));
        wait_until("its start is seen", START, || uptime().is_some_and(|now| Some(now) < before));
    }
    Broken::until(|| {})
}
