//! Requests as they are answered, for whoever watches. Costs a look at an atomic while nobody does.

use serde::Serialize;
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};
use tokio::sync::broadcast;

/// How many requests wait for a watcher; beyond, the oldest are dropped, and requests never wait.
const CAPACITY: usize = 1024;
/// How many may watch at once.
pub const MAX_WATCHERS: usize = 20;

/// A request that was answered. Values of its query, headers and body are not in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LiveRequest {
    /// Milliseconds since the Unix epoch.
    pub at: i64,
    pub method: String,
    pub host: String,
    pub path: String,
    pub route: String,
    pub status: u16,
    pub micros: u64,
    /// Bytes of the answer's body.
    pub bytes: u64,
    /// False if client or upstream went away before the end.
    pub complete: bool,
    pub trace: String,
}

/// What all workers tell.
pub struct LiveRequests {
    sender: broadcast::Sender<Arc<LiveRequest>>,
    watchers: AtomicUsize,
}

impl Default for LiveRequests {
    fn default() -> Self {
        LiveRequests { sender: broadcast::Sender::new(CAPACITY), watchers: AtomicUsize::new(0) }
    }
}

impl fmt::Debug for LiveRequests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveRequests").field("watchers", &self.watchers.load(Relaxed)).finish_non_exhaustive()
    }
}

impl LiveRequests {
    /// Somebody watches.
    pub fn is_watched(&self) -> bool {
        self.watchers.load(Relaxed) > 0
    }

    /// Tells of a request; never waits.
    pub fn tell(&self, request: LiveRequest) {
        let _ = self.sender.send(Arc::new(request));
    }

    /// Begins to watch; `None` if [`MAX_WATCHERS`] do.
    pub fn watch(self: &Arc<Self>) -> Option<Watcher> {
        let place = self.watchers.fetch_update(Relaxed, Relaxed, |watchers| (watchers < MAX_WATCHERS).then_some(watchers + 1));
        place.ok().map(|_| Watcher { receiver: self.sender.subscribe(), live: self.clone() })
    }
}

/// Somebody who watches.
pub struct Watcher {
    receiver: broadcast::Receiver<Arc<LiveRequest>>,
    live: Arc<LiveRequests>,
}

impl Watcher {
    /// What has come since the last time, and how many of it were dropped.
    pub fn take(&mut self) -> (Vec<Arc<LiveRequest>>, u64) {
        let (mut taken, mut dropped) = (Vec::new(), 0);
        loop {
            match self.receiver.try_recv() {
                Ok(request) => taken.push(request),
                Err(broadcast::error::TryRecvError::Lagged(missed)) => dropped += missed,
                Err(_) => return (taken, dropped),
            }
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.live.watchers.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(n: i64) -> LiveRequest {
        let text = String::new;
        LiveRequest {
            at: n,
            method: text(),
            host: text(),
            path: text(),
            route: text(),
            status: 200,
            micros: 1,
            bytes: 0,
            complete: true,
            trace: text(),
        }
    }

    #[test]
    fn watchers_see_what_comes_while_they_watch_and_lose_the_oldest() {
        let live = Arc::new(LiveRequests::default());
        assert!(!live.is_watched());
        live.tell(request(0));
        let mut watcher = live.watch().unwrap();
        assert!(live.is_watched());
        live.tell(request(1));
        assert_eq!(watcher.take().0.iter().map(|one| one.at).collect::<Vec<_>>(), [1]);
        (0..CAPACITY as i64 + 7).for_each(|n| live.tell(request(n)));
        let (taken, dropped) = watcher.take();
        assert_eq!((taken.len(), dropped, taken[0].at), (CAPACITY, 7, 7));
        drop(watcher);
        assert!(!live.is_watched());
    }

    #[test]
    fn the_number_of_watchers_is_bounded() {
        let live = Arc::new(LiveRequests::default());
        let watchers: Vec<_> = (0..MAX_WATCHERS).map(|_| live.watch().unwrap()).collect();
        assert!(live.watch().is_none());
        drop(watchers);
        assert!(live.watch().is_some());
    }
}
