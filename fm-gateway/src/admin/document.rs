//! A small JSON document under one key of the registry, changed by compare-and-swap.

use super::audit::{self, Event};
use fm_sdk::{
    Error, Kind, Result, ResultExt,
    registry::{Change, Expect, Registry},
};
use serde::{Serialize, de::DeserializeOwned};

/// How often a change is tried when others change the document in between.
const ATTEMPTS: usize = 5;

/// What was read, and the revision it had.
pub struct Document<T> {
    key: String,
    revision: Option<i64>,
    pub value: T,
}

impl<T: Default + Serialize + DeserializeOwned> Document<T> {
    /// Reads it; a key that does not exist is the default.
    ///
    /// # Errors
    /// `Unavailable` if the registry is unreachable; `Internal` if what is there cannot be read.
    pub async fn load(registry: &dyn Registry, key: &str) -> Result<Document<T>> {
        let snapshot = registry.list(key).await?;
        let Some(entry) = snapshot.entries.get(key) else { return Ok(Document { key: key.into(), revision: None, value: T::default() }) };
        let value = serde_json::from_str(&entry.value).internal()?;
        Ok(Document { key: key.into(), revision: Some(entry.revision), value })
    }

    /// The revision of its last change; 0 if it does not exist.
    pub fn revision(&self) -> i64 {
        self.revision.unwrap_or_default()
    }

    /// The change that writes it, if nobody else has in between.
    ///
    /// # Errors
    /// `Internal` if it cannot be written as JSON.
    pub fn change(&self) -> Result<Change> {
        let expect = self.revision.map_or(Expect::Absent, Expect::Revision);
        Ok(Change { key: self.key.clone(), expect, value: Some(serde_json::to_string(&self.value).internal()?) })
    }
}

/// Changes a document and records it: reads, applies `edit`, which gives the entry of the audit log, and writes; again when somebody else was
/// faster.
///
/// # Errors
/// Those of `edit` and of the registry.
pub async fn edit<T, R>(registry: &dyn Registry, key: &str, mut edit: impl FnMut(&mut T) -> Result<(R, Event)>) -> Result<R>
where
    T: Default + Serialize + DeserializeOwned,
{
    let mut last = Error::new(Kind::Stale, "revision", "it is changed too often at the moment");
    for _ in 0..ATTEMPTS {
        let mut document = Document::<T>::load(registry, key).await?;
        let (result, event) = edit(&mut document.value)?;
        match audit::commit(registry, &event, vec![document.change()?]).await {
            Ok(_) => return Ok(result),
            Err(e) if e.kind() == Kind::Stale => last = e,
            Err(e) => return Err(e),
        }
    }
    Err(last)
}
