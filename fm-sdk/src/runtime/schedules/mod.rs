//! Messages that are sent later: documents with a due time, until they are due.
//!
//! The inbox row of a schedule decides what becomes of it. Who writes the row first has sent the message, in the same step, or has cancelled
//! it; everybody else finds the row and only removes the document. So any number of instances may look for due schedules at once.

mod metrics;
mod schedule;

pub(super) use metrics::Gauges;
pub(crate) use schedule::{Schedule, cancel, earliest, read};

use super::{Runtime, relay::ORPHANED};
use crate::{
    Envelope, Result, ResultExt,
    store::{Guard, Query, SCHEDULES},
    time::now_ms,
};
use schedule::{op, remove, step};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::Notify,
    time::{Instant, timeout},
};

/// Schedules of one read.
const BATCH: u64 = 256;
/// Messages of the outbox that are looked through for a schedule that was made a moment ago.
const MAX_OUTBOX: u32 = 65_536;
/// How often to look for schedules that other instances made.
const POLL_INTERVAL: Duration = Duration::from_secs(5);
/// The wait after the store has failed.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// Tells the task that sends schedules that there is a new one.
#[derive(Default)]
pub(super) struct Schedules {
    changed: Notify,
    pub gauges: Arc<Gauges>,
}

/// What one look at the schedules found.
pub(crate) struct Due {
    /// Messages that went into the outbox.
    pub sent: usize,
    /// When the next one is due.
    next_ms: Option<i64>,
}

impl Runtime {
    /// Keeps a schedule until it is due. One that is kept already is left alone.
    pub(crate) async fn keep_schedule(&self, schedule: &Schedule) -> Result<()> {
        let body = Some(serde_json::to_value(schedule).internal()?);
        self.store.write(step(&schedule.id, Guard::Absent, now_ms(), body)).await?;
        self.schedules.changed.notify_one();
        Ok(())
    }

    /// Takes a schedule from the outbox of its step to the others. After a crash in between it comes again, perhaps after it was sent: then its
    /// row is in the inbox, and it goes without a second message.
    pub(super) async fn unpack_schedule(&self, m: Envelope) -> Result<()> {
        self.keep_schedule(&m.decode()?).await
    }

    /// Takes over what this instance scheduled in a step a moment ago.
    async fn unpack_own(&self) -> Result<()> {
        for (_, m) in self.store.pending(&self.instance, ORPHANED, MAX_OUTBOX).await? {
            if Schedule::is_named(&m.name) {
                self.unpack_schedule(m).await?;
            }
        }
        Ok(())
    }

    /// Gives whether the message was still to come, and now will not.
    pub(crate) async fn cancel_schedule(&self, id: &str) -> Result<bool> {
        let mut found = self.store.peek(SCHEDULES, id, None).await?;
        if found.is_none() {
            self.unpack_own().await?;
            found = self.store.peek(SCHEDULES, id, None).await?;
        }
        cancel(&*self.store, id, found).await
    }

    /// Hands to the outbox what is due.
    pub(crate) async fn send_due(&self) -> Result<Due> {
        let mut sent = 0;
        loop {
            let found = self.store.read(earliest(BATCH)).await?;
            let (full, now) = (found.len() as u64 == BATCH, self.delegate.now_ms());
            let mut taken = 0;
            for stored in found {
                let Some((schedule, version)) = read(stored) else { continue };
                if schedule.due_ms > now {
                    return Ok(Due { sent, next_ms: Some(schedule.due_ms) });
                }
                sent += usize::from(self.send_scheduled(schedule, version).await?);
                taken += 1;
            }
            if !full || taken == 0 {
                return Ok(Due { sent, next_ms: None });
            }
        }
    }

    /// Gives whether this is who sent it.
    async fn send_scheduled(&self, schedule: Schedule, version: i64) -> Result<bool> {
        let Schedule { id, user, scope, message, .. } = schedule;
        let mut message = Envelope { instance: self.instance.clone(), at_ms: now_ms(), ..message };
        self.delegate.seal_for(&mut message, user.as_deref().unwrap_or(&self.service), &scope)?;
        let first = self.store.finish(&op(&id), None, vec![message]).await?;
        if first {
            self.relay.wake();
        }
        remove(&*self.store, &id, version).await?;
        Ok(first)
    }

    async fn count_schedules(&self) -> Result<()> {
        let pending = self.store.count(Query { collection: SCHEDULES, ..Query::default() }).await?;
        self.schedules.gauges.show_pending(pending);
        Ok(())
    }

    /// Sends what falls due until it is dropped.
    pub(crate) async fn run_schedules(self: Arc<Self>) {
        let mut counted: Option<Instant> = None;
        loop {
            let mut looked = self.send_due().await;
            if let Ok(due) = &looked {
                self.schedules.gauges.show_next(due.next_ms);
            }
            // Not at each look: who schedules a thousand messages wakes this task a thousand times.
            if looked.is_ok() && counted.is_none_or(|at| at.elapsed() >= POLL_INTERVAL) {
                looked = self.count_schedules().await.and(looked);
                counted = Some(Instant::now());
            }
            let wait = match looked {
                Ok(Due { next_ms: None, .. }) => POLL_INTERVAL,
                Ok(Due { next_ms: Some(at), .. }) => {
                    Duration::from_millis(at.saturating_sub(self.delegate.now_ms()).max(1).unsigned_abs()).min(POLL_INTERVAL)
                }
                Err(e) => {
                    log::error!("schedules: due messages cannot be sent, trying again in {RETRY_DELAY:?}: {}", e.chain());
                    RETRY_DELAY
                }
            };
            let _ = timeout(wait, self.schedules.changed.notified()).await;
        }
    }
}
