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
    /// Then it barks in any case.
    deadline: Option<Instant>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Watchdog {
    pub fn new(deadline: Option<Instant>) -> Self {
        Watchdog { since: Instant::now(), deadline, sleep: None }
    }

    /// Sets when it barks in any case.
    pub fn set_deadline(&mut self, deadline: Option<Instant>) {
        self.deadline = deadline;
    }

    /// Notes that something moved.
    pub fn progress(&mut self) {
        self.since = Instant::now();
    }

    /// Is ready once nothing has moved for `limit`, or at the deadline. Zero means no limit.
    pub fn poll(&mut self, cx: &mut Context<'_>, limit: Duration) -> Poll<()> {
        let still = (!limit.is_zero()).then(|| self.since + limit);
        let Some(due) = still.into_iter().chain(self.deadline).min() else { return Poll::Pending };
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
