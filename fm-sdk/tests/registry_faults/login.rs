//! etcd with users.

use super::*;
use fm_sdk_testing::servers::EtcdServer;

#[test]
fn a_login_is_made_again_when_etcd_has_forgotten_the_token() {
    run(async {
        let mut server = EtcdServer::start().await.unwrap();
        server.node().unwrap().ask_for_login("secret").await.unwrap();
        let named = server.url().replace("http://", "http://root:secret@");
        let etcd = Etcd::connect(&named).unwrap();
        let held = etcd.hold("/x/held", "1".into(), LEASE);
        let mut watch = etcd.watch("/x/");
        until(&mut watch, |s| s.entries.contains_key("/x/held")).await;
        // etcd keeps simple tokens in memory: after this it knows none.
        server.node().unwrap().kill(0).unwrap();
        server.node().unwrap().restart(0).await.unwrap();
        until(&mut watch, |s| !s.stale).await;
        etcd.commit(put("/x/plain", "1")).await.unwrap();
        until(&mut watch, |s| s.entries.contains_key("/x/plain")).await;
        let lost = timeout(LEASE * 2, watch.wait_for(|s| !s.entries.contains_key("/x/held"))).await;
        assert!(lost.is_err(), "keep-alives log in again too");
        held.release().await;
    });
}

#[test]
fn a_missing_or_wrong_login_fails_with_its_code_and_does_not_hang() {
    run(async {
        let mut server = EtcdServer::start().await.unwrap();
        server.node().unwrap().ask_for_login("secret").await.unwrap();
        for login in ["", "root:wrong@", "nobody:secret@"] {
            let etcd = Etcd::connect(&server.url().replace("http://", &format!("http://{login}"))).unwrap();
            let error = timeout(Duration::from_secs(10), etcd.list("/x/")).await.unwrap().unwrap_err();
            assert!(["registry-login", "registry-refused"].contains(&error.code()), "{login}: {error:?}");
            assert!(until(&mut etcd.watch("/x/"), |s| s.stale).await.entries.is_empty());
        }
    });
}

#[test]
fn a_login_that_etcd_does_not_ask_for_does_no_harm() {
    run(async {
        let server = EtcdServer::start().await.unwrap();
        let etcd = Etcd::connect(&server.url().replace("http://", "http://root:any@")).unwrap();
        etcd.commit(put("/x/a", "1")).await.unwrap();
    });
}
