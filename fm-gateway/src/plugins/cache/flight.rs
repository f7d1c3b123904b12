//! A request that is on its way to the upstream, and those that wait for it.

use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

#[derive(Debug)]
pub struct Flight {
    pub scope: String,
    ended: CancellationToken,
    invalidated: AtomicBool,
    failed: AtomicBool,
}

impl Flight {
    pub fn new(scope: &str) -> Flight {
        Flight {
            scope: scope.to_owned(),
            ended: CancellationToken::new(),
            invalidated: AtomicBool::default(),
            failed: AtomicBool::default(),
        }
    }

    /// Waits until it has ended, or for this long.
    pub async fn wait(&self, longest: Duration) {
        let _ = timeout(longest, self.ended.cancelled()).await;
    }

    pub fn end(&self) {
        self.ended.cancel();
    }

    /// The upstream has failed: those who wait need not ask it each for themselves.
    pub fn fail(&self) {
        self.failed.store(true, Relaxed);
    }

    pub fn has_failed(&self) -> bool {
        self.failed.load(Relaxed)
    }

    /// What it brings is out of date.
    pub fn invalidate(&self) {
        self.invalidated.store(true, Relaxed);
    }

    pub fn is_invalidated(&self) -> bool {
        self.invalidated.load(Relaxed)
    }
}
