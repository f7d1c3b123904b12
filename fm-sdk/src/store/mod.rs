//! Documents, and the one atomic step: one document + its messages + the mark of the message that did it, guarded by version.
//!
//! A step is all there is: no update operators, no multi-document transactions. That is what makes every effect exactly-once on any store.

mod body;
pub mod crash;
mod document;
mod filter;
#[cfg(feature = "mongodb")]
mod mongodb;
mod sqlite;
mod traced;

pub use document::{Document, Index, Spec};
pub use filter::{Arg, Field, FieldOf, Filter, Test};
#[cfg(feature = "mongodb")]
pub use mongodb::MongoDb;
pub use sqlite::Sqlite;
pub(crate) use traced::Traced;

use crate::{BoxFuture, Envelope, Result};
use serde_json::Value;
use std::time::Duration;

/// The collection of messages that are due later. Its documents carry no marks and no messages.
pub(crate) const SCHEDULES: &str = "fm_schedules";
/// The collection of snapshots that a service takes: how far it is with each. Its documents carry no marks and no messages.
pub(crate) const SNAPSHOTS: &str = "fm_snapshots";

/// A document as the store has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// Its id.
    pub id: String,
    /// Grows with every change, also over removal and return.
    pub version: i64,
    /// `None`: removed, but still remembered.
    pub body: Option<Value>,
    /// The operation that was asked about was here.
    pub seen: bool,
}

/// Which documents, in which order. Ties are broken by id; a missing value sorts first.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// The collection.
    pub collection: &'static str,
    /// The condition; `None` = all.
    pub test: Option<Test>,
    /// Fields, and whether descending.
    pub sort: Vec<(&'static str, bool)>,
    /// Only ids greater than this, for reading everything in pages by id.
    pub after_id: Option<String>,
    /// How many to leave out at the start.
    pub skip: u64,
    /// How many at most.
    pub limit: Option<u64>,
}

/// What must be there for a write to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// No document of this id.
    Absent,
    /// The document at exactly this version.
    Version(i64),
}

/// One step: at most one document, all its messages, and the mark that `op` was here. All of it happens, or nothing.
#[derive(Debug, Clone)]
pub struct Write {
    /// The collection.
    pub collection: &'static str,
    /// The document.
    pub id: String,
    /// What must be there.
    pub guard: Guard,
    /// The new body; `None` removes.
    pub body: Option<Value>,
    /// Go to the outbox in the same step.
    pub messages: Vec<Envelope>,
    /// Which message or request does it; a second write of the same `op` to the same document is `Seen`.
    pub op: Option<String>,
    /// The version after the step.
    pub version: i64,
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// It happened.
    Done,
    /// The same `op` did it before; nothing was written now.
    Seen,
    /// The guard's version is not there any more. After [`Guard::Absent`]: the removed document of this id is remembered with this
    /// version or a greater one; peek at it and use one that is greater still.
    Stale,
    /// The guard wanted nothing, and something is there.
    Exists,
    /// A unique field's value belongs to another document; names the field.
    Taken(String),
}

/// The inbox row of a finished message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// The reply of a call, JSON text.
    pub reply: Option<String>,
}

/// Where a waiting message lies.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    /// A collection or an outbox of its own.
    pub collection: String,
    /// A document or a row.
    pub id: String,
}

/// The back end of the store. Object safe; futures are lazy: nothing happens before the first poll, so that a test can crash in between.
pub trait Driver: Send + Sync + 'static {
    /// The value of the attribute `db.system.name` of spans.
    fn system(&self) -> &'static str {
        "other_sql"
    }

    /// Makes collections and indexes ready; may be called again by every instance at every start.
    fn prepare(&self, specs: Vec<Spec>) -> BoxFuture<'_, Result<()>>;

    /// Reads one document by id, also one that was just removed, and whether `op` changed it or has finished altogether.
    /// Reads the document first and the inbox after it, never the other way round.
    fn peek(&self, collection: &'static str, id: &str, op: Option<&str>) -> BoxFuture<'_, Result<Option<Stored>>>;

    /// Reads the documents that fit.
    fn read(&self, query: Query) -> BoxFuture<'_, Result<Vec<Stored>>>;

    /// Counts the documents that fit; sort, skip and limit do not matter.
    fn count(&self, query: Query) -> BoxFuture<'_, Result<u64>>;

    /// The only way to change a document.
    fn write(&self, write: Write) -> BoxFuture<'_, Result<Written>>;

    /// A step of several messages that are handled together: as [`Driver::write`], with the marks of these operations besides
    /// [`Write::op`]. `Seen` = at least one of them changed the document before, or has finished. A driver that cannot do it answers `Seen`:
    /// each message is handled singly then.
    fn write_marked(&self, write: Write, also: Vec<String>) -> BoxFuture<'_, Result<Written>> {
        drop((write, also));
        Box::pin(async { Ok(Written::Seen) })
    }

    /// Finishes several messages that say nothing more: as [`Driver::finish`] for each of them.
    fn finish_all(&self, ops: Vec<String>) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            for op in ops {
                self.finish(&op, None, vec![]).await?;
            }
            Ok(())
        })
    }

    /// Counts the documents of the collection that carry the mark of `op`, removed ones included.
    fn marked(&self, collection: &'static str, op: &str) -> BoxFuture<'_, Result<u64>>;

    /// The inbox row of `op`, if it has finished.
    fn finished(&self, op: &str) -> BoxFuture<'_, Result<Option<Finished>>>;

    /// Writes the inbox row and the last messages in one step; afterwards the marks of `op` go. `false` = somebody else finished it.
    fn finish(&self, op: &str, reply: Option<String>, messages: Vec<Envelope>) -> BoxFuture<'_, Result<bool>>;

    /// Stored messages that wait for the broker, oldest first, each with where it lies: those that `instance` wrote
    /// ([`Envelope::instance`]), and any older than `orphaned` ([`Envelope::at_ms`]), whose writer is taken to be dead.
    fn pending(&self, instance: &str, orphaned: Duration, limit: u32) -> BoxFuture<'_, Result<Vec<(Place, Envelope)>>>;

    /// Takes messages out of the outbox: they are confirmed.
    fn relayed(&self, done: Vec<(Place, String)>) -> BoxFuture<'_, Result<()>>;

    /// Tries to become the one instance that does a job (`sweep`, `import`), for `ttl`; renews if it is already. A `ttl` of zero gives it up.
    fn lead(&self, job: &str, instance: &str, ttl: Duration) -> BoxFuture<'_, Result<bool>>;

    /// Forgets inbox rows older than `keep` and cleans up what crashed processes left. Gives how many rows went.
    fn sweep(&self, keep: Duration) -> BoxFuture<'_, Result<u64>>;

    /// Answers if the store does.
    fn ping(&self) -> BoxFuture<'_, Result<()>>;
}

/// A crash point between two commands of one step: tests let the process die here (`testing::crash`).
pub(crate) async fn point() {
    crash::point().await;
}
