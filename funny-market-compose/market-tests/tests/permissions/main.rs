//! What one service's users of the registry and the bus may do, and what not. The servers are the tests' own; who may do what comes from
//! the very files that the market is set up with.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bus;
mod registry;

/// The services of the market, as `etcd/services` lists them.
fn services() -> Vec<&'static str> {
    let lines = include_str!("../../../etcd/services").lines();
    lines.filter(|line| !line.starts_with('#')).filter_map(|line| line.split_whitespace().next()).collect()
}
