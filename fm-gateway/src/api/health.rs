//! Whether the gateway runs, and whether requests should be sent to it.

use crate::{
    pipeline::{Answer, Compiled},
    table::TableState,
};
use arc_swap::ArcSwapOption;
use fm_sdk::{
    ConnectionState, Error, Kind,
    health::{Health, Report},
};
use http::{
    HeaderValue, StatusCode,
    header::{CACHE_CONTROL, RETRY_AFTER},
};
use std::sync::Arc;
use tokio::sync::watch;

/// Adds the gateway's checks: without a table it can do nothing; with the registry unreachable, or a bad table there, it goes on with what it has.
pub fn checks(
    health: &Health,
    table: Arc<ArcSwapOption<Compiled>>,
    state: watch::Receiver<TableState>,
    reach: watch::Receiver<ConnectionState>,
) {
    let unavailable = |code: &'static str, why: String| Error::new(Kind::Unavailable, code, why);
    let loaded = move || match table.load().is_some() {
        true => Ok(()),
        false => Err(unavailable("table", "no routing table was loaded yet".into())),
    };
    let current = move || {
        let state = state.borrow();
        match state.problems.first() {
            Some(problem) => Err(unavailable("table", format!("the registry's table is not good, an older one is in force: {problem}"))),
            None if state.from_disk => Err(unavailable("table", "the last known table is in force, from disk".into())),
            None => Ok(()),
        }
    };
    let reachable = move || match &*reach.borrow() {
        ConnectionState::Up => Ok(()),
        ConnectionState::Down(why) => Err(unavailable("registry", why.clone())),
    };
    health.add("table", answering(loaded), true);
    health.add("table-current", answering(current), false);
    health.add("registry", answering(reachable), false);
}

fn answering<F>(check: F) -> impl Fn() -> fm_sdk::BoxFuture<'static, fm_sdk::Result<()>> + Send + Sync + 'static
where
    F: Fn() -> fm_sdk::Result<()> + Send + Sync + 'static,
{
    move || {
        let outcome = check();
        Box::pin(async move { outcome })
    }
}

/// Shows a report.
pub fn show(report: &Report) -> Answer {
    let status = if report.ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let mut answer = Answer::new(status, "application/json", serde_json::to_vec(report).unwrap_or_default());
    answer.headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if !report.ready() {
        answer.headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    answer
}
