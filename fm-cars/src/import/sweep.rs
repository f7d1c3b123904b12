use super::{Import, ImportPart, process};
use crate::Cars;
use fm_sdk::{Result, Work};
use std::{sync::Arc, time::Duration};

/// After this the parts of an upload that never got its import are left behind by a crash.
const ABANDONED: Duration = Duration::from_secs(3600);

/// Removes parts that belong to no import. Processes parts from before they had a time to end.
pub async fn sweep(state: Arc<Cars>, work: Work) -> Result<()> {
    let before = state.clock.now_ms() - ABANDONED.as_millis() as i64;
    let mut old = Vec::new();
    let parts = work.docs::<ImportPart>().filter(ImportPart::made.between(None, Some(before)));
    parts.for_each(|part| old.push((part.id.clone(), part.import.clone(), !part.has_ended() && part.due.is_none()))).await?;
    for (part, import, is_stuck) in old {
        let part = work.doc::<ImportPart>(&part);
        if work.doc::<Import>(&import).get().await?.is_none() {
            part.remove(|_, _| Ok(())).await?;
        } else if is_stuck && let Some(part) = part.get().await? {
            process(&state, &work, &part, false).await?;
        }
    }
    Ok(())
}
