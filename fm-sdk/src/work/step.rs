//! Read, decide, write by version; again if somebody else was faster.

use super::{Doc, DocRef, Out, doc, taken};
use crate::{
    Error, Kind, Result,
    store::{Document, Guard, Write, Written},
};

/// Tries against other writers before giving up.
pub(super) const TRIES: u32 = 50;

/// Never goes back, not even for a document that was removed and put again.
pub(super) fn next_version(version: i64) -> i64 {
    crate::time::now_ms().max(version + 1)
}

pub(super) fn contended() -> Error {
    Error::new(Kind::Unavailable, "contended", "too many writers at once").retry_after(1)
}

impl<T: Document> DocRef<'_, T> {
    /// Changes the document and says what happened, in one step. `f` runs again if somebody else was faster, so it is `Fn` and sync.
    ///
    /// # Errors
    /// `NotFound`; `Stale` after [`DocRef::if_version`] or [`DocRef::if_match`]; `Conflict` for a unique field; whatever `f` gives.
    pub async fn change(self, f: impl Fn(&mut T, &mut Out) -> Result<()>) -> Result<Doc<T>> {
        self.work.once(T::COLLECTION, self.id)?;
        self.step(|t, o| f(t, o).map(|()| true)).await?.ok_or_else(|| self.unknown())
    }
    /// Removes the document; gives it, or `None` if there was none (also when this very message removed it before).
    ///
    /// # Errors
    /// `Stale` after [`DocRef::if_version`] or [`DocRef::if_match`]; whatever `f` gives.
    pub async fn remove(self, f: impl Fn(&T, &mut Out) -> Result<()>) -> Result<Option<Doc<T>>> {
        self.work.once(T::COLLECTION, self.id)?;
        self.step(|t, o| f(t, o).map(|()| false)).await
    }
    pub(super) async fn step(&self, f: impl Fn(&mut T, &mut Out) -> Result<bool>) -> Result<Option<Doc<T>>> {
        for _ in 0..TRIES {
            let Some(found) = self.peek().await? else { return Ok(None) };
            if found.body.is_none() {
                return Ok(None);
            }
            if found.seen {
                self.work.seen()?;
                return doc::from_stored(found).map(Some);
            }
            let (mut data, version) = doc::from_stored::<T>(found)?.into_parts();
            if self.versions.is_some_and(|v| !v.holds(version)) {
                return Err(Error::new(Kind::Stale, "version", "somebody else changed it in between"));
            }
            let (was, to) = (doc::to_body(&data)?, next_version(version));
            let mut out = self.work.out::<T>(self.id, to);
            let keep = f(&mut data, &mut out)?;
            let is = doc::to_body(&data)?;
            if keep && is == was && out.is_empty() {
                return Ok(Some(Doc::new(data, version)));
            }
            let write = Write {
                collection: T::COLLECTION,
                id: self.id.into(),
                guard: Guard::Version(version),
                body: keep.then_some(is),
                messages: out.sealed()?,
                op: self.work.op.clone(),
                version: to,
            };
            match self.work.write(write).await? {
                Written::Done => return Ok(Some(Doc::new(data, to))),
                Written::Seen => return self.get().await,
                Written::Taken(field) => return Err(taken(&field)),
                Written::Stale | Written::Exists => {}
            }
        }
        Err(contended())
    }
}
