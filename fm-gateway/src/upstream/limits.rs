//! How many requests may be under way to one upstream, and how many may wait for that. One count per upstream, so that a slow one starves
//! nobody else.

use super::{budget::Budget, failure::Failure};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The limit of one upstream.
#[derive(Clone, Debug)]
pub struct Limit {
    places: Arc<Semaphore>,
    /// Half as many as may be under way may wait; a longer queue would only make all of them late.
    queue: Arc<Semaphore>,
    /// What may be tried again; shared by all limits of the upstream.
    pub budget: Arc<Budget>,
    /// What may be asked of a second instance while the first one is waited for; shared likewise.
    pub hedges: Arc<Budget>,
}

/// The right to one request; given back when dropped.
#[derive(Debug)]
pub struct Permit(#[expect(dead_code, reason = "held for its drop")] OwnedSemaphorePermit);

/// The limits of all upstreams. They outlive the tables that name them.
#[derive(Clone, Default)]
pub struct Limits(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    limits: HashMap<(String, usize), Limit>,
    budgets: HashMap<String, [Arc<Budget>; 2]>,
}

impl Limits {
    /// Gives the limit of an upstream; routes that name the same upstream and number share it.
    pub fn of(&self, upstream: &str, at_once: usize) -> Limit {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let budgets = known.budgets.entry(upstream.to_owned());
        let [budget, hedges] = budgets.or_insert_with(|| [Budget::retries(), Budget::hedges()].map(Arc::new)).clone();
        let (places, queue) = (Semaphore::new(at_once), Semaphore::new(at_once.div_ceil(2)));
        let limit = || Limit { places: Arc::new(places), queue: Arc::new(queue), budget, hedges };
        known.limits.entry((upstream.to_owned(), at_once)).or_insert_with(limit).clone()
    }
}

impl Limit {
    /// Gives the right to one request; waits for it if others wait too, but not too many.
    ///
    /// # Errors
    /// `Busy` if there is none in time, or too many wait already.
    pub async fn enter(&self, within: Duration) -> Result<Permit, Failure> {
        if let Ok(permit) = self.places.clone().try_acquire_owned() {
            return Ok(Permit(permit));
        }
        let Ok(_waiting) = self.queue.try_acquire() else { return Err(Failure::Busy) };
        match tokio::time::timeout(within, self.places.clone().acquire_owned()).await {
            Ok(Ok(permit)) => Ok(Permit(permit)),
            _ => Err(Failure::Busy),
        }
    }
}
