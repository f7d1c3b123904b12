//! The registry: a small, watched, shared key space with leases. Who runs where, which keys sign, which tables hold.
//!
//! [`Registry`] is the back end (etcd v3, or in memory); what is kept in it has types of its own: [`services`], the key sets and epochs of
//! [`crate::identity`], the routing table of a gateway.

pub mod balance;
#[cfg(feature = "etcd")]
mod etcd;
mod memory;
pub mod services;

pub use balance::{Balancer, Picked, RequestOutcome};
#[cfg(feature = "etcd")]
pub use etcd::Etcd;
pub use memory::MemoryRegistry;
pub use services::{Instance, Instances, Registration, Services};

use crate::{BoxFuture, ConnectionState, Error, Kind, Result};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::sync::watch;

/// One key's value and when it changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Text; JSON by custom.
    pub value: String,
    /// The registry's revision of its last change (etcd: `mod_revision`).
    pub revision: i64,
    /// Whether it hangs on a lease, and so vanishes with its holder.
    pub leased: bool,
}

/// All keys under a prefix, as last known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Full key to entry, in key order.
    pub entries: BTreeMap<String, Entry>,
    /// The registry's revision that this shows.
    pub revision: i64,
    /// False until the first answer of the registry.
    pub known: bool,
    /// The registry cannot be reached; this is what was known (fail static).
    pub stale: bool,
}

/// What must hold for a change to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Nothing.
    Any,
    /// The key does not exist.
    Absent,
    /// The key was last changed at this revision.
    Revision(i64),
}

/// The most changes that one commit may have (etcd: `--max-txn-ops`).
pub const MAX_CHANGES: usize = 128;

/// One change of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The key.
    pub key: String,
    /// What must hold.
    pub expect: Expect,
    /// The new value; `None` deletes.
    pub value: Option<String>,
}

/// A key that stays as long as this handle lives; lost leases are taken again, deleted keys put back.
pub trait LeasedKey: Send + Sync {
    /// Changes the value.
    fn update(&self, value: String) -> BoxFuture<'_, Result<()>>;
    /// Removes the key. Dropping the handle does the same in the background.
    fn release(self: Box<Self>) -> BoxFuture<'static, ()>;
}

/// The back end of the registry. Object safe: boxed, lazy futures.
///
/// ```
/// use fm_sdk::registry::{Change, Expect, MemoryRegistry, Registry};
/// use std::time::Duration;
///
/// # actix_rt::System::new().block_on(async {
/// let registry = MemoryRegistry::new();                       // or `Etcd::connect_with(..)`
/// let mut settings = registry.watch("/settings/");
///
/// let set = |expect| vec![Change { key: "/settings/colour".into(), expect, value: Some("red".into()) }];
/// let revision = registry.commit(set(Expect::Absent)).await.unwrap();
/// settings.wait_for(|now| now.revision >= revision).await.unwrap();
/// assert_eq!(settings.borrow().entries["/settings/colour"].value, "red");
/// assert!(registry.commit(set(Expect::Absent)).await.is_err());   // it exists by now
///
/// let mine = registry.hold("/settings/owner", "instance-1".into(), Duration::from_secs(10));   // as long as this process lives
/// mine.release().await;
/// # });
/// ```
pub trait Registry: Send + Sync + 'static {
    /// Reads all keys that start with the prefix.
    fn list(&self, prefix: &str) -> BoxFuture<'_, Result<Snapshot>>;

    /// Makes all changes or none, in one revision, and gives that revision.
    ///
    /// # Errors
    /// `Stale`, code `revision`, if an expectation does not hold. `Invalid`, code `commit`, if a key is named
    /// twice or there are more than [`MAX_CHANGES`].
    fn commit(&self, changes: Vec<Change>) -> BoxFuture<'_, Result<i64>>;

    /// Puts a key that vanishes by itself after `ttl` (seconds count; at least 1), whatever becomes of this process.
    fn put_for(&self, key: &str, value: String, ttl: Duration) -> BoxFuture<'_, Result<()>>;

    /// Puts a key on a lease of `ttl` that is kept alive until it is released or the process dies. Resolves at once: while the
    /// registry cannot be reached it is retried until it succeeds, with jittered back-off.
    fn hold(&self, key: &str, value: String, ttl: Duration) -> Box<dyn LeasedKey>;

    /// Follows all keys that start with the prefix: always the last known set, cheap to read. Watches of one prefix share one stream.
    fn watch(&self, prefix: &str) -> watch::Receiver<Arc<Snapshot>>;

    /// The state of the connection to the registry, now and from now on.
    fn connection(&self) -> watch::Receiver<ConnectionState>;
}

/// An expectation of a commit does not hold.
fn stale(key: &str) -> Error {
    Error::new(Kind::Stale, "revision", format!("{key} has changed in between"))
}

/// Refuses a commit that names a key twice (no store could say which change wins) or has too many changes.
fn check_changes(changes: &[Change]) -> Result<()> {
    let mut keys: Vec<&str> = changes.iter().map(|c| c.key.as_str()).collect();
    keys.sort_unstable();
    let twice = keys.windows(2).find(|w| w[0] == w[1]).map(|w| format!("{} is named twice in one commit", w[0]));
    let large = (changes.len() > MAX_CHANGES).then(|| format!("{} changes in one commit, at most {MAX_CHANGES}", changes.len()));
    twice.or(large).map_or(Ok(()), |why| Err(Error::new(Kind::Invalid, "commit", why)))
}

/// Leases count whole seconds: rounded up, at least one.
fn whole_seconds(ttl: Duration) -> Duration {
    Duration::from_secs((ttl.as_secs() + u64::from(ttl.subsec_nanos() > 0)).max(1))
}
