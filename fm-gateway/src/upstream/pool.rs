//! Connections of one worker, by what they may carry requests to: idle ones of HTTP/1.1, and those of HTTP/2 with room for more.

use super::{connection::Connection, endpoint::Endpoint, http2::Multiplexed};
use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::{Rc, Weak},
    time::Duration,
};
use tokio::{sync::Notify, time::Instant};

/// How long a connection may wait for its next request; services keep theirs for longer (75 s), so that they do not close first.
const IDLE: Duration = Duration::from_secs(30);
/// How many connections of a kind wait.
const KEPT: usize = 128;

/// Keeps connections for the next request.
#[derive(Default)]
pub struct Pool {
    idle: RefCell<HashMap<Rc<str>, Vec<Connection>>>,
    /// The oldest first: it gets the requests, so that others than are needed become idle.
    shared: RefCell<HashMap<Rc<str>, Vec<Rc<Multiplexed>>>>,
    opening: RefCell<HashMap<Rc<str>, Rc<Opening>>>,
}

/// A connection that is being opened; others wait for it, to share it.
#[derive(Default)]
struct Opening {
    ended: Notify,
    succeeded: Cell<bool>,
}

/// The right to open a connection that others wait for; they are told when it is dropped.
pub struct OpeningGuard<'a> {
    pool: &'a Pool,
    key: Rc<str>,
}

impl Drop for OpeningGuard<'_> {
    fn drop(&mut self) {
        if let Some(opening) = self.pool.opening.borrow_mut().remove(&self.key) {
            opening.ended.notify_waiters();
        }
    }
}

impl Pool {
    /// Makes a pool that throws away what has waited too long. Must be called in a worker.
    pub fn start() -> Rc<Pool> {
        let pool = Rc::new(Pool::default());
        let weak = Rc::downgrade(&pool);
        tokio::task::spawn_local(sweep(weak));
        pool
    }

    /// Takes what carries a request to this upstream, in a protocol that may be spoken to it.
    pub fn take_for(&self, endpoint: &Endpoint<'_>) -> Option<Connection> {
        let key = endpoint.pool_key();
        let shared = if endpoint.may_be_http2() { self.stream(&key) } else { None };
        shared.or_else(|| endpoint.may_be_http1().then(|| self.take(&key)).flatten())
    }

    /// Takes a place on a connection of HTTP/2.
    fn stream(&self, key: &str) -> Option<Connection> {
        let shared = self.shared.borrow();
        let (key, connections) = shared.get_key_value(key)?;
        let connection = connections.iter().find(|connection| connection.has_room())?;
        Some(Connection::on(connection, key.clone(), true))
    }

    /// Waits for connections of HTTP/2 that other requests open, and takes a place on one. Else one must be opened: for others, too, with
    /// the guard, or alone, where another request has failed to.
    pub async fn stream_or_open(&self, key: &str) -> Result<Connection, Option<OpeningGuard<'_>>> {
        let key: Rc<str> = key.into();
        loop {
            let other = self.opening.borrow().get(&key).cloned();
            let Some(other) = other else {
                self.opening.borrow_mut().insert(key.clone(), Rc::default());
                return Err(Some(OpeningGuard { pool: self, key }));
            };
            other.ended.notified().await;
            if let Some(stream) = self.stream(&key) {
                return Ok(stream);
            }
            if !other.succeeded.get() {
                // One after the other would wait for an upstream that cannot be reached.
                return Err(None);
            }
        }
    }

    /// Lets other requests have places on a connection that was opened for one, if it speaks HTTP/2.
    pub fn share(&self, connection: &Connection) {
        if let Some(multiplexed) = connection.multiplexed() {
            if let Some(opening) = self.opening.borrow().get(&connection.pool_key) {
                opening.succeeded.set(true);
            }
            self.shared.borrow_mut().entry(connection.pool_key.clone()).or_default().push(multiplexed.clone());
        }
    }

    /// Takes the connection of HTTP/1.1 that was used last, if it still stands; see [`Endpoint::pool_key`](super::Endpoint::pool_key).
    pub fn take(&self, key: &str) -> Option<Connection> {
        let mut idle = self.idle.borrow_mut();
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
        let mut idle = self.idle.borrow_mut();
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
        let mut idle = pool.idle.borrow_mut();
        for list in idle.values_mut() {
            list.retain_mut(|c| c.idle_since.elapsed() < IDLE && c.is_idle());
        }
        idle.retain(|_, list| !list.is_empty());
        let mut shared = pool.shared.borrow_mut();
        shared.retain(|_, list| {
            list.retain(|connection| !connection.is_spent(IDLE));
            !list.is_empty()
        });
    }
}
