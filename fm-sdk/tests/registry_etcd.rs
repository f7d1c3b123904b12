//! The registry on one etcd node against the suite. `FM_TEST_ETCD_URL` names a running one; otherwise one is started.
#![cfg(feature = "etcd")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use fm_sdk::{config::TlsFiles, registry::Etcd};
use fm_sdk_testing::{conformance::registry::RegistrySpace, servers::EtcdServer};
use tokio::sync::OnceCell;

async fn open() -> RegistrySpace {
    static SERVER: OnceCell<EtcdServer> = OnceCell::const_new();
    let server = SERVER.get_or_init(|| async { EtcdServer::given_or_started().await.unwrap() }).await;
    let prefix = format!("/{}", uuid::Uuid::new_v4());
    let client = || Etcd::connect_with(server.url(), &prefix, &TlsFiles::default()).unwrap();
    RegistrySpace::new(client(), client())
}
fm_sdk_testing::registry_conformance!(open());
