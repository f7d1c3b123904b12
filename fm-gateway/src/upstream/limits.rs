//! How many requests may be under way to one upstream. One count per upstream, so that a slow one starves nobody else.

use super::failure::Failure;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The limit of one upstream.
#[derive(Clone, Debug)]
pub struct Limit(Arc<Semaphore>);

/// The right to one request; given back when dropped.
#[derive(Debug)]
pub struct Permit(#[expect(dead_code, reason = "held for its drop")] OwnedSemaphorePermit);

/// The limits of all upstreams. They outlive the tables that name them.
#[derive(Clone, Default)]
pub struct Limits(Arc<Mutex<HashMap<(String, usize), Limit>>>);

impl Limits {
    /// Gives the limit of an upstream; routes that name the same upstream and number share it.
    pub fn of(&self, upstream: &str, at_once: usize) -> Limit {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry((upstream.to_owned(), at_once)).or_insert_with(|| Limit(Arc::new(Semaphore::new(at_once)))).clone()
    }
}

impl Limit {
    /// Waits for the right to one request.
    ///
    /// # Errors
    /// `Busy` if there is none in time.
    pub async fn enter(&self, within: Duration) -> Result<Permit, Failure> {
        if let Ok(permit) = self.0.clone().try_acquire_owned() {
            return Ok(Permit(permit));
        }
        match tokio::time::timeout(within, self.0.clone().acquire_owned()).await {
            Ok(Ok(permit)) => Ok(Permit(permit)),
            _ => Err(Failure::Busy),
        }
    }
}
