//! Gateways and their routing table.

use super::{Broken, Scene, instances::kill, visitors::Visitors};
use base64::{Engine, engine::general_purpose::STANDARD};
use market_tests::Market;
use serde_json::{Value, json};
use std::{env, fs, thread, time::Duration};

pub fn the_only_one_is_killed(scene: &Scene) -> Broken {
    kill(&scene.market, "fm-gateway")
}

/// Somebody writes into the registry, past the checks of the gateways.
pub fn table_is_garbage(scene: &Scene) -> Broken {
    let key = STANDARD.encode(format!("{}/fm/gateway/table/current", scene.market.address("registry_prefix")));
    let registry = scene.market.at("registry");
    let answer = registry.post("/v3/kv/range", json!({ "key": key })).expect(200).json();
    let good = answer["kvs"][0]["value"].as_str().unwrap().to_owned();
    registry.post("/v3/kv/put", json!({ "key": key, "value": STANDARD.encode("{ routes: none") })).expect(200);
    Broken::until(move || drop(registry.post("/v3/kv/put", json!({ "key": key, "value": good })).expect(200)))
}

/// Publishes a table, by way of the gateway's command line.
fn publish(market: &Market, table: &Value) {
    let file = env::temp_dir().join(market.unique("table"));
    fs::write(&file, table.to_string()).unwrap();
    market.script("service", &["fm-gateway", "table", "put", file.to_str().unwrap()]);
    fs::remove_file(file).unwrap();
}

/// Somebody has published a wrong address, and people ask for it.
pub fn a_route_leads_nowhere(scene: &Scene) -> Broken {
    let target = json!({ "plugin": "proxy", "settings": { "target": "http://127.0.0.1:1" } });
    let published = routes(scene, &[("/api/nowhere", json!([target]))]);
    let gateway = scene.market.anyone();
    let people = Visitors::who(1, move || {
        let _ = gateway.try_send("GET", "/api/nowhere", None); // what it answers is counted by the gateway
        thread::sleep(Duration::from_millis(200)); // the rate
    });
    Broken::until(move || drop((people, published)))
}

/// Publishes the table with public routes before all others: for GETs of a path, with these plugins. The table is as before at the end.
pub fn routes(scene: &Scene, added: &[(&str, Value)]) -> Broken {
    let good: Value = serde_json::from_str(&scene.market.script("service", &["fm-gateway", "table", "get"])).unwrap();
    let mut changed = good.clone();
    let added = added.iter().map(|(path, plugins)| {
        let id = path.trim_start_matches("/api/");
        json!({ "id": id, "path": path, "methods": ["GET"], "public": true, "plugins": plugins })
    });
    changed["routes"].as_array_mut().unwrap().splice(0..0, added);
    publish(&scene.market, &changed);
    let market = scene.market.clone();
    Broken::until(move || publish(&market, &good))
}
