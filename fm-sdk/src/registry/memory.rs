//! The registry inside one process: for tests, and for running one service alone.

use super::{Change, Entry, Expect, LeasedKey, Registry, Snapshot};
use crate::{BoxFuture, ConnectionState, Error, Kind, Result};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::watch, time::Instant};

/// Keeps keys in memory; its clones share them. Leases run on tokio's clock.
#[derive(Clone, Default)]
pub struct MemoryRegistry(Arc<Mutex<Space>>);

struct Space {
    revision: i64,
    keys: BTreeMap<String, Slot>,
    /// Who holds a key, oldest first; the last one's value is the key's.
    holds: HashMap<String, Vec<Hold>>,
    watches: HashMap<String, watch::Sender<Arc<Snapshot>>>,
    reach: watch::Sender<ConnectionState>,
    next_lease: u64,
    unreachable: bool,
}
struct Slot {
    value: String,
    revision: i64,
    lease: Lease,
}
#[derive(Clone, Copy, PartialEq)]
enum Lease {
    None,
    Until(Instant),
    LeasedKey(u64),
}
struct Hold {
    id: u64,
    value: String,
}

impl Default for Space {
    fn default() -> Self {
        Space {
            revision: 1,
            keys: BTreeMap::new(),
            holds: HashMap::new(),
            watches: HashMap::new(),
            reach: watch::Sender::new(ConnectionState::Up),
            next_lease: 0,
            unreachable: false,
        }
    }
}

impl MemoryRegistry {
    /// Makes an empty one.
    pub fn new() -> Self {
        Self::default()
    }
    /// Plays a registry that cannot be reached: calls fail, watches keep what they knew and say that it is stale.
    pub fn cut(&self) {
        let mut space = self.space();
        space.unreachable = true;
        space.reach.send_replace(ConnectionState::Down("tried memory: cut off".into()));
        for tx in space.watches.values() {
            tx.send_modify(|s| Arc::make_mut(s).stale = true);
        }
    }
    /// Ends what [`MemoryRegistry::cut`] began.
    pub fn mend(&self) {
        let mut space = self.space();
        space.unreachable = false;
        space.put_back();
        space.publish_all();
        space.reach.send_replace(ConnectionState::Up);
    }
    fn space(&self) -> MutexGuard<'_, Space> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn open(&self) -> Result<MutexGuard<'_, Space>> {
        let mut space = self.space();
        if space.unreachable {
            return Err(Error::new(Kind::Unavailable, "registry-unreachable", "the registry cannot be reached: tried memory: cut off"));
        }
        space.expire();
        Ok(space)
    }
}

impl Space {
    fn snapshot(&self, prefix: &str) -> Snapshot {
        let entries = self
            .keys
            .range(prefix.to_string()..)
            .take_while(|(k, _)| k.starts_with(prefix))
            .map(|(k, s)| (k.clone(), Entry { value: s.value.clone(), revision: s.revision, leased: s.lease != Lease::None }));
        Snapshot { entries: entries.collect(), revision: self.revision, known: true, stale: false }
    }
    fn put(&mut self, key: String, value: String, lease: Lease) {
        self.keys.insert(key, Slot { value, revision: self.revision, lease });
    }
    fn expire(&mut self) {
        let now = Instant::now();
        let gone = |s: &Slot| matches!(s.lease, Lease::Until(at) if at <= now);
        let keys: Vec<String> = self.keys.iter().filter(|(_, s)| gone(s)).map(|(k, _)| k.clone()).collect();
        if !keys.is_empty() {
            self.revision += 1;
            self.keys.retain(|_, s| !gone(s));
            self.publish(&keys);
        }
    }
    /// Puts held keys that are gone where they belong.
    fn put_back(&mut self) {
        let gone = self.holds.iter().filter(|(k, _)| !self.keys.contains_key(*k));
        let missing: Vec<_> = gone.filter_map(|(k, h)| h.last().map(|h| (k.clone(), h.value.clone(), h.id))).collect();
        for (key, value, id) in missing {
            self.revision += 1;
            self.put(key.clone(), value, Lease::LeasedKey(id));
            self.publish(&[key]);
        }
    }
    fn publish(&mut self, changed: &[String]) {
        if self.unreachable {
            return;
        }
        self.watches.retain(|_, tx| tx.receiver_count() > 0);
        for (prefix, tx) in &self.watches {
            if changed.iter().any(|k| k.starts_with(prefix)) {
                tx.send_replace(Arc::new(self.snapshot(prefix)));
            }
        }
    }
    fn publish_all(&mut self) {
        for (prefix, tx) in &self.watches {
            tx.send_replace(Arc::new(self.snapshot(prefix)));
        }
    }
    fn holds(&self, change: &Change) -> bool {
        let at = self.keys.get(&change.key).map(|s| s.revision);
        match change.expect {
            Expect::Any => true,
            Expect::Absent => at.is_none(),
            Expect::Revision(r) => at == Some(r),
        }
    }
}

impl Registry for MemoryRegistry {
    fn list(&self, prefix: &str) -> BoxFuture<'_, Result<Snapshot>> {
        let prefix = prefix.to_string();
        Box::pin(async move { Ok(self.open()?.snapshot(&prefix)) })
    }

    fn commit(&self, changes: Vec<Change>) -> BoxFuture<'_, Result<i64>> {
        Box::pin(async move {
            super::check_changes(&changes)?;
            let mut space = self.open()?;
            if let Some(change) = changes.iter().find(|c| !space.holds(c)) {
                return Err(super::stale(&change.key));
            }
            // As in etcd: a commit that changes nothing (only deletes what is not there) makes no revision.
            if changes.iter().all(|c| c.value.is_none() && !space.keys.contains_key(&c.key)) {
                return Ok(space.revision);
            }
            space.revision += 1;
            let revision = space.revision;
            let keys: Vec<String> = changes.iter().map(|c| c.key.clone()).collect();
            for change in changes {
                match change.value {
                    Some(value) => space.put(change.key, value, Lease::None),
                    None => drop(space.keys.remove(&change.key)),
                }
            }
            space.publish(&keys);
            space.put_back();
            Ok(revision)
        })
    }

    fn put_for(&self, key: &str, value: String, ttl: Duration) -> BoxFuture<'_, Result<()>> {
        let key = key.to_string();
        Box::pin(async move {
            let until = Instant::now() + super::whole_seconds(ttl);
            let mut space = self.open()?;
            space.revision += 1;
            space.put(key.clone(), value, Lease::Until(until));
            space.publish(&[key]);
            drop(space);
            let weak = Arc::downgrade(&self.0);
            tokio::spawn(async move {
                tokio::time::sleep_until(until).await;
                if let Some(space) = weak.upgrade() {
                    MemoryRegistry(space).space().expire();
                }
            });
            Ok(())
        })
    }

    fn hold(&self, key: &str, value: String, _ttl: Duration) -> Box<dyn LeasedKey> {
        let mut space = self.space();
        space.next_lease += 1;
        let id = space.next_lease;
        space.holds.entry(key.to_string()).or_default().push(Hold { id, value: value.clone() });
        if !space.unreachable {
            space.revision += 1;
            space.put(key.to_string(), value, Lease::LeasedKey(id));
            space.publish(&[key.to_string()]);
        }
        Box::new(MemoryHeld { registry: self.clone(), key: key.to_string(), id })
    }

    fn watch(&self, prefix: &str) -> watch::Receiver<Arc<Snapshot>> {
        let mut space = self.space();
        space.expire();
        if let Some(tx) = space.watches.get(prefix) {
            return tx.subscribe();
        }
        let first = if space.unreachable { Snapshot { stale: true, ..Snapshot::default() } } else { space.snapshot(prefix) };
        let (tx, rx) = watch::channel(Arc::new(first));
        space.watches.insert(prefix.to_string(), tx);
        rx
    }

    fn connection(&self) -> watch::Receiver<ConnectionState> {
        self.space().reach.subscribe()
    }
}

struct MemoryHeld {
    registry: MemoryRegistry,
    key: String,
    id: u64,
}

impl LeasedKey for MemoryHeld {
    fn update(&self, value: String) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            if let Some(hold) = self.registry.space().holds.get_mut(&self.key).and_then(|h| h.iter_mut().find(|h| h.id == self.id)) {
                hold.value = value.clone();
            }
            let mut space = self.registry.open()?;
            space.revision += 1;
            space.put(self.key.clone(), value, Lease::LeasedKey(self.id));
            space.publish(std::slice::from_ref(&self.key));
            Ok(())
        })
    }
    fn release(self: Box<Self>) -> BoxFuture<'static, ()> {
        // Lazy like every future of a back end, but dropping the future unread releases too.
        Box::pin(async move { drop(self) })
    }
}

impl Drop for MemoryHeld {
    fn drop(&mut self) {
        let mut space = self.registry.space();
        if let Some(holds) = space.holds.get_mut(&self.key) {
            holds.retain(|h| h.id != self.id);
            if holds.is_empty() {
                space.holds.remove(&self.key);
            }
        }
        if space.keys.get(&self.key).is_some_and(|s| s.lease == Lease::LeasedKey(self.id)) {
            space.keys.remove(&self.key);
            space.revision += 1;
            space.publish(std::slice::from_ref(&self.key));
            space.put_back();
        }
    }
}
