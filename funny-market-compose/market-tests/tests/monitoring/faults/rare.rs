//! What a market that is well does not count: each of it once, so that every panel of the dashboards has something to show.

use super::{Broken, Scene, bus, certificates, gateway, instances::register, store, upstream};
use serde_json::{Value, json};

/// Lets all of it happen, and waits until Prometheus has seen it. What was changed for it is as before when the result is dropped.
pub fn all_that_is_rare(scene: &Scene) -> [Broken; 3] {
    bus::an_event_comes_twice(scene);
    store::it_is_not_ready(scene);
    let client = certificates::somebody_connects(scene);
    let instances = [
        register(scene, "fm-failing", "one", &upstream::that_answers(upstream::NOTHING)),
        register(scene, "fm-failing", "two", &upstream::that_answers(upstream::NOTHING)),
        register(scene, "fm-slow", "one", &upstream::that_hangs()),
        register(scene, "fm-slow", "two", &upstream::that_answers(upstream::GOOD)),
        register(scene, "fm-cut", "one", &upstream::that_answers(upstream::CUT)),
    ];
    let limited = json!([{ "plugin": "rate-limit", "settings": { "rate": 1, "per": "1h", "burst": 1 } }, { "plugin": "respond" }]);
    let added = [
        ("/api/failing", leads_to("fm-failing")),
        ("/api/slow", leads_to("fm-slow")),
        ("/api/cut", leads_to("fm-cut")),
        ("/api/limited", limited),
    ];
    let routes = gateway::routes(scene, &added);
    for (path, metric) in [
        ("/api/failing", "gateway_upstream_failures_total"),
        ("/api/failing", "gateway_retries_total"),
        ("/api/failing", "gateway_retries_withheld_total"),
        ("/api/slow", "gateway_hedges_total"),
        ("/api/cut", "gateway_aborted_total"),
        ("/api/limited", "gateway_rate_limited_total"),
    ] {
        scene.prometheus.sees_after(&rate(metric), || {
            let _ = scene.market.anyone().try_send("GET", path, None); // what comes of it is counted by the gateway
        });
    }
    for metric in ["messages_duplicate_total", "gateway_tls_handshakes_total", r#"http_requests_total{status="5xx"}"#] {
        scene.prometheus.sees(&rate(metric));
    }
    [Broken::until(move || drop(instances)), routes, client]
}

/// Something as soon as a counter was seen twice.
fn rate(counter: &str) -> String {
    format!("rate({counter}[15s])")
}

fn leads_to(service: &str) -> Value {
    json!([{ "plugin": "discovery", "settings": { "service": service } }, { "plugin": "proxy", "settings": { "hedge_after": "100ms" } }])
}
