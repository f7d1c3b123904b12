use super::{Import, ImportPart};
use crate::Cars;
use fm_sdk::{Result, Work};
use std::{sync::Arc, time::Duration};

/// After this the report of an import is gone.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);
/// After this the parts of an upload that never got its import are left behind by a crash.
const ABANDONED: Duration = Duration::from_secs(3600);
/// Documents of one run.
const AT_ONCE: u64 = 500;

/// Takes old imports away, and parts that belong to none.
pub async fn sweep(state: Arc<Cars>, work: Work) -> Result<()> {
    let now = state.clock.now_ms();
    let before = |age: Duration| Some(now - age.as_millis() as i64);
    for import in work.docs::<Import>().filter(Import::started.between(None, before(KEPT))).limit(AT_ONCE).list().await? {
        work.doc::<Import>(&import.id).remove(|_, _| Ok(())).await?;
    }
    let mut old = Vec::new();
    let parts = work.docs::<ImportPart>().filter(ImportPart::made.between(None, before(ABANDONED)));
    parts.for_each(|part| old.push((part.id.clone(), part.import.clone()))).await?;
    for (part, import) in old {
        if work.doc::<Import>(&import).get().await?.is_none() {
            work.doc::<ImportPart>(&part).remove(|_, _| Ok(())).await?;
        }
    }
    Ok(())
}
