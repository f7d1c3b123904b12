use super::{Doc, Work, doc};
use crate::{
    Result,
    store::{Document, Field, Filter, Query, Test},
};
use std::marker::PhantomData;

/// Documents of one read.
const PAGE: u64 = 1_000;

/// Documents by condition; nothing is read before `list`, `count` or `for_each` is awaited.
#[must_use = "a query does nothing until `list`, `count` or `for_each` is awaited"]
pub struct Docs<'a, T> {
    pub(super) work: &'a Work,
    pub(super) query: Query,
    pub(super) p: PhantomData<fn() -> T>,
}

impl<T: Document> Docs<'_, T> {
    /// Selects the documents that match; several filters must all match.
    pub fn filter(mut self, f: Filter<T>) -> Self {
        self.query.test = Some(match self.query.test {
            Some(t) => Test::And(vec![t, f.test]),
            None => f.test,
        });
        self
    }
    /// In this order; a second call breaks the ties of the first. Ties that remain go by id.
    pub fn sort<V>(mut self, f: Field<T, V>, descending: bool) -> Self {
        self.query.sort.push((f.path, descending));
        self
    }
    /// Leaves out the first `n`.
    pub fn skip(mut self, n: u64) -> Self {
        self.query.skip = n;
        self
    }
    /// At most `n`.
    pub fn limit(mut self, n: u64) -> Self {
        self.query.limit = Some(n);
        self
    }
    /// Only those that come after this one in the order of ids, which is that of a query without another one.
    pub(crate) fn after(mut self, id: Option<String>) -> Self {
        self.query.after_id = id;
        self
    }
    /// Reads them.
    pub async fn list(self) -> Result<Vec<Doc<T>>> {
        self.work.bus.rt.store.read(self.query).await?.into_iter().map(doc::from_stored).collect()
    }
    /// Counts them; skip and limit do not matter.
    pub async fn count(self) -> Result<u64> {
        self.work.bus.rt.store.count(self.query).await
    }
    /// Reads all of them in pages, in order of id, and gives each to `f`; how many there were. Sort, skip and limit do not matter.
    pub async fn for_each(self, mut f: impl FnMut(Doc<T>)) -> Result<u64> {
        let mut query = Query { sort: Vec::new(), skip: 0, limit: Some(PAGE), ..self.query };
        let mut n = 0;
        loop {
            let page = self.work.bus.rt.store.read(query.clone()).await?;
            let full = page.len() as u64 == PAGE;
            query.after_id = page.last().map(|d| d.id.clone());
            n += page.len() as u64;
            for stored in page {
                f(doc::from_stored(stored)?);
            }
            if !full {
                return Ok(n);
            }
        }
    }
}
