//! Instances come, go and die under load.

mod hanging;
mod instances;
mod rolling;
mod sessions;

use std::sync::{Mutex, MutexGuard, PoisonError};

static INSTANCES: Mutex<()> = Mutex::new(());

/// One at a time starts and stops instances: what one test ends another one would miss.
fn instances_are_mine() -> MutexGuard<'static, ()> {
    INSTANCES.lock().unwrap_or_else(PoisonError::into_inner)
}
