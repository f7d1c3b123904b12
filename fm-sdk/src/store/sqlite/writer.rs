//! The one thread that writes. Steps that wait while another is written are committed together: each has a savepoint and an outcome
//! of its own, all share one `fsync`.

use super::{
    connection::{self, Location, OrFault},
    queue::closed,
};
use crate::{Error, Kind, Result, ResultExt};
use async_channel::{Receiver, Sender};
use rusqlite::Connection;
use std::thread;
use tokio::sync::oneshot;

/// Steps in one transaction at most, so that other processes get their turn.
const TOGETHER: usize = 64;

/// What a step leaves behind.
pub(super) enum Outcome<T> {
    /// Its changes stay.
    Keep(T),
    /// Its changes, if any, are taken back.
    Undo(T),
}

pub(super) struct Writer {
    steps: Sender<Box<dyn Step>>,
}

impl Writer {
    pub(super) fn start(location: Location) -> Result<Self> {
        let c = connection::writing(&location)?;
        let (steps, queue) = async_channel::unbounded();
        thread::Builder::new().name("store-write".into()).spawn(move || serve(&c, &queue)).internal()?;
        Ok(Writer { steps })
    }
    pub(super) async fn run<T: Send + 'static>(&self, work: impl FnOnce(&Connection) -> Result<Outcome<T>> + Send + 'static) -> Result<T> {
        let (reply, got) = oneshot::channel();
        self.steps.try_send(Box::new(Waiting { work: Some(work), result: Err(closed()), reply })).map_err(|_| closed())?;
        got.await.map_err(|_| closed())?
    }
}

trait Step: Send {
    /// Does the work; `false` = take it back.
    fn run(&mut self, c: &Connection) -> bool;
    /// Tells whoever waits, after the commit.
    fn finish(self: Box<Self>, commit: &Result<()>);
}

struct Waiting<T, F> {
    work: Option<F>,
    result: Result<T>,
    reply: oneshot::Sender<Result<T>>,
}

impl<T: Send, F: FnOnce(&Connection) -> Result<Outcome<T>> + Send> Step for Waiting<T, F> {
    fn run(&mut self, c: &Connection) -> bool {
        let Some(work) = self.work.take() else { return false };
        let (keep, result) = match work(c) {
            Ok(Outcome::Keep(t)) => (true, Ok(t)),
            Ok(Outcome::Undo(t)) => (false, Ok(t)),
            Err(e) => (false, Err(e)),
        };
        self.result = result;
        keep
    }
    fn finish(self: Box<Self>, commit: &Result<()>) {
        let result = match commit {
            Ok(()) => self.result,
            Err(e) => Err(e.clone()),
        };
        drop(self.reply.send(result));
    }
}

fn serve(c: &Connection, queue: &Receiver<Box<dyn Step>>) {
    while let Ok(first) = queue.recv_blocking() {
        let mut steps = vec![first];
        let commit = together(c, &mut steps, queue);
        if commit.is_err() && !c.is_autocommit() {
            drop(c.execute_batch("rollback"));
        }
        for step in steps {
            step.finish(&commit);
        }
    }
}

fn together(c: &Connection, steps: &mut Vec<Box<dyn Step>>, queue: &Receiver<Box<dyn Step>>) -> Result<()> {
    c.execute_batch("begin immediate").or_fault()?;
    let mut next = 0;
    while let Some(step) = steps.get_mut(next) {
        c.execute_batch("savepoint step").or_fault()?;
        let keep = step.run(c);
        if c.is_autocommit() {
            // a full disk or an I/O error: SQLite has taken back the whole transaction
            return Err(Error::new(Kind::Unavailable, "unavailable", "the store lost its transaction"));
        }
        c.execute_batch(if keep { "release step" } else { "rollback to step; release step" }).or_fault()?;
        next += 1;
        if next < TOGETHER
            && let Ok(more) = queue.try_recv()
        {
            steps.push(more);
        }
    }
    c.execute_batch("commit").or_fault()
}
