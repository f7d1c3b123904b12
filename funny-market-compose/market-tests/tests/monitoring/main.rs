//! A real Prometheus beside a running market: it finds every instance by the gateway, the dashboards and alerts ask it for metrics that
//! there are, and an alert fires for its fault. Its files are those of funny-market-compose/monitoring, with the addresses of this market
//! and shorter times.
#![expect(clippy::unwrap_used, reason = "a test stops where the market answers something else")]

mod alertmanager;
mod alerts;
mod discovery;
mod faults;
mod files;
mod prometheus;
mod promql;
mod queries;
mod report;

use std::sync::{Mutex, MutexGuard, PoisonError};

static INSTANCES: Mutex<()> = Mutex::new(());

/// One at a time starts and kills instances: each test counts them.
fn instances_are_mine() -> MutexGuard<'static, ()> {
    INSTANCES.lock().unwrap_or_else(PoisonError::into_inner)
}
