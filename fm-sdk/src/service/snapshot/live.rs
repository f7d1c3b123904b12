//! What becomes of live events while a snapshot is taken, and of those that it covers.

use crate::{
    Envelope, Result, ResultExt, Runtime, Service,
    bus::transport::{Audience, Outcome},
    service::DeliveryInfo,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Which version of a document the snapshot had, and the message that brought it. It lies in the inbox, as the reply of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Covered {
    pub version: i64,
    pub message: String,
}

impl Covered {
    fn op(began_ms: i64, event: &str, document: &str) -> String {
        format!("snapshot/{began_ms}/{event}/{document}")
    }
    pub async fn read(rt: &Runtime, began_ms: i64, event: &str, document: &str) -> Result<Option<Covered>> {
        let row = rt.store.finished(&Covered::op(began_ms, event, document)).await?;
        row.and_then(|row| row.reply).map(|reply| serde_json::from_str(&reply).internal()).transpose()
    }
    pub async fn write(&self, rt: &Runtime, began_ms: i64, event: &str, document: &str) -> Result<()> {
        let reply = serde_json::to_string(self).internal()?;
        rt.store.finish(&Covered::op(began_ms, event, document), Some(reply), vec![]).await.map(drop)
    }
}

impl<S: Send + Sync + 'static> Service<S> {
    /// Handles a message from the broker. Events of a service wait until all snapshots of what it owns are complete; one that a snapshot
    /// covers is dropped.
    pub(crate) async fn handle_delivered(&self, rt: &Arc<Runtime>, m: Envelope, info: DeliveryInfo) -> Outcome {
        if info.audience == Audience::Service {
            tokio::select! {
                biased;
                () = rt.snapshots.of(&m.source) => {}
                () = rt.draining.wait() => return Outcome::Requeue,
            }
            match is_covered(rt, &m).await {
                Ok(false) => {}
                Ok(true) => {
                    rt.metrics.duplicate(&m.name);
                    return Outcome::Ack;
                }
                Err(e) => return Outcome::Retry(e),
            }
        }
        self.handle(rt, m, info).await
    }
}

/// Whether the snapshot of this event had the document at this version, or at a newer one.
async fn is_covered(rt: &Runtime, m: &Envelope) -> Result<bool> {
    let (Some(taken), Some(subject)) = (rt.snapshots.taken(&m.name), &m.subject) else { return Ok(false) };
    if subject.version > taken.newest {
        return Ok(false);
    }
    let covered = Covered::read(rt, taken.began_ms, &m.name, &subject.document).await?;
    // A message of the snapshot itself that is tried again has its own version.
    Ok(covered.is_some_and(|covered| subject.version <= covered.version && m.id != covered.message))
}
