//! Who runs where: one key per instance, `/fm/services/<service>/<instance>`.

use super::{LeasedKey, Registry, Snapshot};
use crate::{Error, Kind, Result, ResultExt};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};
use tokio::sync::watch;

/// The key space of the instances.
pub const PREFIX: &str = "/fm/services/";
/// How long a key outlives an instance that died without a word.
pub const LEASE: Duration = Duration::from_secs(10);

/// One running instance of a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// The service's name; part of the key.
    #[serde(skip)]
    pub service: String,
    /// The instance's name, unique within the service; part of the key.
    #[serde(skip)]
    pub id: String,
    /// Where it listens: `http://10.0.0.7:8080`, no path, no trailing slash.
    pub url: String,
    /// The service's version.
    #[serde(default)]
    pub version: String,
    /// When it started, in milliseconds since the Unix epoch.
    #[serde(default)]
    pub started: i64,
    /// The scopes that its routes ask for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// Anything else, such as `zone` and `weight`: what `FM_METADATA` says, and what the program adds.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
}

impl Instance {
    /// Makes one with its names and address; the rest is empty.
    pub fn new(service: impl Into<String>, id: impl Into<String>, url: impl Into<String>) -> Self {
        Instance {
            service: service.into(),
            id: id.into(),
            url: url.into().trim_end_matches('/').to_string(),
            version: String::new(),
            started: crate::time::now_ms(),
            scopes: Vec::new(),
            metadata: BTreeMap::new(),
        }
    }
    /// Gives its key.
    pub fn key(&self) -> String {
        format!("{PREFIX}{}/{}", self.service, self.id)
    }
    /// Reads a key and its value; `None` if either is not an instance's.
    pub fn read(key: &str, value: &str) -> Option<Self> {
        let (service, id) = key.strip_prefix(PREFIX)?.split_once('/')?;
        if service.is_empty() || id.is_empty() || id.contains('/') {
            return None;
        }
        let mut instance: Instance = serde_json::from_str(value).ok()?;
        (instance.service, instance.id) = (service.to_string(), id.to_string());
        Some(instance)
    }
    fn value(&self) -> Result<String> {
        let word = |s: &str| !s.is_empty() && !s.contains('/');
        if !word(&self.service) || !word(&self.id) {
            let why = format!("`{}` and `{}` must be names without a slash", self.service, self.id);
            return Err(Error::new(Kind::Invalid, "instance-name", why));
        }
        serde_json::to_string(self).internal()
    }
}

/// Registers instances and knows those that are up. Clones share their caches.
#[derive(Clone)]
pub struct Services {
    registry: Arc<dyn Registry>,
    known: Arc<Mutex<HashMap<String, Instances>>>,
}

impl Services {
    /// Works on a registry.
    pub fn new(registry: Arc<dyn Registry>) -> Self {
        Services { registry, known: Arc::default() }
    }
    /// Writes the instance on a lease of [`LEASE`], and keeps it there until the registration is released or dropped, or the process
    /// dies. Resolves at once; while the registry is unreachable it is tried for ever.
    ///
    /// # Errors
    /// `Invalid`, code `instance-name`, if a name is empty or has a slash.
    pub fn register(&self, instance: Instance) -> Result<Registration> {
        let held = self.registry.hold(&instance.key(), instance.value()?, LEASE);
        Ok(Registration { held, instance })
    }
    /// Follows the instances of one service. The first call opens a watch, every later one is a look into a map.
    pub fn watch(&self, service: &str) -> Instances {
        self.follow(format!("{PREFIX}{service}/"))
    }
    /// Gives the instances of one service as known now. The very first answer for a name may be empty until the registry has spoken:
    /// wait for it with [`Instances::ready`].
    pub fn instances(&self, service: &str) -> Arc<[Instance]> {
        self.watch(service).list()
    }
    /// Follows the instances of all services, ordered by service and id.
    pub fn all(&self) -> Instances {
        self.follow(PREFIX.to_string())
    }
    fn follow(&self, prefix: String) -> Instances {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(instances) = known.get(&prefix) {
            return instances.clone();
        }
        let snapshots = self.registry.watch(&prefix);
        let instances = Instances { snapshots, parsed: Arc::new(RwLock::new((Arc::default(), Arc::new([])))) };
        known.insert(prefix, instances.clone());
        instances
    }
}

/// A snapshot and what was read from it.
type Parsed = (Arc<Snapshot>, Arc<[Instance]>);

/// Instances, followed: always the last known set, cheap to read.
#[derive(Clone)]
pub struct Instances {
    snapshots: watch::Receiver<Arc<Snapshot>>,
    /// What was read from which snapshot; shared, so that each is read once.
    parsed: Arc<RwLock<Parsed>>,
}

impl Instances {
    /// Gives the last known set, in order of id.
    pub fn list(&self) -> Arc<[Instance]> {
        let now = self.snapshots.borrow().clone();
        {
            let parsed = self.parsed.read().unwrap_or_else(PoisonError::into_inner);
            if Arc::ptr_eq(&parsed.0, &now) {
                return parsed.1.clone();
            }
        }
        let list: Arc<[Instance]> = now.entries.iter().filter_map(|(k, e)| Instance::read(k, &e.value)).collect();
        let mut parsed = self.parsed.write().unwrap_or_else(PoisonError::into_inner);
        *parsed = (now, list.clone());
        list
    }
    /// Tells whether the registry has answered at all.
    pub fn is_known(&self) -> bool {
        self.snapshots.borrow().known
    }
    /// Tells whether the registry is unreachable, so that this is what was known.
    pub fn is_stale(&self) -> bool {
        self.snapshots.borrow().stale
    }
    /// Waits until the registry has answered once, or the time is over; tells which.
    pub async fn ready(&self, within: Duration) -> bool {
        let mut snapshots = self.snapshots.clone();
        tokio::time::timeout(within, snapshots.wait_for(|s| s.known)).await.is_ok_and(|r| r.is_ok())
    }
    /// Waits for the next change. `false`: there will be none, the registry's client is gone.
    pub async fn changed(&mut self) -> bool {
        self.snapshots.changed().await.is_ok()
    }
}

/// An instance's place in the registry. Dropping it removes the key in the background.
pub struct Registration {
    held: Box<dyn LeasedKey>,
    instance: Instance,
}

impl Registration {
    /// What is written there.
    pub fn instance(&self) -> &Instance {
        &self.instance
    }
    /// Changes address, version, scopes or metadata; service and id stay.
    ///
    /// # Errors
    /// `Unavailable` if the registry is unreachable; the new value is written when it is back.
    pub async fn update(&mut self, change: impl FnOnce(&mut Instance)) -> Result<()> {
        let (service, id) = (self.instance.service.clone(), self.instance.id.clone());
        change(&mut self.instance);
        (self.instance.service, self.instance.id) = (service, id);
        self.held.update(self.instance.value()?).await
    }
    /// Removes the key and waits until it is gone, or the registry turned out to be unreachable.
    pub async fn release(self) {
        self.held.release().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{Change, Expect, MemoryRegistry};

    fn services() -> (MemoryRegistry, Services) {
        let registry = MemoryRegistry::new();
        (registry.clone(), Services::new(Arc::new(registry)))
    }

    #[actix_rt::test]
    async fn an_instance_is_seen_while_it_is_registered() {
        let (_, services) = services();
        let mut seen = services.watch("fm-cars");
        assert!(services.instances("fm-cars").is_empty());
        let mut place = services.register(Instance::new("fm-cars", "a", "http://127.0.0.1:1/")).unwrap();
        assert!(seen.changed().await);
        assert_eq!((seen.list()[0].id.as_str(), seen.list()[0].url.as_str()), ("a", "http://127.0.0.1:1"));
        place.update(|i| drop(i.metadata.insert("drain".into(), "yes".into()))).await.unwrap();
        assert_eq!(services.instances("fm-cars")[0].metadata["drain"], "yes");
        place.release().await;
        assert!(seen.list().is_empty());
    }

    #[actix_rt::test]
    async fn services_whose_names_begin_alike_do_not_mix() {
        let (_, services) = services();
        let _a = services.register(Instance::new("fm-car", "1", "http://a")).unwrap();
        let _b = services.register(Instance::new("fm-cars", "1", "http://b")).unwrap();
        assert_eq!(services.instances("fm-car").len(), 1);
        assert_eq!(services.all().list().iter().map(|i| i.service.clone()).collect::<Vec<_>>(), ["fm-car", "fm-cars"]);
    }

    #[actix_rt::test]
    async fn a_value_that_is_no_instance_hides_no_other() {
        let (registry, services) = services();
        let _a = services.register(Instance::new("fm-cars", "a", "http://a")).unwrap();
        let junk = |key: &str, value: &str| Change { key: key.into(), expect: Expect::Any, value: Some(value.into()) };
        let changes = vec![junk("/fm/services/fm-cars/b", "{"), junk("/fm/services/fm-cars/c/d", r#"{"url":"http://c"}"#)];
        registry.commit(changes).await.unwrap();
        assert_eq!(services.instances("fm-cars").iter().map(|i| i.id.clone()).collect::<Vec<_>>(), ["a"]);
    }

    #[actix_rt::test]
    async fn reading_twice_parses_once() {
        let (_, services) = services();
        let _a = services.register(Instance::new("fm-cars", "a", "http://a")).unwrap();
        assert!(Arc::ptr_eq(&services.instances("fm-cars"), &services.instances("fm-cars")));
    }

    #[actix_rt::test]
    async fn with_the_registry_unreachable_the_last_known_set_stays_and_says_so() {
        let (registry, services) = services();
        let _a = services.register(Instance::new("fm-cars", "a", "http://a")).unwrap();
        let seen = services.watch("fm-cars");
        registry.cut();
        assert!(seen.is_stale() && seen.list().len() == 1);
        registry.mend();
        assert!(!seen.is_stale() && seen.list().len() == 1);
    }

    #[test]
    fn names_with_a_slash_are_refused() {
        let (_, services) = services();
        assert_eq!(services.register(Instance::new("a/b", "1", "http://a")).err().unwrap().code(), "instance-name");
    }
}
