//! A store whose commands make spans.

use super::{Driver, Finished, Guard, Place, Query, Spec, Stored, Write, Written};
use crate::{
    BoxFuture, Envelope, Result,
    trace::{self, Span, SpanKind, key},
};
use std::{sync::Arc, time::Duration};

/// The inbox, as spans call it.
const INBOX: &str = "inbox";

/// Makes a span of each command that is given as a part of a request or message.
pub(crate) struct Traced(pub Arc<dyn Driver>);

impl Traced {
    fn span(&self, operation: &'static str, collection: &'static str) -> Span {
        let mut span = trace::child(SpanKind::Client, operation, || collection);
        span.set(key::DB_SYSTEM, self.0.system());
        span.set(key::DB_OPERATION, operation);
        span.set(key::DB_COLLECTION, collection);
        span
    }
    fn command<'a, T: Send + 'a>(
        &'a self,
        operation: &'static str,
        collection: &'static str,
        run: impl FnOnce(&'a dyn Driver) -> BoxFuture<'a, Result<T>> + Send + 'a,
    ) -> BoxFuture<'a, Result<T>> {
        // Lazy, as the futures of drivers are: the span begins with the command.
        Box::pin(async move {
            let mut span = self.span(operation, collection);
            let result = run(&*self.0).await;
            if let Err(e) = &result {
                span.fail(e.code().to_owned());
            }
            span.end();
            result
        })
    }
}

fn operation(write: &Write) -> &'static str {
    match (&write.guard, &write.body) {
        (_, None) => "delete",
        (Guard::Absent, _) => "insert",
        (Guard::Version(_), _) => "update",
    }
}

impl Driver for Traced {
    fn system(&self) -> &'static str {
        self.0.system()
    }
    fn prepare(&self, specs: Vec<Spec>) -> BoxFuture<'_, Result<()>> {
        self.0.prepare(specs)
    }
    fn peek(&self, collection: &'static str, id: &str, op: Option<&str>) -> BoxFuture<'_, Result<Option<Stored>>> {
        let (id, op) = (id.to_owned(), op.map(str::to_owned));
        self.command("find", collection, move |driver| driver.peek(collection, &id, op.as_deref()))
    }
    fn read(&self, query: Query) -> BoxFuture<'_, Result<Vec<Stored>>> {
        self.command("find", query.collection, |driver| driver.read(query))
    }
    fn count(&self, query: Query) -> BoxFuture<'_, Result<u64>> {
        self.command("count", query.collection, |driver| driver.count(query))
    }
    fn write(&self, write: Write) -> BoxFuture<'_, Result<Written>> {
        self.command(operation(&write), write.collection, |driver| driver.write(write))
    }
    fn write_marked(&self, write: Write, also: Vec<String>) -> BoxFuture<'_, Result<Written>> {
        self.command(operation(&write), write.collection, |driver| driver.write_marked(write, also))
    }
    fn finish_all(&self, ops: Vec<String>) -> BoxFuture<'_, Result<()>> {
        self.command("insert", INBOX, |driver| driver.finish_all(ops))
    }
    fn marked(&self, collection: &'static str, op: &str) -> BoxFuture<'_, Result<u64>> {
        let op = op.to_owned();
        self.command("count", collection, move |driver| driver.marked(collection, &op))
    }
    fn finished(&self, op: &str) -> BoxFuture<'_, Result<Option<Finished>>> {
        let op = op.to_owned();
        self.command("find", INBOX, move |driver| driver.finished(&op))
    }
    fn finish(&self, op: &str, reply: Option<String>, messages: Vec<Envelope>) -> BoxFuture<'_, Result<bool>> {
        let op = op.to_owned();
        self.command("insert", INBOX, move |driver| driver.finish(&op, reply, messages))
    }
    fn pending(&self, instance: &str, orphaned: Duration, limit: u32) -> BoxFuture<'_, Result<Vec<(Place, Envelope)>>> {
        self.0.pending(instance, orphaned, limit)
    }
    fn relayed(&self, done: Vec<(Place, String)>) -> BoxFuture<'_, Result<()>> {
        self.0.relayed(done)
    }
    fn lead(&self, job: &str, instance: &str, ttl: Duration) -> BoxFuture<'_, Result<bool>> {
        self.0.lead(job, instance, ttl)
    }
    fn sweep(&self, keep: Duration) -> BoxFuture<'_, Result<u64>> {
        self.0.sweep(keep)
    }
    fn ping(&self) -> BoxFuture<'_, Result<()>> {
        self.0.ping()
    }
}
