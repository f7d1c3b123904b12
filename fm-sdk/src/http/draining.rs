//! Knows whether the process is about to leave.

use std::sync::Arc;
use tokio::sync::watch;

/// A flag that every request, stream and worker can see: the process drains, it takes leave of its clients.
#[derive(Clone, Debug)]
pub struct Draining(Arc<watch::Sender<bool>>);

impl Default for Draining {
    fn default() -> Self {
        Draining(Arc::new(watch::Sender::new(false)))
    }
}

impl Draining {
    /// Begins to drain: responses say `Connection: close`, streams end.
    pub fn begin(&self) {
        self.0.send_replace(true);
    }
    /// Says whether the drain has begun.
    #[must_use]
    pub fn begun(&self) -> bool {
        *self.0.borrow()
    }
    /// Resolves when the drain begins; for streams, which must end then.
    pub async fn wait(&self) {
        // The sender lives as long as `self`, so that this cannot fail.
        let _ = self.0.subscribe().wait_for(|begun| *begun).await;
    }
}
