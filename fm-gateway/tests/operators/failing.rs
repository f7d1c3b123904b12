//! A registry whose writes fail.

use fm_sdk::{
    BoxFuture, ConnectionState, Error, Kind, Result,
    registry::{Change, LeasedKey, MemoryRegistry, Registry, Snapshot},
};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::watch;

/// A registry of which single writes fail; it does not try them again by itself.
#[derive(Clone)]
pub struct FailingRegistry {
    inner: MemoryRegistry,
    /// What keys of writes that fail contain, one for each write.
    failures: Arc<Mutex<Vec<&'static str>>>,
}

impl FailingRegistry {
    pub fn over(inner: MemoryRegistry) -> Self {
        FailingRegistry { inner, failures: Arc::default() }
    }

    /// The next `times` writes of a key that contains this fail.
    pub fn fail(&self, part: &'static str, times: usize) {
        self.failures.lock().unwrap().extend(std::iter::repeat_n(part, times));
    }

    /// Whether all that was to fail has failed.
    pub fn has_failed(&self) -> bool {
        self.failures.lock().unwrap().is_empty()
    }

    fn check(&self, keys: &[&str]) -> Result<()> {
        let mut failures = self.failures.lock().unwrap();
        let Some(at) = failures.iter().position(|part| keys.iter().any(|key| key.contains(part))) else { return Ok(()) };
        let part = failures.swap_remove(at);
        Err(Error::new(Kind::Unavailable, "registry-unreachable", format!("a write of {part} fails")))
    }
}

struct FailingKey {
    registry: FailingRegistry,
    key: String,
    held: Box<dyn LeasedKey>,
}

impl LeasedKey for FailingKey {
    fn update(&self, value: String) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            self.registry.check(&[&self.key])?;
            self.held.update(value).await
        })
    }
    fn release(self: Box<Self>) -> BoxFuture<'static, ()> {
        self.held.release()
    }
}

impl Registry for FailingRegistry {
    fn list(&self, prefix: &str) -> BoxFuture<'_, Result<Snapshot>> {
        self.inner.list(prefix)
    }
    fn commit(&self, changes: Vec<Change>) -> BoxFuture<'_, Result<i64>> {
        Box::pin(async move {
            self.check(&changes.iter().map(|change| change.key.as_str()).collect::<Vec<_>>())?;
            self.inner.commit(changes).await
        })
    }
    fn put_for(&self, key: &str, value: String, ttl: Duration) -> BoxFuture<'_, Result<()>> {
        let key = key.to_owned();
        Box::pin(async move {
            self.check(&[&key])?;
            self.inner.put_for(&key, value, ttl).await
        })
    }
    fn hold(&self, key: &str, value: String, ttl: Duration) -> Box<dyn LeasedKey> {
        Box::new(FailingKey { registry: self.clone(), key: key.to_owned(), held: self.inner.hold(key, value, ttl) })
    }
    fn watch(&self, prefix: &str) -> watch::Receiver<Arc<Snapshot>> {
        self.inner.watch(prefix)
    }
    fn connection(&self) -> watch::Receiver<ConnectionState> {
        self.inner.connection()
    }
}
