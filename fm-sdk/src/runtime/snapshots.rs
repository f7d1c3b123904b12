//! Events that wait until this service has taken a snapshot of what they are about.

use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// A snapshot that is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    /// When it was begun, in milliseconds since the Unix epoch: tells it from one that was taken before.
    pub began_ms: i64,
    /// The newest version of a document in it. What is newer was not in it.
    pub newest: i64,
}

struct Gate {
    event: &'static str,
    owner: &'static str,
    taken: watch::Sender<Option<Taken>>,
}

/// The snapshots that this instance needs, and which of them are complete.
#[derive(Default)]
pub(crate) struct Snapshots(Mutex<Vec<Gate>>);

impl Snapshots {
    fn gates(&self) -> MutexGuard<'_, Vec<Gate>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Holds the events of this owner until the snapshot is complete.
    pub fn expect(&self, event: &'static str, owner: &'static str) {
        self.gates().push(Gate { event, owner, taken: watch::Sender::new(None) });
    }
    /// Lets the events go that waited for this snapshot.
    pub fn complete(&self, event: &str, taken: Taken) {
        for gate in self.gates().iter().filter(|gate| gate.event == event) {
            gate.taken.send_replace(Some(taken));
        }
    }
    /// Waits until no snapshot of what this service owns is missing.
    pub async fn of(&self, owner: &str) {
        let missing: Vec<_> = self.gates().iter().filter(|gate| gate.owner == owner).map(|gate| gate.taken.subscribe()).collect();
        for mut taken in missing {
            // A gate stays as long as the instance.
            let _ = taken.wait_for(Option::is_some).await;
        }
    }
    /// The snapshot of this event, if it is needed and complete.
    pub fn taken(&self, event: &str) -> Option<Taken> {
        self.gates().iter().find(|gate| gate.event == event).and_then(|gate| *gate.taken.borrow())
    }
}
