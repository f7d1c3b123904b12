//! Three nodes, of which one is lost.

use super::*;
use fm_sdk::testing::eventually;
use fm_sdk_testing::servers::EtcdCluster;
use std::{cell::RefCell, time::Instant};

/// Calls that each client must have made with the others while a node is lost.
const CALLS: usize = 50;
/// Enough for an election, and for these calls on a busy machine.
const ENOUGH: Duration = Duration::from_secs(60);

/// What a client went through while something happened.
#[derive(Debug, Default)]
struct Log {
    calls: usize,
    failed: Vec<String>,
    slowest: Duration,
}

async fn call_until(etcd: &Etcd, stop: watch::Receiver<bool>, key: &str, log: &RefCell<Log>) {
    while !*stop.borrow() {
        let calls = log.borrow().calls;
        let n = calls.to_string();
        let begun = Instant::now();
        let result = match calls % 3 {
            0 => etcd.commit(put(key, &n)).await.map(drop),
            1 => etcd.list(key).await.map(drop),
            _ => etcd.put_for(&format!("{key}/lease"), n, LEASE).await,
        };
        let mut log = log.borrow_mut();
        log.failed.extend(result.err().map(|e| e.chain()));
        log.slowest = log.slowest.max(begun.elapsed());
        log.calls += 1;
    }
}

/// Several clients call; each begins with another node, by chance. The fault happens when all do, and ends when all have gone on
/// without the lost node: a client that waits for it never gets there.
async fn calls_while(cluster: &mut EtcdCluster, begin: impl Fn(&mut EtcdCluster), end: impl AsyncFn(&mut EtcdCluster)) -> Vec<Log> {
    let clients: Vec<Etcd> = (0..6).map(|_| Etcd::connect(&cluster.urls()).unwrap()).collect();
    let logs: Vec<RefCell<Log>> = clients.iter().map(|_| RefCell::default()).collect();
    let (stop, stopped) = watch::channel(false);
    let calls = clients.iter().zip(&logs).enumerate().map(|(n, (c, log))| {
        let (stopped, key) = (stopped.clone(), format!("/c/{n}"));
        async move { call_until(c, stopped, &key, log).await }
    });
    let made = || logs.iter().map(|log| log.borrow().calls).collect::<Vec<_>>();
    let all_went_on = async || {
        let before = made();
        eventually("all clients go on", ENOUGH, async || made().iter().zip(&before).all(|(now, then)| *now >= then + CALLS)).await;
    };
    let scene = async {
        all_went_on().await;
        begin(cluster);
        all_went_on().await;
        end(cluster).await;
        all_went_on().await;
        stop.send_replace(true);
    };
    futures::join!(futures::future::join_all(calls), scene);
    logs.into_iter().map(RefCell::into_inner).collect()
}

/// Loses each node in turn, the leader among them.
async fn no_call_fails(begin: impl Fn(&mut EtcdCluster, usize), end: impl AsyncFn(&mut EtcdCluster, usize)) {
    let mut cluster = EtcdCluster::start(3).await.unwrap();
    for node in 0..3 {
        let leads = cluster.leader().await.unwrap() == Some(node);
        for log in calls_while(&mut cluster, |cluster| begin(cluster, node), async |cluster| end(cluster, node).await).await {
            assert!(log.failed.is_empty(), "node {node} (leads: {leads}) lost: {log:?}");
        }
    }
}

#[test]
fn any_one_of_three_nodes_can_be_killed_and_no_call_fails() {
    run(no_call_fails(|cluster, node| cluster.kill(node).unwrap(), async |cluster, node| cluster.restart(node).await.unwrap()));
}

#[test]
fn any_one_of_three_nodes_can_hang_and_no_call_fails() {
    run(no_call_fails(|cluster, node| cluster.freeze(node).unwrap(), async |cluster, node| cluster.thaw(node).unwrap()));
}

fn holders(snapshot: &Snapshot) -> usize {
    snapshot.entries.values().filter(|e| e.leased).count()
}

#[test]
fn watches_and_held_keys_move_to_another_node() {
    run(async {
        let mut cluster = EtcdCluster::start(3).await.unwrap();
        let clients: Vec<Etcd> = (0..4).map(|_| Etcd::connect(&cluster.urls()).unwrap()).collect();
        let held: Vec<_> = clients.iter().enumerate().map(|(n, c)| c.hold(&format!("/x/{n}"), "1".into(), LEASE)).collect();
        let mut watches: Vec<_> = clients.iter().map(|c| c.watch("/x/")).collect();
        for watch in &mut watches {
            until(watch, |s| s.entries.len() == 4).await;
        }
        for node in 0..3 {
            cluster.kill(node).unwrap();
            let key = format!("/x/new-{node}");
            clients[0].commit(put(&key, "")).await.unwrap();
            for watch in &mut watches {
                until(watch, |s| s.entries.contains_key(&key) && !s.stale).await;
            }
            let lost = timeout(LEASE * 2, watches[0].wait_for(|s| holders(s) < 4)).await;
            assert!(lost.is_err(), "node {node}: {lost:?}");
            cluster.restart(node).await.unwrap();
        }
        let leader = cluster.leader().await.unwrap().unwrap();
        cluster.freeze(leader).unwrap();
        clients[0].commit(put("/x/last", "")).await.unwrap();
        for watch in &mut watches {
            until(watch, |s| s.entries.contains_key("/x/last") && !s.stale).await;
        }
        // A leader that wakes up ends leases which it alone believes to be over (etcd issue 15247): then they are taken again.
        cluster.thaw(leader).unwrap();
        let settled = timeout(LEASE, watches[0].wait_for(|s| holders(s) < 4)).await.map(drop);
        log::info!("leases ended by the old leader: {}", settled.is_ok());
        for watch in &mut watches {
            until(watch, |s| holders(s) == 4).await;
        }
        drop(held);
    });
}

#[test]
fn changes_and_a_compaction_during_an_absence_are_made_up_for() {
    run(async {
        let mut cluster = EtcdCluster::start(3).await.unwrap();
        let (near, far) = (Etcd::connect(&cluster.url(0)).unwrap(), Etcd::connect(&cluster.urls()).unwrap());
        for key in ["/x/stays", "/x/goes", "/x/changes"] {
            far.commit(put(key, "1")).await.unwrap();
        }
        let mut watch = near.watch("/x/");
        until(&mut watch, |s| s.entries.len() == 3).await;
        cluster.kill(0).unwrap();
        until(&mut watch, |s| s.stale).await;
        far.commit(delete("/x/goes")).await.unwrap();
        far.commit(put("/x/comes", "1")).await.unwrap();
        for n in 0..50 {
            far.commit(put("/x/changes", &n.to_string())).await.unwrap();
        }
        cluster.compact().await.unwrap();
        cluster.restart(0).await.unwrap();
        until(&mut watch, |s| !s.stale && s.entries.contains_key("/x/comes")).await;
        let list = far.list("/x/").await.unwrap();
        assert_eq!(watch.borrow().entries, list.entries);
        assert_eq!(list.entries.len(), 3);
    });
}

#[test]
fn a_write_that_a_hanging_node_carries_out_later_undoes_nothing() {
    run(async {
        let cluster = EtcdCluster::start(3).await.unwrap();
        let clients: Vec<Etcd> = (0..6).map(|_| Etcd::connect(&cluster.urls()).unwrap()).collect();
        for client in &clients {
            client.list("/x/").await.unwrap();
        }
        for node in 0..3 {
            cluster.freeze(node).unwrap();
            let twice = clients.iter().enumerate().map(|(n, c)| async move {
                for value in ["old", "new"] {
                    // A busy machine may be slower than a node may be: then it is tried again, as a client would.
                    let change = || c.commit(put(&format!("/x/{node}/{n}"), value));
                    eventually("the change is made", LEASE * 10, async || change().await.is_ok()).await;
                }
            });
            futures::future::join_all(twice).await;
            cluster.thaw(node).unwrap();
            // It answers only after it has taken up what lay in its sockets.
            let direct = Etcd::connect(&cluster.url(node)).unwrap();
            for n in 0..20 {
                direct.commit(put("/marker", &n.to_string())).await.unwrap();
            }
            let list = clients[0].list(&format!("/x/{node}/")).await.unwrap();
            assert!(list.entries.len() == 6 && list.entries.values().all(|e| e.value == "new"), "{list:?}");
        }
    });
}
