//! A single node that goes away and comes back.

use super::*;
use fm_sdk::Kind;
use fm_sdk_testing::servers::EtcdServer;

#[test]
fn with_etcd_unreachable_the_last_known_set_stays_and_is_marked_stale() {
    run(async {
        let mut server = EtcdServer::start().await.unwrap();
        let (a, b) = (Etcd::connect(server.url()).unwrap(), Etcd::connect(server.url()).unwrap());
        let held = a.hold("/x/held", "1".into(), LEASE);
        a.commit(put("/x/plain", "1")).await.unwrap();
        let mut watch = b.watch("/x/");
        let before = until(&mut watch, |s| s.entries.len() == 2).await;

        let url = server.url().to_string();
        server.node().unwrap().kill(0).unwrap();
        let stale = until(&mut watch, |s| s.stale).await;
        assert_eq!(stale.entries, before.entries);
        let why = until_down(&b).await;
        assert!(why.contains(&url) && why.contains("refused"), "{why}");
        let error = b.list("/x/").await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (Kind::Unavailable, "registry-unreachable"));
        assert!(error.message().contains(&url), "{error}");
        assert!(held.update("2".into()).await.is_err_and(|e| e.kind() == Kind::Unavailable));

        server.node().unwrap().restart(0).await.unwrap();
        let back = until(&mut watch, |s| !s.stale && s.entries["/x/held"].value == "2").await;
        assert!(back.entries["/x/held"].leased && back.entries.contains_key("/x/plain"));
        b.commit(put("/x/plain", "2")).await.unwrap();
        until(&mut watch, |s| s.entries["/x/plain"].value == "2").await;
        let kept = timeout(LEASE * 2, watch.wait_for(|s| !s.entries.contains_key("/x/held"))).await;
        assert!(kept.is_err(), "it is held again");
        held.release().await;
        assert_eq!(b.list("/x/").await.unwrap().entries.len(), 1);
    });
}

#[test]
fn a_frozen_node_makes_the_set_stale_and_calls_fail_in_time() {
    run(async {
        let mut server = EtcdServer::start().await.unwrap();
        let etcd = Etcd::connect(server.url()).unwrap();
        etcd.commit(put("/x/a", "1")).await.unwrap();
        let mut watch = etcd.watch("/x/");
        until(&mut watch, |s| s.known).await;
        server.node().unwrap().freeze(0).unwrap();
        // A call goes on for two elections, which are over within 6 s.
        let in_time = Duration::from_secs(10);
        let error = timeout(in_time, etcd.list("/x/")).await.unwrap().unwrap_err();
        assert!(error.message().contains("no answer within 500 ms"), "{error}");
        let error = timeout(in_time, etcd.commit(put("/x/a", "2"))).await.unwrap().unwrap_err();
        assert!(error.kind() == Kind::Unavailable && !error.may_have_been_done(), "{error:?}");
        assert_eq!(until(&mut watch, |s| s.stale).await.entries["/x/a"].value, "1");
        server.node().unwrap().thaw(0).unwrap();
        until(&mut watch, |s| !s.stale).await;
    });
}

#[test]
fn a_client_made_while_etcd_is_unreachable_works_as_soon_as_it_is_there() {
    run(async {
        let mut server = EtcdServer::start().await.unwrap();
        server.node().unwrap().stop(0).await.unwrap();
        let etcd = Etcd::connect(server.url()).unwrap();
        let mut watch = etcd.watch("/x/");
        let held = etcd.hold("/x/held", "1".into(), LEASE);
        assert!(until(&mut watch, |s| s.stale).await.entries.is_empty() && !watch.borrow().known);
        assert!(until_down(&etcd).await.contains(server.url()));
        server.node().unwrap().restart(0).await.unwrap();
        until(&mut watch, |s| s.known && !s.stale && s.entries.contains_key("/x/held")).await;
        timeout(TIMEOUT, etcd.connection().wait_for(|r| *r == ConnectionState::Up)).await.unwrap().unwrap();
        held.release().await;
    });
}

#[test]
fn a_database_that_was_lost_is_followed_and_held_keys_return() {
    run(async {
        let mut server = EtcdServer::start().await.unwrap();
        let etcd = Etcd::connect(server.url()).unwrap();
        let held = etcd.hold("/x/held", "1".into(), LEASE);
        for n in 0..20 {
            etcd.commit(put("/x/plain", &n.to_string())).await.unwrap();
        }
        let mut watch = etcd.watch("/x/");
        let before = until(&mut watch, |s| s.entries.len() == 2).await;
        server.node().unwrap().kill(0).unwrap();
        server.node().unwrap().wipe(0).unwrap();
        server.node().unwrap().restart(0).await.unwrap();
        // Its revisions begin anew, below those already seen: following from there would show nothing for a long time.
        let after = until(&mut watch, |s| !s.stale && s.entries.len() == 1 && s.entries.contains_key("/x/held")).await;
        assert!(after.revision < before.revision);
        etcd.commit(put("/x/plain", "new")).await.unwrap();
        until(&mut watch, |s| s.entries.len() == 2).await;
        held.release().await;
    });
}

#[test]
fn releasing_while_etcd_is_unreachable_does_not_hang() {
    run(async {
        let mut server = EtcdServer::start().await.unwrap();
        let etcd = Etcd::connect(server.url()).unwrap();
        let held = etcd.hold("/x/held", "1".into(), LEASE);
        held.update("2".into()).await.unwrap();
        server.node().unwrap().freeze(0).unwrap();
        timeout(Duration::from_secs(8), held.release()).await.unwrap();
        server.node().unwrap().thaw(0).unwrap();
        until(&mut etcd.watch("/x/"), |s| s.known && s.entries.is_empty()).await;
    });
}
