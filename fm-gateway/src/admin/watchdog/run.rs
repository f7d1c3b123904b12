//! The loop of every gateway that follows the watch.

use super::{By, KEY, Outcome, Watch};
use crate::{
    NAME,
    admin::{
        Admin,
        peers::{self, Question},
    },
    table::{CURRENT, PREFIX},
    traffic::Traffic,
};
use fm_sdk::Result;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// How often the changed routes are looked at, unless a test says otherwise.
pub const INTERVAL: Duration = Duration::from_secs(1);

/// Follows the watch; never ends.
pub async fn run(admin: Arc<Admin>, interval: Duration) {
    let mut watches = admin.registry.watch(KEY);
    loop {
        let snapshot = watches.borrow_and_update().clone();
        let entry = snapshot.entries.get(KEY);
        let watch = entry.and_then(|entry| Some((serde_json::from_str::<Option<Watch>>(&entry.value).ok()??, entry.revision)));
        match watch.filter(|(watch, _)| watch.is_active()) {
            Some((watch, revision)) => {
                if let Err(e) = look(&admin, &Watch { revision, ..watch }).await {
                    log::warn!(revision = revision; "watchdog: revision not checked, trying again: {}", e.chain());
                }
                let _ = tokio::time::timeout(interval, watches.changed()).await;
            }
            None if watches.changed().await.is_err() => return std::future::pending().await,
            None => {}
        }
    }
}

/// Ends the watch if it is time to.
async fn look(admin: &Admin, watch: &Watch) -> Result<()> {
    let revision = watch.revision;
    let end = async |outcome, reason: String| match admin.end_watch(revision, outcome, reason, By::Watchdog).await {
        // The next look sees why.
        Err(e) if ["watch-over", "table-changed"].contains(&e.code()) => Ok(()),
        ended => ended.map(drop),
    };
    if !is_acting(admin) {
        return Ok(());
    }
    let table = admin.registry.watch(PREFIX);
    let current = table.borrow().entries.get(CURRENT).map(|entry| entry.revision);
    // A watch that is newer than what is known of the table has just begun.
    if let Some(current) = current.filter(|current| *current > revision) {
        return end(Outcome::StoodDown, format!("revision {current} was published in between")).await;
    }
    let (traffic, silent) = measure(admin, watch).await?;
    if let Some(reason) = traffic.iter().find_map(|(route, traffic)| watch.limits.exceeded(route, traffic)) {
        log::warn!(revision = revision; "watchdog: rolling back: {reason}");
        return end(Outcome::RolledBack, reason).await;
    }
    if admin.clock.now_ms() >= watch.ends {
        let requests: u64 = traffic.values().map(|traffic| traffic.requests).sum();
        let missing = if silent.is_empty() { String::new() } else { format!("; no answer of {}", silent.join(", ")) };
        return end(Outcome::Kept, format!("nothing got worse than allowed in {requests} requests{missing}")).await;
    }
    Ok(())
}

/// The first of the gateways that are registered acts; when its lease ends it is another one.
fn is_acting(admin: &Admin) -> bool {
    admin.services.instances(NAME).first().is_some_and(|first| first.id == admin.instance)
}

/// The numbers of each changed route since the watched table is in force, over all gateways; and those that did not answer.
///
/// # Errors
/// Those of the registry.
pub async fn measure(admin: &Admin, watch: &Watch) -> Result<(BTreeMap<String, Traffic>, Vec<String>)> {
    let question = Question::Traffic { revision: watch.revision, routes: watch.routes.clone() };
    let others = admin.peers.ask::<BTreeMap<String, Traffic>>(admin, &question).await?;
    let mut sum = peers::traffic(admin, watch.revision, &watch.routes);
    for (route, traffic) in others.of.into_values().flatten() {
        sum.entry(route).or_default().add(&traffic);
    }
    Ok((sum, others.silent))
}
