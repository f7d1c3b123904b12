//! Messages that are sent later: documents with a due time, until they are due.
//!
//! The inbox row of a schedule decides what becomes of it. Who writes the row first has sent the message, in the same step, or has cancelled
//! it; everybody else finds the row and only removes the document. So any number of instances may look for due schedules at once.

use super::{Runtime, relay::ORPHANED};
use crate::{
    Envelope, MessageKind, Result, ResultExt,
    store::{Guard, Index, Query, SCHEDULES, Spec, Stored, Write},
    time::now_ms,
};
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};
use tokio::{sync::Notify, time::timeout};

/// Schedules of one read.
const BATCH: usize = 256;
/// Messages of the outbox that are looked through for a schedule that was made a moment ago.
const MAX_OUTBOX: u32 = 65_536;
/// How often to look for schedules that other instances made.
const POLL_INTERVAL: Duration = Duration::from_secs(5);
/// The wait after the store has failed.
const RETRY_DELAY: Duration = Duration::from_secs(1);
/// What a schedule is called while it lies in the outbox of a step. No service answers to it: an older version that finds one keeps it.
const IN_OUTBOX: &str = "fm.schedule";

/// A message and when it is due.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Schedule {
    /// The message's id, and the key by which it is cancelled.
    pub id: String,
    /// Milliseconds since the Unix epoch.
    pub due_ms: i64,
    /// For whom the message acts; `None` = for the service itself.
    #[serde(default)]
    pub user: Option<String>,
    /// The scopes that it carries, separated by spaces.
    pub scope: String,
    /// The message, not signed yet: its token must not expire before it is due.
    pub message: Envelope,
}

/// What schedules are read by, in order.
const DUE: &str = "due_ms";

impl Schedule {
    pub(crate) const SPEC: Spec = Spec { collection: SCHEDULES, indexes: &[Index { field: DUE, unique: false }] };

    /// Puts it into an envelope for the outbox of the step that it belongs to.
    pub(crate) fn enclosed(&self, rt: &Runtime) -> Result<Envelope> {
        let envelope = Envelope::new(MessageKind::Command, IN_OUTBOX, self, &rt.service)?;
        Ok(Envelope { instance: rt.instance.clone(), ..envelope })
    }
    /// Whether a message of the outbox is one.
    pub(super) fn is_named(name: &str) -> bool {
        name == IN_OUTBOX
    }
}

/// The row of the inbox that says: this one was sent or cancelled.
fn op(id: &str) -> String {
    format!("schedule/{id}")
}

/// Tells the task that sends schedules that there is a new one.
#[derive(Default)]
pub(crate) struct Schedules {
    changed: Notify,
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
        let first = self.store.finish(&op(id), None, vec![]).await?;
        let Some(found) = found.filter(|s| s.body.is_some()) else { return Ok(false) };
        self.remove_schedule(id, found.version).await?;
        Ok(first)
    }

    /// Hands to the outbox what is due.
    pub(crate) async fn send_due(&self) -> Result<Due> {
        let mut sent = 0;
        loop {
            let query = Query { collection: SCHEDULES, sort: vec![(DUE, false)], limit: Some(BATCH as u64), ..Query::default() };
            let found = self.store.read(query).await?;
            let (full, now) = (found.len() == BATCH, self.delegate.now_ms());
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
        self.remove_schedule(&id, version).await?;
        Ok(first)
    }

    /// Somebody else may have removed it; that is as good.
    async fn remove_schedule(&self, id: &str, version: i64) -> Result<()> {
        let step = step(id, Guard::Version(version), now_ms().max(version + 1), None);
        self.store.write(step).await.map(drop)
    }

    /// Sends what falls due until it is dropped.
    pub(crate) async fn run_schedules(self: Arc<Self>) {
        loop {
            let wait = match self.send_due().await {
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

fn step(id: &str, guard: Guard, version: i64, body: Option<serde_json::Value>) -> Write {
    Write { collection: SCHEDULES, id: id.into(), guard, body, messages: vec![], op: None, version }
}

fn read(stored: Stored) -> Option<(Schedule, i64)> {
    let schedule = serde_json::from_value(stored.body.unwrap_or_default());
    schedule
        .map(|s| (s, stored.version))
        .inspect_err(|e| log::error!(id = stored.id.as_str(); "schedules: one cannot be read, it stays: {e}"))
        .ok()
}
