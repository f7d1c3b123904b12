use crate::{Envelope, Error, Identity, Kind, Result, Runtime, Work};
use serde::de::DeserializeOwned;
use std::{
    collections::BTreeMap,
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

/// A message whose sender is proven, before its body is read.
#[derive(Clone)]
pub(crate) struct Received {
    pub rt: Arc<Runtime>,
    pub message: Envelope,
    pub identity: Option<Identity>,
    /// What marks the documents that it changes.
    pub op: String,
}

/// Messages that are handled together, in the order in which they came; at least one.
#[derive(Debug)]
pub struct Batch<M>(Vec<BatchItem<M>>);

impl<M: DeserializeOwned> Batch<M> {
    pub(super) fn read(name: &str, received: Vec<Received>) -> Result<Self> {
        let item = |r: Received| {
            let message = serde_json::from_str(&r.message.body)
                .map_err(|e| Error::new(Kind::Malformed, "undecodable", format!("{name}: {e}")).permanent())?;
            let version = r.message.subject.as_ref().map(|s| s.version);
            let Envelope { at_ms, attempt, .. } = r.message;
            Ok(BatchItem { message, version, at_ms, attempt, identity: r.identity, op: r.op, rt: r.rt, made: AtomicU32::new(0) })
        };
        received.into_iter().map(item).collect::<Result<_>>().map(Batch)
    }
}

impl<M> Batch<M> {
    /// How many there are.
    #[expect(clippy::len_without_is_empty, reason = "there is at least one")]
    pub fn len(&self) -> usize {
        self.0.len()
    }
    /// The messages, in the order in which they came.
    pub fn iter(&self) -> std::slice::Iter<'_, BatchItem<M>> {
        self.0.iter()
    }
    /// Puts those together that have the same key (the document that each is about), in the order of keys: each document of a batch can be
    /// changed once.
    pub fn group_by<K: Ord>(self, key: impl Fn(&M) -> K) -> BTreeMap<K, Vec<BatchItem<M>>> {
        let mut groups = BTreeMap::<K, Vec<_>>::new();
        for item in self.0 {
            groups.entry(key(&item)).or_default().push(item);
        }
        groups
    }
}
impl<M> IntoIterator for Batch<M> {
    type Item = BatchItem<M>;
    type IntoIter = std::vec::IntoIter<BatchItem<M>>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
impl<'a, M> IntoIterator for &'a Batch<M> {
    type Item = &'a BatchItem<M>;
    type IntoIter = std::slice::Iter<'a, BatchItem<M>>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// One message of a [`Batch`], and what belongs to it.
pub struct BatchItem<M> {
    message: M,
    version: Option<i64>,
    at_ms: i64,
    attempt: u32,
    identity: Option<Identity>,
    op: String,
    rt: Arc<Runtime>,
    made: AtomicU32,
}

impl<M> Deref for BatchItem<M> {
    type Target = M;
    fn deref(&self) -> &M {
        &self.message
    }
}

impl<M: std::fmt::Debug> std::fmt::Debug for BatchItem<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BatchItem").field("message", &self.message).field("attempt", &self.attempt).finish_non_exhaustive()
    }
}

impl<M> BatchItem<M> {
    /// The message itself.
    pub fn into_inner(self) -> M {
        self.message
    }
    /// The version of the document whose change caused this message: drop what is older than what is known.
    pub fn subject_version(&self) -> Option<i64> {
        self.version
    }
    /// When the message was made, in milliseconds since the Unix epoch.
    pub fn sent_at_ms(&self) -> i64 {
        self.at_ms
    }
    /// Which try this is; 1 = the first. From the second on it is the only one of its batch.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }
    /// Who is behind this message.
    ///
    /// # Errors
    /// `Unauthenticated`, code `token-missing`, if nobody is.
    pub fn identity(&self) -> Result<&Identity> {
        self.identity.as_ref().ok_or_else(|| Error::new(Kind::Unauthenticated, "token-missing", "sign in first").permanent())
    }
    /// A new id, derived from this message: the same one when it comes again, whatever else its batch has then.
    pub fn new_id(&self) -> String {
        Work::id_of(&self.rt, &self.op, self.made.fetch_add(1, Relaxed) + 1)
    }
}
