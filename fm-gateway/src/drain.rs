//! Instances that operators have taken out: they get no new requests, and finish those that they have.
//!
//! The list lies in the registry under one key, so that all gateways follow it, and is changed by compare-and-swap.

use arc_swap::ArcSwap;
use fm_sdk::registry::{Registry, services::Instance};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The key of the list.
pub const KEY: &str = "/fm/gateway/drained";

/// An instance that gets no new requests. One that starts again under the same name is another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drain {
    pub service: String,
    pub id: String,
    /// When the instance started, in milliseconds since the Unix epoch.
    pub started: i64,
    /// Who took it out, and when (RFC 3339).
    pub by: String,
    pub at: String,
}

impl Drain {
    /// Whether this is about that instance.
    pub fn is_of(&self, instance: &Instance) -> bool {
        (&self.service, &self.id, self.started) == (&instance.service, &instance.id, instance.started)
    }
}

/// The list as this gateway knows it. Clones share it.
#[derive(Clone, Default)]
pub struct Drains(Arc<ArcSwap<Vec<Drain>>>);

impl Drains {
    /// Follows the list in the registry; never ends. While the registry is unreachable the last known list holds.
    pub async fn follow(self, registry: Arc<dyn Registry>) {
        let mut snapshots = registry.watch(KEY);
        loop {
            let snapshot = snapshots.borrow_and_update().clone();
            if snapshot.known {
                let value = snapshot.entries.get(KEY).map_or("[]", |entry| &entry.value);
                match serde_json::from_str(value) {
                    Ok(list) => self.0.store(Arc::new(list)),
                    Err(e) => log::error!("drain: {KEY} cannot be read, the last known list holds: {e}"),
                }
            }
            if snapshots.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
    }

    /// The instances that may get a new request. Costs next to nothing while none of the service is taken out.
    pub fn available(&self, instances: Arc<[Instance]>) -> Arc<[Instance]> {
        let drains = self.0.load();
        let is_out = |instance: &Instance| drains.iter().any(|drain| drain.is_of(instance));
        if drains.is_empty() || !instances.iter().any(is_out) {
            return instances;
        }
        instances.iter().filter(|instance| !is_out(instance)).cloned().collect()
    }

    /// The drain of an instance, if it is taken out.
    pub fn of(&self, instance: &Instance) -> Option<Drain> {
        self.0.load().iter().find(|drain| drain.is_of(instance)).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fm_sdk::registry::{Change, Expect, MemoryRegistry};

    fn instance(id: &str, started: i64) -> Instance {
        Instance { started, ..Instance::new("fm-cars", id, "http://127.0.0.1:1") }
    }

    fn drain(id: &str, started: i64) -> Drain {
        Drain { service: "fm-cars".into(), id: id.into(), started, by: "ann".into(), at: String::new() }
    }

    async fn put(registry: &MemoryRegistry, value: Option<String>) {
        registry.commit(vec![Change { key: KEY.into(), expect: Expect::Any, value }]).await.unwrap();
    }

    async fn shows(drains: &Drains, of: &Instance, drained: bool) {
        let seen = async {
            while drains.of(of).is_some() != drained {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(20), seen).await.unwrap();
    }

    #[tokio::test]
    async fn a_drained_instance_is_left_out_until_it_is_undrained_or_starts_again() {
        let (registry, drains) = (MemoryRegistry::new(), Drains::default());
        let following = tokio::spawn(drains.clone().follow(Arc::new(registry.clone())));
        let all: Arc<[Instance]> = [instance("a", 1), instance("b", 1)].into();
        assert!(Arc::ptr_eq(&drains.available(all.clone()), &all));
        put(&registry, Some(serde_json::to_string(&[drain("a", 1)]).unwrap())).await;
        shows(&drains, &all[0], true).await;
        let left = drains.available(all.clone());
        assert_eq!(left.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["b"]);
        assert_eq!(drains.available([instance("a", 2)].into()).len(), 1, "it has started again");
        put(&registry, Some("no list".into())).await;
        put(&registry, Some("[]".into())).await;
        shows(&drains, &all[0], false).await;
        put(&registry, Some(serde_json::to_string(&[drain("b", 1)]).unwrap())).await;
        shows(&drains, &all[1], true).await;
        put(&registry, None).await;
        shows(&drains, &all[1], false).await;
        following.abort();
    }
}
