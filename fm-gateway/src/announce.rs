//! Says in the registry which table is in force here, so that any node can show it.

use crate::{
    admin::api::nodes::{PROBLEMS, REVISION},
    retry::Backoff,
    table::TableState,
};
use fm_sdk::registry::services::Registration;
use std::future::pending;
use tokio::{sync::watch, time::sleep};

/// Writes each state of the table; never ends. A write that fails is tried again, with whatever is the latest state by then: a newer one does
/// not wait behind an older one.
pub async fn announce(registration: &mut Registration, state: &mut watch::Receiver<TableState>) {
    let mut backoff = Backoff::default();
    loop {
        let TableState { revision, problems, .. } = state.borrow_and_update().clone();
        let write = registration.update(|instance| {
            instance.metadata.insert(REVISION.into(), revision.unwrap_or_default().to_string());
            instance.metadata.insert(PROBLEMS.into(), problems.len().to_string());
        });
        let written_or_due = async {
            match write.await {
                Ok(()) => {
                    backoff.reset();
                    pending().await
                }
                Err(e) => {
                    let wait = backoff.next();
                    log::debug!("nodes: the revision of the table was not announced, trying again in {wait:?}: {}", e.chain());
                    sleep(wait).await;
                }
            }
        };
        tokio::select! {
            () = written_or_due => {}
            changed = state.changed() => if changed.is_err() {
                return pending().await;
            },
        }
    }
}
