//! Reading connections, each owned by a thread of its own, so that a read waits neither for an actix worker nor for an `fsync`.

use super::connection;
use crate::{Error, Kind, Result, ResultExt};
use async_channel::{Receiver, Sender};
use rusqlite::Connection;
use std::{path::Path, thread};
use tokio::sync::oneshot;

const THREADS: usize = 2;
type Job = Box<dyn FnOnce(&Connection) + Send>;

pub(super) struct Readers {
    jobs: Sender<Job>,
}

impl Readers {
    pub(super) fn start(path: &Path) -> Result<Self> {
        let (jobs, queue) = async_channel::unbounded::<Job>();
        for n in 0..THREADS {
            let (c, queue) = (connection::reading(path)?, queue.clone());
            thread::Builder::new().name(format!("store-read-{n}")).spawn(move || serve(&c, &queue)).internal()?;
        }
        Ok(Readers { jobs })
    }
    pub(super) async fn run<T: Send + 'static>(&self, work: impl FnOnce(&Connection) -> Result<T> + Send + 'static) -> Result<T> {
        let (reply, got) = oneshot::channel();
        let job: Job = Box::new(move |c| drop(reply.send(work(c))));
        self.jobs.try_send(job).map_err(|_| closed())?;
        got.await.map_err(|_| closed())?
    }
}

fn serve(c: &Connection, queue: &Receiver<Job>) {
    while let Ok(job) = queue.recv_blocking() {
        job(c);
    }
}

pub(super) fn closed() -> Error {
    Error::new(Kind::Unavailable, "unavailable", "the store is closed")
}
