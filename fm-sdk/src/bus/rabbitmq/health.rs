use crate::bus::transport::{Connection, Counters};
use std::sync::{
    Mutex,
    atomic::{AtomicU64, Ordering::Relaxed},
};
use tokio::sync::watch;

/// The state of one connection, or of what was declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Not wanted (nothing is consumed yet, or not any more).
    Idle,
    /// Works.
    Up,
    /// Why it does not.
    Down(String),
    /// Closed by this process.
    Closed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    Publishing,
    Consuming,
    /// Exchanges, queues and bindings.
    Topology,
}

/// The state of both connections, and of what was declared, as one.
pub(super) struct Health {
    sides: Mutex<[Side; 3]>,
    seen: watch::Sender<Connection>,
}

impl Health {
    pub fn new() -> Self {
        let text = "connecting".to_owned();
        Health { sides: Mutex::new([Side::Down(text.clone()), Side::Idle, Side::Idle]), seen: watch::Sender::new(Connection::Down(text)) }
    }
    pub fn set(&self, which: Which, side: Side) {
        let mut sides = self.sides.lock().unwrap_or_else(|e| e.into_inner());
        let place = &mut sides[which as usize];
        if *place != side {
            match (which, &side) {
                (Which::Topology, Side::Down(why)) => log::warn!("bus: topology incomplete: {why}"),
                (Which::Topology, Side::Up) if matches!(place, Side::Down(_)) => log::info!("bus: topology complete"),
                (Which::Topology, _) | (_, Side::Idle) => {}
                (_, Side::Down(why)) => log::warn!("the message broker is away: {why}"),
                (_, Side::Up) => log::info!("the message broker is there"),
                (_, Side::Closed) => log::debug!("bus: connection closed by this process"),
            }
        }
        *place = side;
        let whole = sides.iter().find_map(|s| match s {
            Side::Down(why) => Some(Connection::Down(why.clone())),
            Side::Closed => Some(Connection::Down("closed by this process".into())),
            Side::Idle | Side::Up => None,
        });
        self.seen.send_replace(whole.unwrap_or(Connection::Up));
    }
    /// Why one connection is down.
    pub fn why(&self, which: Which) -> String {
        match &self.sides.lock().unwrap_or_else(|e| e.into_inner())[which as usize] {
            Side::Down(why) => why.clone(),
            _ => "the connection was lost".into(),
        }
    }
    pub fn watch(&self) -> watch::Receiver<Connection> {
        self.seen.subscribe()
    }
}

#[derive(Default)]
pub(super) struct Tally {
    pub reconnects: AtomicU64,
    pub resent: AtomicU64,
    pub redelivered: AtomicU64,
    pub expired: AtomicU64,
    pub vanished: AtomicU64,
    pub retried: AtomicU64,
    pub parked: AtomicU64,
}

impl Tally {
    pub fn read(&self) -> Counters {
        Counters {
            reconnects: self.reconnects.load(Relaxed),
            resent: self.resent.load(Relaxed),
            redelivered: self.redelivered.load(Relaxed),
            expired: self.expired.load(Relaxed),
            vanished: self.vanished.load(Relaxed),
            retried: self.retried.load(Relaxed),
            parked: self.parked.load(Relaxed),
        }
    }
}

/// Adds one.
pub(super) fn count(what: &AtomicU64) {
    what.fetch_add(1, Relaxed);
}
