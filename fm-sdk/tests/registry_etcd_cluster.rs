//! The registry on an etcd cluster of three that has lost one node, against the suite: the clients still have its address.
#![cfg(feature = "etcd")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use fm_sdk::{config::TlsFiles, registry::Etcd};
use fm_sdk_testing::{conformance::registry::RegistrySpace, servers::EtcdCluster};
use tokio::sync::OnceCell;

async fn open() -> RegistrySpace {
    static CLUSTER: OnceCell<EtcdCluster> = OnceCell::const_new();
    let start = || async {
        let mut cluster = EtcdCluster::start(3).await.unwrap();
        // The leader: its loss is the worse one.
        let leader = cluster.leader().await.unwrap().unwrap_or_default();
        cluster.kill(leader).unwrap();
        cluster
    };
    let cluster = CLUSTER.get_or_init(start).await;
    let prefix = format!("/{}", uuid::Uuid::new_v4());
    let client = || Etcd::connect_with(&cluster.urls(), &prefix, &TlsFiles::default()).unwrap();
    RegistrySpace::new(client(), client())
}
fm_sdk_testing::registry_conformance!(open());
