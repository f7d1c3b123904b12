//! Views are gathered in the process and written in batches: one step per car and second, not per view.

use crate::{Track, Tracker};
use fm_sdk::{Kind, Result, Work};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

#[derive(Default)]
pub struct Views(Mutex<HashMap<String, i64>>);

impl Views {
    pub fn add(&self, car: &str, n: i64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(car.into()).or_default() += n;
    }
    fn take(&self) -> HashMap<String, i64> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Writes what was gathered; what cannot be written now is kept for the next time.
pub async fn flush(tracker: Arc<Tracker>, work: Work) -> Result<()> {
    let mut failed = None;
    for (car, n) in tracker.views.take() {
        let counted = work
            .doc::<Track>(&car)
            .change(|track, _| {
                if !track.removed {
                    track.views += n;
                }
                Ok(())
            })
            .await;
        match counted {
            Err(e) if e.kind() != Kind::NotFound => {
                tracker.views.add(&car, n);
                failed = Some(e);
            }
            _ => {}
        }
    }
    failed.map_or(Ok(()), Err)
}
