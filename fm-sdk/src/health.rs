//! Health: may the process live on, may it be given work, and how are the parts that it needs.

mod probe;

pub use probe::probe;

use crate::{BoxFuture, Result};
use futures::future::join_all;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};

/// What a check may take before it counts as failed.
const CHECK_TIMEOUT: Duration = Duration::from_secs(1);
/// How long an answer is good for: however often health is asked for, the parts are asked twice a second.
const FRESH: Duration = Duration::from_millis(500);

/// Where the process is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It does not serve yet.
    Starting,
    /// It serves.
    Serving,
    /// It serves what comes, and leaves soon.
    Draining,
}

/// The overall status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// All parts answer.
    Ok,
    /// A part is unreachable without which the service can still do something.
    Degraded,
    /// A part is unreachable without which it can do nothing.
    Failing,
    /// It does not serve yet.
    Starting,
    /// It leaves soon.
    Draining,
}

/// How one part is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckResult {
    /// Whether it answers.
    pub ok: bool,
    /// Why not; empty if it does.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// The body of `/health/live` and `/health/ready`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The overall status.
    pub status: Status,
    /// The result of each check, by its name.
    pub checks: BTreeMap<String, CheckResult>,
}

impl Report {
    /// Says whether to give the process work: 200 or 503.
    #[must_use]
    pub fn ready(&self) -> bool {
        matches!(self.status, Status::Ok | Status::Degraded)
    }
}

type Ask = Box<dyn Fn() -> BoxFuture<'static, Result<()>> + Send + Sync>;

struct Check {
    name: String,
    required: bool,
    ask: Ask,
    last: Mutex<Option<(Instant, CheckResult)>>,
}

struct State {
    phase: Phase,
    patience: Duration,
    fresh: Duration,
    checks: Vec<Arc<Check>>,
}

/// The named checks of one process. Cheap to clone; all clones share them.
#[derive(Clone)]
pub struct Health(Arc<RwLock<State>>);

impl Default for Health {
    /// Starts without checks, in [`Phase::Starting`].
    fn default() -> Self {
        Health(Arc::new(RwLock::new(State { phase: Phase::Starting, patience: CHECK_TIMEOUT, fresh: FRESH, checks: Vec::new() })))
    }
}

impl Health {
    /// Adds a check, or replaces the one of that name. Without a `required` part the service is not ready; without another it is
    /// degraded and stays ready. A check that takes more than a second has failed.
    pub fn add(&self, name: impl Into<String>, ask: impl Fn() -> BoxFuture<'static, Result<()>> + Send + Sync + 'static, required: bool) {
        let check = Check { name: name.into(), required, ask: Box::new(ask), last: Mutex::default() };
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        state.checks.retain(|c| c.name != check.name);
        state.checks.push(Arc::new(check));
    }
    /// Moves on in life.
    pub fn enter(&self, phase: Phase) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).phase = phase;
    }
    /// Says that the process lives; a process that cannot answer this is to be started anew.
    #[must_use]
    pub fn live(&self) -> Report {
        Report { status: Status::Ok, checks: BTreeMap::new() }
    }
    /// Asks all parts, at the same time, each at most twice a second.
    pub async fn ready(&self) -> Report {
        let (phase, patience, fresh, checks) = {
            let state = self.0.read().unwrap_or_else(PoisonError::into_inner);
            (state.phase, state.patience, state.fresh, state.checks.clone())
        };
        let outcomes = join_all(checks.iter().map(|c| c.outcome(patience, fresh))).await;
        let unreachable = |required: bool| checks.iter().zip(&outcomes).any(|(c, o)| c.required == required && !o.ok);
        let status = match phase {
            Phase::Starting => Status::Starting,
            Phase::Draining => Status::Draining,
            Phase::Serving if unreachable(true) => Status::Failing,
            Phase::Serving if unreachable(false) => Status::Degraded,
            Phase::Serving => Status::Ok,
        };
        Report { status, checks: checks.iter().map(|c| c.name.clone()).zip(outcomes).collect() }
    }
}

impl Check {
    async fn outcome(&self, patience: Duration, fresh: Duration) -> CheckResult {
        // Who comes while it is being asked waits for the same answer.
        let mut last = self.last.lock().await;
        if let Some((_, outcome)) = last.as_ref().filter(|(at, _)| at.elapsed() < fresh) {
            return outcome.clone();
        }
        let outcome = match timeout(patience, (self.ask)()).await {
            Ok(Ok(())) => CheckResult { ok: true, detail: String::new() },
            // The message, not the chain: this is shown to strangers.
            Ok(Err(e)) => CheckResult { ok: false, detail: e.fault().message },
            Err(_) => CheckResult { ok: false, detail: format!("no answer within {patience:?}") },
        };
        let was_ok = last.as_ref().is_none_or(|(_, o)| o.ok);
        match (was_ok, outcome.ok) {
            (true, false) => log::warn!(check = self.name.as_str(); "health: {} fails: {}", self.name, outcome.detail),
            (false, true) => log::info!(check = self.name.as_str(); "health: {} is healthy again", self.name),
            _ => {}
        }
        *last = Some((Instant::now(), outcome.clone()));
        outcome
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let names: Vec<_> = state.checks.iter().map(|c| c.name.as_str()).collect();
        f.debug_struct("Health").field("phase", &state.phase).field("checks", &names).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Error, Kind};
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};

    fn serving() -> Health {
        let health = Health::default();
        health.enter(Phase::Serving);
        health
    }
    fn fails() -> BoxFuture<'static, Result<()>> {
        Box::pin(async { Err(Error::new(Kind::Unavailable, "unavailable", "the broker is unreachable")) })
    }

    #[tokio::test]
    async fn a_failed_required_check_is_not_ready_and_an_optional_one_is_degraded() {
        let health = serving();
        health.add("store", || Box::pin(async { Ok(()) }), true);
        assert_eq!(health.ready().await.status, Status::Ok);
        health.add("bus", fails, false);
        let report = health.ready().await;
        assert_eq!((report.status, report.ready()), (Status::Degraded, true));
        assert_eq!(report.checks["bus"], CheckResult { ok: false, detail: "the broker is unreachable".into() });
        health.add("store", fails, true);
        let report = health.ready().await;
        assert_eq!((report.status, report.ready()), (Status::Failing, false));
    }

    #[tokio::test]
    async fn a_starting_or_draining_process_is_alive_and_not_ready() {
        let health = Health::default();
        assert_eq!((health.ready().await.status, health.live().status), (Status::Starting, Status::Ok));
        health.enter(Phase::Draining);
        let report = health.ready().await;
        assert_eq!((report.status, report.ready()), (Status::Draining, false));
    }

    #[tokio::test]
    async fn a_check_that_hangs_has_failed() {
        let health = serving();
        health.0.write().unwrap().patience = Duration::from_millis(5);
        health.add("stuck", || Box::pin(futures::future::pending()), false);
        assert_eq!(health.ready().await.checks["stuck"].detail, "no answer within 5ms");
    }

    #[tokio::test]
    async fn an_answer_is_good_for_a_while() {
        let (health, asked, well) = (serving(), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (a, w) = (asked.clone(), well.clone());
        let ask = move || {
            a.fetch_add(1, SeqCst);
            if w.load(SeqCst) { Box::pin(async { Ok(()) }) } else { fails() }
        };
        health.add("x", ask, true);
        health.0.write().unwrap().fresh = Duration::from_secs(3600);
        futures::future::join(health.ready(), health.ready()).await;
        well.store(true, SeqCst);
        assert_eq!((health.ready().await.status, asked.load(SeqCst)), (Status::Failing, 1));
        health.0.write().unwrap().fresh = Duration::ZERO;
        assert_eq!((health.ready().await.status, asked.load(SeqCst)), (Status::Ok, 2));
    }
}
