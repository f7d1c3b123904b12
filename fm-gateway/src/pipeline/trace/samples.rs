//! Step traces of some of the requests that a gateway serves, for whoever watches it.

use super::{Recorder, StepTrace};
use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

/// How many traces are kept.
const KEPT: usize = 200;

/// Records every n-th request, and none at first. A trace that would have to wait for its place is dropped; requests never wait.
#[derive(Debug, Default)]
pub struct Samples {
    every: AtomicU32,
    seen: AtomicU32,
    kept: Mutex<VecDeque<StepTrace>>,
}

impl Samples {
    /// Records every n-th request from now on; 0: none.
    pub fn record_every(&self, n: u32) {
        self.every.store(n, Relaxed);
    }

    /// Gives a recorder for a request that is to be recorded.
    pub fn pick(self: &Arc<Self>) -> Option<Recorder> {
        let every = self.every.load(Relaxed);
        (every > 0 && self.seen.fetch_add(1, Relaxed).is_multiple_of(every)).then(|| Recorder::kept_by(self.clone()))
    }

    /// Those that are kept, the oldest first.
    pub fn list(&self) -> Vec<StepTrace> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    pub(super) fn push(&self, trace: StepTrace) {
        if let Ok(mut kept) = self.kept.try_lock() {
            if kept.len() == KEPT {
                kept.pop_front();
            }
            kept.push_back(trace);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_nth_request_is_recorded_and_none_at_first() {
        let samples = Arc::new(Samples::default());
        let picked = |requests: usize| (0..requests).filter(|_| samples.pick().is_some()).count();
        assert_eq!(picked(50), 0);
        samples.record_every(10);
        assert_eq!(picked(50), 5);
        samples.record_every(1);
        assert_eq!(picked(50), 50);
        samples.record_every(0);
        assert_eq!(picked(50), 0);
    }

    #[test]
    fn the_last_traces_are_kept_and_none_is_waited_for() {
        let samples = Samples::default();
        let push = |n: usize| samples.push(StepTrace { route: n.to_string(), ..StepTrace::default() });
        (0..KEPT + 3).for_each(push);
        let busy = samples.kept.lock().unwrap();
        push(999);
        drop(busy);
        let kept = samples.list();
        assert_eq!((kept.len(), kept[0].route.as_str(), kept[KEPT - 1].route.as_str()), (KEPT, "3", "202"));
    }
}
