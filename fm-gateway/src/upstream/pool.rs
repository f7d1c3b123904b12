//! Idle connections of one worker, by what they may carry requests to.

use super::connection::Connection;
use std::{
    cell::RefCell,
    collections::HashMap,
    rc::{Rc, Weak},
    time::Duration,
};
use tokio::time::Instant;

/// How long a connection may wait for its next request; services keep theirs for longer (75 s), so that they do not close first.
const IDLE: Duration = Duration::from_secs(30);
/// How many connections of a kind wait.
const KEPT: usize = 128;

/// Keeps connections for the next request.
#[derive(Default)]
pub struct Pool(RefCell<HashMap<Rc<str>, Vec<Connection>>>);

impl Pool {
    /// Makes a pool that throws away what has waited too long. Must be called in a worker.
    pub fn start() -> Rc<Pool> {
        let pool = Rc::new(Pool::default());
        let weak = Rc::downgrade(&pool);
        tokio::task::spawn_local(sweep(weak));
        pool
    }

    /// Takes the connection that was used last, if it still stands; see [`Endpoint::pool_key`](super::Endpoint::pool_key).
    pub fn take(&self, key: &str) -> Option<Connection> {
        let mut idle = self.0.borrow_mut();
        let list = idle.get_mut(key)?;
        while let Some(mut connection) = list.pop() {
            if connection.idle_since.elapsed() < IDLE && connection.is_idle() {
                connection.reused = true;
                return Some(connection);
            }
        }
        None
    }

    /// Keeps a connection that has carried its answer to the end.
    pub fn keep(&self, mut connection: Connection) {
        connection.idle_since = Instant::now();
        let mut idle = self.0.borrow_mut();
        match idle.get_mut(&connection.pool_key) {
            Some(list) if list.len() >= KEPT => {}
            Some(list) => list.push(connection),
            None => drop(idle.insert(connection.pool_key.clone(), vec![connection])),
        }
    }
}

async fn sweep(pool: Weak<Pool>) {
    loop {
        tokio::time::sleep(IDLE / 3).await;
        let Some(pool) = pool.upgrade() else { return };
        let mut idle = pool.0.borrow_mut();
        for list in idle.values_mut() {
            list.retain_mut(|c| c.idle_since.elapsed() < IDLE && c.is_idle());
        }
        idle.retain(|_, list| !list.is_empty());
    }
}
