//! A request at the instance that was chosen for it.

use super::{Balancer, RequestOutcome, load::Load};
use std::{mem, sync::Arc, time::Duration};

/// The chosen instance, by its place in the list; tell when it answers with [`Picked::answers`] and how it ended with [`Picked::done`].
/// Dropping it without means that the request was given up for other reasons. That counts against the instance only after
/// [`Policy::silent`](super::Policy::silent): as a slow answer if it answered others in that time, else it is ejected.
pub struct Picked {
    /// The place in the list that was given to [`Balancer::pick`].
    pub index: usize,
    balancer: Balancer,
    load: Arc<Load>,
    begun: u64,
    /// The instance owes an answer.
    awaited: bool,
}

impl Picked {
    pub(super) fn new(index: usize, balancer: Balancer, load: Arc<Load>, begun: u64, awaited: bool) -> Self {
        Picked { index, balancer, load, begun, awaited }
    }

    /// Says that the head of the answer is there: from now on the request is no sign of silence, however long its answer lasts.
    pub fn answers(&mut self) {
        self.load.answers((self.balancer.0.now)());
        self.stop_waiting();
    }

    /// Says how long the answer took (to its head) and how it ended.
    pub fn done(mut self, latency: Duration, outcome: RequestOutcome) {
        let (now, micros) = ((self.balancer.0.now)(), u32::try_from(latency.as_micros()).unwrap_or(u32::MAX));
        self.load.note(micros, outcome, self.begun, now, &self.balancer.0.policy, rand::random::<f64>());
        if outcome == RequestOutcome::Answered {
            self.load.answers(now);
        }
        self.stop_waiting();
    }

    /// Says whether it was waiting until now.
    fn stop_waiting(&mut self) -> bool {
        let awaited = mem::take(&mut self.awaited);
        if awaited {
            self.load.stop_waiting();
        }
        awaited
    }
}

impl Drop for Picked {
    fn drop(&mut self) {
        self.load.end();
        if self.stop_waiting() {
            let now = (self.balancer.0.now)();
            self.load.abandon(self.begun, now, &self.balancer.0.policy, rand::random::<f64>());
        }
    }
}
