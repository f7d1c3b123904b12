//! Our keys and etcd's: a prefix of its own for each market that shares a cluster.

use super::{failure::Failure, pool::Pool};
use crate::registry::{Entry, Snapshot};
use etcd_rs::{KeyRange, KeyValue, KeyValueOp, RangeRequest};
use std::{collections::BTreeMap, sync::Arc};

/// Keys per answer: gRPC refuses answers of more than 4 MiB.
const PAGE: u64 = 256;

/// Adds the prefix and takes it off.
#[derive(Clone)]
pub(super) struct Keys(pub(super) Arc<str>);

impl Keys {
    pub(super) fn full(&self, key: &str) -> String {
        format!("{}{key}", self.0)
    }
    /// The entry of a key and value; `None` if they are not text, so not ours.
    pub(super) fn entry(&self, kv: KeyValue) -> Option<(String, Entry)> {
        let key = self.ours(&kv.key)?;
        let value = String::from_utf8(kv.value).ok()?;
        Some((key, Entry { value, revision: kv.mod_revision, leased: kv.lease != 0 }))
    }
    pub(super) fn ours(&self, key: &[u8]) -> Option<String> {
        std::str::from_utf8(key).ok()?.strip_prefix(&*self.0).map(str::to_string)
    }

    /// Reads all keys under one of our prefixes, as of one revision.
    pub(super) async fn list(&self, pool: &Pool, prefix: &str) -> Result<Snapshot, Failure> {
        let range = KeyRange::prefix(self.full(prefix));
        let mut entries = BTreeMap::new();
        let (mut from, mut revision) = (range.key.clone(), 0);
        loop {
            let page = KeyRange::range(from.clone(), range.range_end.clone());
            let page = pool.call(|c| {
                let request = RangeRequest::new(page.clone()).limit(PAGE).revision(revision);
                async move { c.get(request).await }
            });
            let page = page.await?;
            if revision == 0 {
                revision = page.header.revision();
            }
            let last = page.kvs.last().map(|kv| kv.key.clone());
            entries.extend(page.kvs.into_iter().filter_map(|kv| self.entry(kv)));
            match last {
                Some(key) if page.has_more => from = [key.as_slice(), &[0]].concat(),
                _ => return Ok(Snapshot { entries, revision, known: true, stale: false }),
            }
        }
    }
}
