use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::sync::Notify;

/// How many messages were taken from the broker and are not acknowledged yet.
#[derive(Default)]
pub(in super::super) struct InFlight {
    count: AtomicUsize,
    less: Notify,
}

/// Counts one message until it is dropped.
pub(in super::super) struct Counted(Arc<InFlight>);

impl InFlight {
    pub(super) fn count(self: &Arc<Self>) -> Counted {
        self.count.fetch_add(1, SeqCst);
        Counted(self.clone())
    }
    /// Waits until there are none, at most this long.
    pub async fn none(&self, within: Duration) {
        let wait = async {
            loop {
                let less = self.less.notified();
                tokio::pin!(less);
                less.as_mut().enable();
                if self.count.load(SeqCst) == 0 {
                    return;
                }
                less.await;
            }
        };
        let _ = tokio::time::timeout(within, wait).await;
    }
}
impl Drop for Counted {
    fn drop(&mut self) {
        self.0.count.fetch_sub(1, SeqCst);
        self.0.less.notify_waiters();
    }
}
