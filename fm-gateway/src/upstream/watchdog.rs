//! A time limit on standing still.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{Instant, Sleep, sleep_until};

/// Barks when nothing has moved for too long. Progress costs a look at the clock and no timer.
pub struct Watchdog {
    since: Instant,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Watchdog {
    pub fn new() -> Self {
        Watchdog { since: Instant::now(), sleep: None }
    }

    /// Notes that something moved.
    pub fn progress(&mut self) {
        self.since = Instant::now();
    }

    /// Is ready once nothing has moved for `limit`. Zero means no limit.
    pub fn poll(&mut self, cx: &mut Context<'_>, limit: Duration) -> Poll<()> {
        if limit.is_zero() {
            return Poll::Pending;
        }
        let due = self.since + limit;
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep_until(due)));
        if sleep.deadline() > due {
            sleep.as_mut().reset(due);
        }
        while sleep.as_mut().poll(cx).is_ready() {
            if Instant::now() >= due {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(due);
        }
        Poll::Pending
    }
}
