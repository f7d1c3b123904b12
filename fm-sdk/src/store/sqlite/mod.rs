//! Documents in one SQLite file, shared by all instances of a service on one machine; in memory for tests.
//!
//! A collection is a table `(id, v, d)`: id, version, the body as JSON text, or `NULL` for a removed document that is still remembered.
//! Marks, inbox and outbox are tables of their own, so that a step is one transaction.

mod connection;
mod inbox;
mod lead;
mod outbox;
mod queue;
mod reading;
mod schema;
mod sql;
mod step;
mod writer;

use super::{Driver, Finished, Place, Query, Spec, Stored, Write, Written, point};
use crate::{BoxFuture, Envelope, Result, ResultExt};
use connection::Location;
use queue::Readers;
use rusqlite::Connection;
use std::{path::Path, time::Duration};
use writer::{Outcome, Writer};

/// Documents in SQLite. Steps that wait for each other share one `fsync`; reading never waits for writing.
pub struct Sqlite {
    writer: Writer,
    /// A memory database has one connection only, so there its owner reads too.
    readers: Option<Readers>,
}

impl Sqlite {
    /// Makes an empty store in memory: the store of tests.
    ///
    /// # Errors
    /// `Internal` if SQLite or a thread cannot start.
    pub fn in_memory() -> Result<Self> {
        Ok(Sqlite { writer: Writer::start(Location::Memory)?, readers: None })
    }
    /// Opens the store in this file; makes the file and its folder if they are missing. Several processes may have it open at once.
    ///
    /// # Errors
    /// `Unavailable` if the file cannot be opened or is locked for long, `Internal` if it is not a database.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).unavailable("the store's folder")?;
        }
        let writer = Writer::start(Location::File(path.into()))?;
        Ok(Sqlite { writer, readers: Some(Readers::start(path)?) })
    }
    fn step<T: Send + 'static>(&self, work: impl FnOnce(&Connection) -> Result<Outcome<T>> + Send + 'static) -> BoxFuture<'_, Result<T>> {
        Box::pin(async move {
            point().await;
            self.writer.run(work).await
        })
    }
    fn look<T: Send + 'static>(&self, work: impl FnOnce(&Connection) -> Result<T> + Send + 'static) -> BoxFuture<'_, Result<T>> {
        Box::pin(async move {
            point().await;
            match &self.readers {
                Some(readers) => readers.run(work).await,
                None => self.writer.run(|c| work(c).map(Outcome::Undo)).await,
            }
        })
    }
}

impl Driver for Sqlite {
    fn system(&self) -> &'static str {
        "sqlite"
    }
    fn prepare(&self, specs: Vec<Spec>) -> BoxFuture<'_, Result<()>> {
        self.step(move |c| schema::prepare(c, &specs).map(Outcome::Keep))
    }
    fn peek(&self, collection: &'static str, id: &str, op: Option<&str>) -> BoxFuture<'_, Result<Option<Stored>>> {
        let (id, op) = (id.to_string(), op.map(String::from));
        self.look(move |c| reading::peek(c, collection, id, op.as_deref()))
    }
    fn read(&self, query: Query) -> BoxFuture<'_, Result<Vec<Stored>>> {
        self.look(move |c| reading::read(c, &query))
    }
    fn count(&self, query: Query) -> BoxFuture<'_, Result<u64>> {
        self.look(move |c| reading::count(c, &query))
    }
    fn write(&self, write: Write) -> BoxFuture<'_, Result<Written>> {
        self.step(move |c| step::write(c, &write.checked()?, &[]))
    }
    fn write_marked(&self, write: Write, also: Vec<String>) -> BoxFuture<'_, Result<Written>> {
        self.step(move |c| step::write(c, &write.checked()?, &also))
    }
    fn finish_all(&self, ops: Vec<String>) -> BoxFuture<'_, Result<()>> {
        self.step(move |c| inbox::finish_all(c, &ops))
    }
    fn marked(&self, collection: &'static str, op: &str) -> BoxFuture<'_, Result<u64>> {
        let op = op.to_string();
        self.look(move |c| reading::marked(c, collection, &op))
    }
    fn finished(&self, op: &str) -> BoxFuture<'_, Result<Option<Finished>>> {
        let op = op.to_string();
        self.look(move |c| inbox::finished(c, &op))
    }
    fn finish(&self, op: &str, reply: Option<String>, messages: Vec<Envelope>) -> BoxFuture<'_, Result<bool>> {
        let op = op.to_string();
        self.step(move |c| inbox::finish(c, &op, reply, &messages))
    }
    fn pending(&self, instance: &str, orphaned: Duration, limit: u32) -> BoxFuture<'_, Result<Vec<(Place, Envelope)>>> {
        let instance = instance.to_string();
        self.look(move |c| outbox::pending(c, &instance, orphaned, limit))
    }
    fn relayed(&self, done: Vec<(Place, String)>) -> BoxFuture<'_, Result<()>> {
        self.step(move |c| outbox::relayed(c, &done).map(Outcome::Keep))
    }
    fn lead(&self, job: &str, instance: &str, ttl: Duration) -> BoxFuture<'_, Result<bool>> {
        let (job, instance) = (job.to_string(), instance.to_string());
        self.step(move |c| lead::lead(c, &job, &instance, ttl).map(Outcome::Keep))
    }
    fn sweep(&self, keep: Duration) -> BoxFuture<'_, Result<u64>> {
        self.step(move |c| inbox::sweep(c, keep).map(Outcome::Keep))
    }
    fn ping(&self) -> BoxFuture<'_, Result<()>> {
        self.look(reading::ping)
    }
}
