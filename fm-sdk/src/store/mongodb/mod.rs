//! Documents in MongoDB, with nothing but the atomicity of a single document.
//!
//! A document is `{_id, v: version, d: body, o: [{id, by, at, m: message}], i: [{op, at}], x: true if removed}`: its messages and the marks
//! of those who changed it lie in itself. A removal leaves a tombstone until its messages are out and its marks are gone.
//! The inbox is a collection of `{_id: op, at, r: reply, o: [..]}`.

mod connection;
mod convert;
mod filter;
mod inbox;
mod lead;
mod outbox;
mod reading;
mod schema;
mod step;

use super::{Driver, Finished, Place, Query, SCHEDULES, SNAPSHOTS, Spec, Stored, Write, Written};
use crate::{BoxFuture, Envelope, Result, tls::TlsFiles};
use lead::Leads;
use mongodb::{Collection, Database, bson::Document};
use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// The collection of finished messages.
const INBOX: &str = "fm_inbox";

/// Documents in MongoDB 5 or later, alone or a replica set.
pub struct MongoDb {
    database: Database,
    /// What was prepared: where marks and messages may lie.
    collections: Mutex<BTreeSet<&'static str>>,
    leads: Leads,
}

impl MongoDb {
    /// Makes a store of a connection string (`mongodb://host1,host2/?replicaSet=rs`) and a database's name. Connects when it is used,
    /// so the server may be unreachable; [`Driver::ping`] tells. Only `mongodb+srv://` asks the DNS here.
    ///
    /// # Errors
    /// `Internal` if the connection string cannot be read.
    pub async fn connect(url: &str, database: &str) -> Result<Self> {
        Self::connect_with(url, database, &TlsFiles::default()).await
    }
    /// Like [`MongoDb::connect`]; TLS (`?tls=true`) goes with these files, unless the connection string names its own.
    ///
    /// # Errors
    /// `Internal` if the connection string or a file cannot be read.
    pub async fn connect_with(url: &str, database: &str, files: &TlsFiles) -> Result<Self> {
        let database = connection::client(url, files).await?.database(database);
        Ok(MongoDb { database, collections: Mutex::default(), leads: Leads::default() })
    }
    fn collection(&self, name: &str) -> Collection<Document> {
        self.database.collection(name)
    }
    /// Every collection in which marks and messages may lie; the inbox is the last, since a message's steps come before its end.
    fn prepared(&self) -> Vec<&'static str> {
        self.collections.lock().unwrap_or_else(PoisonError::into_inner).iter().copied().collect()
    }
    /// Those that may have marks and messages.
    fn with_messages(&self) -> Vec<&'static str> {
        self.prepared().into_iter().filter(|name| ![SCHEDULES, SNAPSHOTS].contains(name)).collect()
    }
}

impl Driver for MongoDb {
    fn system(&self) -> &'static str {
        "mongodb"
    }
    fn prepare(&self, specs: Vec<Spec>) -> BoxFuture<'_, Result<()>> {
        Box::pin(schema::prepare(self, specs))
    }
    fn peek(&self, collection: &'static str, id: &str, op: Option<&str>) -> BoxFuture<'_, Result<Option<Stored>>> {
        Box::pin(reading::peek(self, collection, id.to_string(), op.map(String::from)))
    }
    fn read(&self, query: Query) -> BoxFuture<'_, Result<Vec<Stored>>> {
        Box::pin(reading::read(self, query))
    }
    fn count(&self, query: Query) -> BoxFuture<'_, Result<u64>> {
        Box::pin(reading::count(self, query))
    }
    fn write(&self, write: Write) -> BoxFuture<'_, Result<Written>> {
        Box::pin(async { step::write(self, write.checked()?, &[]).await })
    }
    fn write_marked(&self, write: Write, also: Vec<String>) -> BoxFuture<'_, Result<Written>> {
        Box::pin(async move { step::write(self, write.checked()?, &also).await })
    }
    fn finish_all(&self, ops: Vec<String>) -> BoxFuture<'_, Result<()>> {
        Box::pin(inbox::finish_all(self, ops))
    }
    fn marked(&self, collection: &'static str, op: &str) -> BoxFuture<'_, Result<u64>> {
        Box::pin(reading::marked(self, collection, op.to_string()))
    }
    fn finished(&self, op: &str) -> BoxFuture<'_, Result<Option<Finished>>> {
        Box::pin(inbox::finished(self, op.to_string()))
    }
    fn finish(&self, op: &str, reply: Option<String>, messages: Vec<Envelope>) -> BoxFuture<'_, Result<bool>> {
        Box::pin(inbox::finish(self, op.to_string(), reply, messages))
    }
    fn pending(&self, instance: &str, orphaned: Duration, limit: u32) -> BoxFuture<'_, Result<Vec<(Place, Envelope)>>> {
        Box::pin(outbox::pending(self, instance.to_string(), orphaned, limit))
    }
    fn relayed(&self, done: Vec<(Place, String)>) -> BoxFuture<'_, Result<()>> {
        Box::pin(outbox::relayed(self, done))
    }
    fn lead(&self, job: &str, instance: &str, ttl: Duration) -> BoxFuture<'_, Result<bool>> {
        Box::pin(lead::lead(self, job.to_string(), instance.to_string(), ttl))
    }
    fn sweep(&self, keep: Duration) -> BoxFuture<'_, Result<u64>> {
        Box::pin(inbox::sweep(self, keep))
    }
    fn ping(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(reading::ping(self))
    }
}
