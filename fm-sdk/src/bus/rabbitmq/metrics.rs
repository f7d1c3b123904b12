use crate::bus::transport::TransportMetrics;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What happened between this process and its broker since the start.
#[derive(Default)]
pub(super) struct Metrics {
    pub reconnects: AtomicU64,
    pub resent: AtomicU64,
    pub redelivered: AtomicU64,
    pub expired: AtomicU64,
    pub vanished: AtomicU64,
    pub retried: AtomicU64,
    pub dead_lettered: AtomicU64,
}

impl Metrics {
    pub fn read(&self) -> TransportMetrics {
        TransportMetrics {
            reconnects: self.reconnects.load(Relaxed),
            resent: self.resent.load(Relaxed),
            redelivered: self.redelivered.load(Relaxed),
            expired: self.expired.load(Relaxed),
            vanished: self.vanished.load(Relaxed),
            retried: self.retried.load(Relaxed),
            dead_lettered: self.dead_lettered.load(Relaxed),
        }
    }
}

/// Adds one.
pub(super) fn count(what: &AtomicU64) {
    what.fetch_add(1, Relaxed);
}
