//! Watches: read the prefix, follow it from the next revision, and begin again whenever in doubt.

use super::{backoff::backoff, failure::Failure, keys::Keys, pool::Pool, runtime::Runtime};
use crate::ConnectionState;
use crate::registry::Snapshot;
use etcd_rs::{EventType, KeyRange, WatchCanceler, WatchCreateRequest, WatchInbound, WatchOp, WatchResponse, WatchStream};
use futures::FutureExt;
use std::{
    collections::HashMap,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::watch,
    time::{Instant, interval_at, sleep, timeout},
};

/// How often a watch is compared with the registry: a watch that shows nothing looks exactly like one that is dead.
const CHECK: Duration = Duration::from_secs(10);

type Sender = watch::Sender<Arc<Snapshot>>;

/// The watches that run, one stream per prefix.
#[derive(Default)]
pub(super) struct Watches(Mutex<HashMap<String, Sender>>);

impl Watches {
    pub(super) fn follow(
        self: &Arc<Self>,
        runtime: &Runtime,
        pool: &Arc<Pool>,
        keys: &Keys,
        prefix: &str,
    ) -> watch::Receiver<Arc<Snapshot>> {
        let mut running = self.running();
        if let Some(tx) = running.get(prefix) {
            return tx.subscribe();
        }
        let (tx, rx) = watch::channel(Arc::default());
        running.insert(prefix.to_string(), tx.clone());
        let follower = Follower { pool: pool.clone(), keys: keys.clone(), prefix: prefix.to_string(), tx, check: CHECK };
        let watches = self.clone();
        runtime.spawn(async move {
            let mut following = std::pin::pin!(follower.run());
            loop {
                tokio::select! {
                    () = &mut following => return,
                    () = follower.tx.closed() => {
                        let mut running = watches.running();
                        // Under the lock: nobody can subscribe between the count and the removal.
                        if follower.tx.receiver_count() == 0 {
                            running.remove(&follower.prefix);
                            return;
                        }
                    }
                }
            }
        });
        rx
    }
    fn running(&self) -> MutexGuard<'_, HashMap<String, Sender>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Follower {
    pool: Arc<Pool>,
    keys: Keys,
    prefix: String,
    tx: Sender,
    /// How often the watch is compared with a list.
    check: Duration,
}

impl Follower {
    async fn run(&self) {
        let mut backoff = backoff();
        let mut reach = self.pool.connection();
        loop {
            match self.keys.list(&self.pool, &self.prefix).await {
                Ok(now) => {
                    self.show(now);
                    let begun = Instant::now();
                    // etcd-rs asserts what it expects of the server: a broken assertion must not end the watch for good.
                    let end = AssertUnwindSafe(self.stream()).catch_unwind().await;
                    let why = end.unwrap_or_else(|_| Failure::broken("the watch failed"));
                    log::debug!("registry: watching {} again: {}", self.prefix, why.why());
                    if begun.elapsed() > self.check / 2 {
                        backoff.reset();
                        continue;
                    }
                    sleep(backoff.next_wait() / 2).await;
                }
                Err(failure) => {
                    log::debug!("registry: {} not read, trying again: {}", self.prefix, failure.why());
                    self.mark_stale();
                    pause(backoff.next_wait(), &mut reach, &failure).await;
                }
            }
        }
    }

    /// Follows until something is in doubt, and says what.
    async fn stream(&self) -> Failure {
        let (mut turns, mut reach) = (self.pool.turns(), self.pool.connection());
        let turn = *turns.borrow_and_update();
        let from = self.tx.borrow().revision + 1;
        let (mut stream, _open) = match self.open(turn, from).await {
            Ok(opened) => opened,
            Err(failure) => {
                self.pool.blame(turn, &failure);
                return failure;
            }
        };
        let mut check = interval_at(Instant::now() + self.check, self.check);
        loop {
            tokio::select! {
                inbound = stream.inbound() => match inbound {
                    WatchInbound::Ready(response) => self.apply(response),
                    // So a compacted or forbidden watch ends, without a reason.
                    WatchInbound::Closed => return Failure::broken("the registry has ended the watch"),
                    WatchInbound::Interrupted(error) => {
                        let failure = Failure::from(error);
                        self.pool.blame(turn, &failure);
                        return failure;
                    }
                },
                _ = turns.changed() => return Failure::broken("the node in use has changed"),
                () = is_down(&mut reach) => {
                    self.mark_stale();
                    return Failure::broken("the registry is unreachable");
                }
                _ = check.tick() => match self.keys.list(&self.pool, &self.prefix).await {
                    Ok(now) if self.agrees(&now) => {}
                    Ok(_) => return Failure::broken("the watch has fallen behind"),
                    Err(failure) => return failure,
                },
            }
        }
    }

    async fn open(&self, turn: usize, revision: i64) -> Result<(WatchStream, WatchCanceler), Failure> {
        let range = KeyRange::prefix(self.keys.full(&self.prefix));
        self.pool.on(turn, |c| async move { c.watch(WatchCreateRequest::create(range).start_revision(revision)).await }).await
    }

    /// The same keys at the same revisions. A change that has been listed but not yet shown disagrees too: listing anew costs little.
    fn agrees(&self, now: &Snapshot) -> bool {
        let shown = self.tx.borrow();
        let revisions = |s: &Snapshot| s.entries.iter().map(|(k, e)| (k.clone(), e.revision)).collect::<Vec<_>>();
        now.revision >= shown.revision && revisions(now) == revisions(&shown)
    }

    fn show(&self, now: Snapshot) {
        self.tx.send_if_modified(|shown| {
            let news = shown.entries != now.entries || shown.known != now.known || shown.stale != now.stale;
            // Without news nobody is woken, but the revision goes on.
            *shown = Arc::new(now);
            news
        });
    }

    fn mark_stale(&self) {
        self.tx.send_if_modified(|shown| {
            let news = !shown.stale;
            if news {
                Arc::make_mut(shown).stale = true;
            }
            news
        });
    }

    fn apply(&self, response: WatchResponse) {
        if response.events.is_empty() {
            return;
        }
        self.tx.send_modify(|shown| {
            let shown = Arc::make_mut(shown);
            for event in response.events {
                // Not the revision of the header: while catching up it runs ahead of the events.
                shown.revision = shown.revision.max(event.kv.mod_revision);
                match event.event_type {
                    EventType::Put => shown.entries.extend(self.keys.entry(event.kv)),
                    EventType::Delete => {
                        if let Some(key) = self.keys.ours(&event.kv.key) {
                            shown.entries.remove(&key);
                        }
                    }
                }
            }
        });
    }
}

async fn is_down(reach: &mut watch::Receiver<ConnectionState>) {
    let _ = reach.wait_for(|r| *r != ConnectionState::Up).await;
}

/// Waits for the time, or until the registry is back; that is no help against a refusal.
async fn pause(time: Duration, reach: &mut watch::Receiver<ConnectionState>, failure: &Failure) {
    let refused = matches!(failure, Failure::Refused { .. });
    drop(timeout(time, reach.wait_for(|r| *r == ConnectionState::Up && !refused)).await.map(drop));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{
        Change, Expect,
        etcd::{address::Address, write::write},
    };
    use fm_sdk_testing::servers::{EtcdCluster, EtcdServer};

    async fn follower(check: Duration) -> (EtcdServer, Follower) {
        let server = EtcdServer::start().await.unwrap();
        let pool = Arc::new(Pool::new(&Address::parse(server.url()).unwrap(), None));
        let follower = Follower { pool, keys: Keys("".into()), prefix: "/x/".into(), tx: Sender::default(), check };
        for n in 0..20 {
            let change = Change { key: "/x/a".into(), expect: Expect::Any, value: Some(n.to_string()) };
            assert!(write(&follower.pool, &follower.keys, &[change], 0).await.is_ok());
        }
        (server, follower)
    }

    #[actix_rt::test]
    async fn a_watch_from_a_compacted_revision_ends() {
        let (mut server, follower) = follower(CHECK).await;
        EtcdCluster::compact(server.node().unwrap()).await.unwrap();
        follower.show(Snapshot { revision: 3, ..Snapshot::default() });
        let end = timeout(CHECK / 2, follower.stream()).await.unwrap();
        assert!(end.why().contains("ended the watch"), "{end:?}");
    }

    #[actix_rt::test]
    async fn a_watch_that_shows_something_else_than_a_list_ends() {
        let (_server, follower) = follower(Duration::from_millis(200)).await;
        let mut shown = follower.keys.list(&follower.pool, "/x/").await.unwrap();
        follower.show(shown.clone());
        assert!(timeout(Duration::from_secs(2), follower.stream()).await.is_err(), "nothing is in doubt");
        shown.entries.clear();
        follower.show(shown);
        let end = timeout(CHECK, follower.stream()).await.unwrap();
        assert!(end.why().contains("fallen behind"), "{end:?}");
    }
}
