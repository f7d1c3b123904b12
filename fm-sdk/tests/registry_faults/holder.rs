//! Holders that die or are too busy to care.

use super::*;
use fm_sdk_testing::servers::EtcdServer;
use std::{process::Command, time::Instant};

const URL: &str = "FM_TEST_HOLDER_URL";

/// Not a test of its own: the child process of the next test runs it.
#[test]
#[ignore = "runs as a child process of the next test"]
fn a_process_that_holds_a_key() {
    let url = std::env::var(URL).unwrap();
    run(async {
        let _held = Etcd::connect(&url).unwrap().hold("/x/held", "1".into(), LEASE);
        // Longer than the test that kills it.
        tokio::time::sleep(TIMEOUT * 4).await;
    });
}

#[test]
fn the_key_of_a_killed_holder_is_gone_with_its_lease() {
    run(async {
        let server = EtcdServer::start().await.unwrap();
        let me = std::env::current_exe().unwrap();
        let mut holder =
            Command::new(me).args(["--exact", "--ignored", "holder::a_process_that_holds_a_key"]).env(URL, server.url()).spawn().unwrap();
        let etcd = Etcd::connect(server.url()).unwrap();
        let mut watch = etcd.watch("/x/");
        until(&mut watch, |s| s.entries.contains_key("/x/held")).await;
        let stays = timeout(LEASE * 2, watch.wait_for(|s| s.entries.is_empty())).await.map(drop);
        assert!(stays.is_err(), "it is kept alive");
        holder.kill().unwrap();
        holder.wait().unwrap();
        let killed = Instant::now();
        until(&mut watch, |s| s.entries.is_empty()).await;
        assert!(killed.elapsed() < LEASE + Duration::from_secs(2), "after {:?}", killed.elapsed());
    });
}

#[test]
fn a_service_too_busy_to_answer_keeps_its_key() {
    run(async {
        let server = EtcdServer::start().await.unwrap();
        let etcd = Etcd::connect(server.url()).unwrap();
        let held = etcd.hold("/x/held", "1".into(), Duration::from_secs(2));
        let mut watch = etcd.watch("/x/");
        let before = until(&mut watch, |s| s.entries.contains_key("/x/held")).await;
        // The thread of the service does nothing else for three leases.
        let busy = Instant::now();
        while busy.elapsed() < Duration::from_secs(6) {
            std::hint::spin_loop();
        }
        assert_eq!(etcd.list("/x/").await.unwrap().entries, before.entries, "lost, or lost and put again");
        held.release().await;
    });
}
