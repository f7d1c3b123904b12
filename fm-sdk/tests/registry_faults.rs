//! The registry on etcd while etcd fails: killed, frozen, wiped, compacted nodes, and holders that die.
#![cfg(feature = "etcd")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "registry_faults/cluster.rs"]
mod cluster;
#[path = "registry_faults/holder.rs"]
mod holder;
#[path = "registry_faults/login.rs"]
mod login;
#[path = "registry_faults/unreachable.rs"]
mod unreachable;

use fm_sdk::ConnectionState;
use fm_sdk::registry::{Change, Etcd, Expect, Registry, Snapshot};
use std::{future::Future, sync::Arc, time::Duration};
use tokio::{sync::watch, time::timeout};

/// How long a test waits for what must happen.
const TIMEOUT: Duration = Duration::from_secs(30);
const LEASE: Duration = Duration::from_secs(3);

fn run(test: impl Future<Output = ()>) {
    let _ = env_logger::builder().is_test(true).try_init();
    fm_sdk::actix_rt::System::new().block_on(test);
}
fn put(key: &str, value: &str) -> Vec<Change> {
    vec![Change { key: key.into(), expect: Expect::Any, value: Some(value.into()) }]
}
fn delete(key: &str) -> Vec<Change> {
    vec![Change { key: key.into(), expect: Expect::Any, value: None }]
}
async fn until(watch: &mut watch::Receiver<Arc<Snapshot>>, what: impl Fn(&Snapshot) -> bool) -> Arc<Snapshot> {
    let seen = timeout(TIMEOUT, watch.wait_for(|s| what(s))).await.map(|r| r.unwrap().clone());
    seen.unwrap_or_else(|_| panic!("not seen within {TIMEOUT:?}; the watch shows {:?}", watch.borrow()))
}
async fn until_down(etcd: &Etcd) -> String {
    let mut reach = etcd.connection();
    match timeout(TIMEOUT, reach.wait_for(|r| *r != ConnectionState::Up)).await.unwrap().unwrap().clone() {
        ConnectionState::Down(why) => why,
        ConnectionState::Up => unreachable!("waited for the contrary"),
    }
}
