//! What operators do with a running market: queues and dead letters, drains, several gateways, the watchdog, live requests, traces.

#[cfg(test)]
mod bus;
#[cfg(test)]
mod drain;
#[cfg(test)]
mod etcd;
#[cfg(test)]
mod failing;
#[cfg(test)]
mod failing_writes;
#[cfg(test)]
mod live;
#[cfg(test)]
mod nodes;
#[cfg(test)]
mod shared_limits;
#[cfg(test)]
#[path = "../api/support/mod.rs"]
#[expect(dead_code, unused_imports, reason = "shared with the tests of the API")]
mod support;
#[cfg(test)]
mod traces;
#[cfg(test)]
mod traffic;
#[cfg(test)]
mod watchdog;

#[cfg(test)]
fn respond(text: &str) -> serde_json::Value {
    serde_json::json!([{"id": "all", "path": "/**", "plugins": [{"plugin": "respond", "settings": {"body": text}}]}])
}
