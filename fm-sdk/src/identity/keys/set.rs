use super::{
    KeyPair, Published, Purpose, folder,
    schedule::{PUBLISHED_MS, Schedule},
};
use crate::{
    Error, Kind, Result, ResultExt,
    registry::{Change, Expect, Registry, Snapshot},
    time::now_ms,
};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use tokio::sync::watch;

/// The key pairs of one purpose: private halves in a folder, public ones in the registry.
#[derive(Debug)]
pub struct Keys {
    purpose: Purpose,
    folder: Option<PathBuf>,
    schedule: RwLock<Schedule>,
}

impl Keys {
    /// Opens a folder of keys; the folder and a first key are made if missing.
    ///
    /// # Errors
    /// `Internal`, code `key-file`, if the folder or a file in it cannot be used.
    pub fn open(folder: &Path, purpose: Purpose) -> Result<Self> {
        let mut pairs = folder::read(folder)?;
        if pairs.is_empty() {
            let first = KeyPair::generate(now_ms())?;
            folder::write(folder, &first)?;
            pairs.push(first);
        }
        Ok(Self::of(purpose, Some(folder.into()), pairs))
    }

    /// Makes a key that lives as long as this process: for tests and for `FM_STORE=memory`.
    ///
    /// # Errors
    /// `Internal` if the operating system has no randomness.
    pub fn in_memory(purpose: Purpose) -> Result<Self> {
        Ok(Self::of(purpose, None, vec![KeyPair::generate(now_ms())?]))
    }

    pub(crate) fn of(purpose: Purpose, folder: Option<PathBuf>, pairs: Vec<KeyPair>) -> Self {
        Keys { purpose, folder, schedule: RwLock::new(Schedule::new(pairs.into_iter().map(Arc::new).collect())) }
    }

    /// What these keys sign.
    pub fn purpose(&self) -> &Purpose {
        &self.purpose
    }

    /// The ids of all keys that are kept, oldest first.
    pub fn kids(&self) -> Vec<String> {
        self.schedule().0.iter().map(|p| p.kid().into()).collect()
    }

    pub(crate) fn signing(&self, now_ms: i64) -> Result<Arc<KeyPair>> {
        self.schedule().signing(now_ms).cloned().ok_or_else(|| Error::new(Kind::Internal, "no-key", "there is no key to sign with"))
    }

    /// The public halves that are to be believed now.
    pub(crate) fn published(&self, now_ms: i64) -> Vec<Published> {
        let schedule = self.schedule();
        let public = |(n, p): (usize, &Arc<KeyPair>)| Published {
            jwk: p.jwk().clone(),
            until_ms: schedule.until_ms(n, &self.purpose).unwrap_or(now_ms + PUBLISHED_MS),
        };
        schedule.0.iter().enumerate().map(public).filter(|p| p.until_ms > now_ms).collect()
    }

    /// Writes the public halves into the registry, as far as they are not there, and takes out what nobody believes any more.
    ///
    /// # Errors
    /// Those of the registry; try again.
    pub async fn publish(&self, registry: &dyn Registry) -> Result<()> {
        self.publish_at(registry, now_ms()).await
    }

    pub(crate) async fn publish_at(&self, registry: &dyn Registry, now_ms: i64) -> Result<()> {
        let prefix = self.purpose.prefix();
        let there = registry.list(&prefix).await?;
        let changes = self.lacking(&there, now_ms)?;
        if !changes.is_empty() {
            registry.commit(changes).await?;
        }
        Ok(())
    }

    /// What has to change in the registry.
    fn lacking(&self, there: &Snapshot, now_ms: i64) -> Result<Vec<Change>> {
        let prefix = self.purpose.prefix();
        let own = self.published(now_ms);
        let mut changes = Vec::new();
        for public in &own {
            let key = format!("{prefix}{}", public.jwk.kid);
            let known = there.entries.get(&key).and_then(|e| serde_json::from_str::<Published>(&e.value).ok());
            let in_use = public.until_ms == now_ms + PUBLISHED_MS;
            let fine = |k: &Published| {
                k.jwk == public.jwk && if in_use { k.until_ms > now_ms + PUBLISHED_MS / 2 } else { k.until_ms == public.until_ms }
            };
            if !known.as_ref().is_some_and(fine) {
                changes.push(Change { key, expect: Expect::Any, value: Some(serde_json::to_string(public).internal()?) });
            }
        }
        for (key, entry) in &there.entries {
            let over = serde_json::from_str::<Published>(&entry.value).is_ok_and(|p| p.until_ms <= now_ms);
            if over && !changes.iter().any(|c| c.key == *key) {
                changes.push(Change { key: key.clone(), expect: Expect::Any, value: None });
            }
        }
        Ok(changes)
    }

    /// Makes a new key beside the old one. It signs half a minute later; the old public key stays until all it signed has expired.
    ///
    /// # Errors
    /// Those of the registry and of the folder; nothing has changed then.
    pub async fn rotate(&self, registry: &dyn Registry) -> Result<()> {
        self.rotate_at(registry, now_ms()).await
    }

    pub(crate) async fn rotate_at(&self, registry: &dyn Registry, now_ms: i64) -> Result<()> {
        let pair = KeyPair::generate(now_ms)?;
        // The public half first: a key that nobody can check must not sign, and a public key without its private half harms nobody.
        let public = Published { jwk: pair.jwk().clone(), until_ms: now_ms + PUBLISHED_MS };
        let key = format!("{}{}", self.purpose.prefix(), pair.kid());
        registry.commit(vec![Change { key, expect: Expect::Any, value: Some(serde_json::to_string(&public).internal()?) }]).await?;
        if let Some(folder) = &self.folder {
            folder::write(folder, &pair)?;
        }
        let mut schedule = self.schedule.write().unwrap_or_else(PoisonError::into_inner);
        let pairs = schedule.0.iter().cloned().chain([Arc::new(pair)]).collect();
        *schedule = Schedule::new(pairs);
        Ok(())
    }

    /// Reads the folder again, rotates if it is time, forgets what has expired, publishes what is missing.
    ///
    /// # Errors
    /// Those of the registry and of the folder; try again.
    pub async fn tend(&self, registry: &dyn Registry) -> Result<()> {
        self.tend_at(registry, now_ms()).await
    }

    pub(crate) async fn tend_at(&self, registry: &dyn Registry, now_ms: i64) -> Result<()> {
        self.reread()?;
        if self.schedule().is_due(now_ms, &self.purpose) {
            self.rotate_at(registry, now_ms).await?;
        }
        let outlived = self.schedule().outlived(now_ms, &self.purpose);
        for pair in &outlived {
            if let Some(folder) = &self.folder {
                folder::remove(folder, pair.kid())?;
            }
        }
        if !outlived.is_empty() {
            let mut schedule = self.schedule.write().unwrap_or_else(PoisonError::into_inner);
            schedule.0.retain(|p| outlived.iter().all(|o| o.kid() != p.kid()));
        }
        self.publish_at(registry, now_ms).await
    }

    /// Keeps the keys published and rotates them, for ever: run it beside the service. What somebody deletes is put back.
    pub async fn keep(self: Arc<Self>, registry: Arc<dyn Registry>) {
        let mut watched = registry.watch(&self.purpose.prefix());
        let mut failures = 0_u32;
        loop {
            match self.tend(&*registry).await {
                Ok(()) => {
                    failures = 0;
                    // Somebody may delete the keys again and again: at most one write per second comes of it.
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    let _ = tokio::time::timeout(Duration::from_secs(300), self.lacks(&mut watched)).await;
                }
                Err(e) => {
                    log::warn!("identity: keys not published, trying again: {}", e.chain());
                    failures = (failures + 1).min(5);
                    tokio::time::sleep(Duration::from_millis((500 << failures) + u64::from(rand::random::<u8>()) * 4)).await;
                }
            }
        }
    }

    /// Resolves when something of ours is missing in the registry.
    async fn lacks(&self, watched: &mut watch::Receiver<Arc<Snapshot>>) {
        let lacks = |there: &Arc<Snapshot>| there.known && self.lacking(there, now_ms()).is_ok_and(|changes| !changes.is_empty());
        if watched.wait_for(lacks).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Follows the folder: other processes of this service may share it and rotate too.
    fn reread(&self) -> Result<()> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let pairs = folder::read(folder)?;
        if !pairs.is_empty() {
            *self.schedule.write().unwrap_or_else(PoisonError::into_inner) = Schedule::new(pairs.into_iter().map(Arc::new).collect());
        }
        Ok(())
    }

    fn schedule(&self) -> Schedule {
        self.schedule.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
