use crate::{
    Envelope, MessageKind, Result, Runtime,
    store::{Driver, Guard, Index, Query, SCHEDULES, Spec, Stored, Write},
    time::now_ms,
};
use serde::{Deserialize, Serialize};

/// What a schedule is called while it lies in the outbox of a step. No service answers to it: an older version that finds one keeps it.
const IN_OUTBOX: &str = "fm.schedule";
/// What schedules are read by, in order.
const DUE: &str = "due_ms";

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

impl Schedule {
    pub(crate) const SPEC: Spec = Spec { collection: SCHEDULES, indexes: &[Index { field: DUE, unique: false }] };

    /// The same under another key, which is the message's id.
    pub(crate) fn under(mut self, key: &str) -> Self {
        self.id = key.into();
        self.message.id = key.into();
        self
    }
    /// Puts it into an envelope for the outbox of the step that it belongs to.
    pub(crate) fn enclosed(&self, rt: &Runtime) -> Result<Envelope> {
        let envelope = Envelope::new(MessageKind::Command, IN_OUTBOX, self, &rt.service)?;
        Ok(Envelope { instance: rt.instance.clone(), ..envelope })
    }
    /// Whether a message of the outbox is one.
    pub(in crate::runtime) fn is_named(name: &str) -> bool {
        name == IN_OUTBOX
    }
}

/// The row of the inbox that says: this one was sent or cancelled.
pub(super) fn op(id: &str) -> String {
    format!("schedule/{id}")
}

/// The schedules that are due first.
pub(crate) fn earliest(limit: u64) -> Query {
    Query { collection: SCHEDULES, sort: vec![(DUE, false)], limit: Some(limit), ..Query::default() }
}

/// Cancels a schedule, of which `found` is what the store has. Gives whether the message was still to come, and now will not.
pub(crate) async fn cancel(store: &dyn Driver, id: &str, found: Option<Stored>) -> Result<bool> {
    let first = store.finish(&op(id), None, vec![]).await?;
    let Some(found) = found.filter(|s| s.body.is_some()) else { return Ok(false) };
    remove(store, id, found.version).await?;
    Ok(first)
}

/// Somebody else may have removed it; that is as good.
pub(super) async fn remove(store: &dyn Driver, id: &str, version: i64) -> Result<()> {
    let step = step(id, Guard::Version(version), now_ms().max(version + 1), None);
    store.write(step).await.map(drop)
}

pub(super) fn step(id: &str, guard: Guard, version: i64, body: Option<serde_json::Value>) -> Write {
    Write { collection: SCHEDULES, id: id.into(), guard, body, messages: vec![], op: None, version }
}

/// The schedule and its version.
pub(crate) fn read(stored: Stored) -> Option<(Schedule, i64)> {
    let schedule = serde_json::from_value(stored.body.unwrap_or_default());
    schedule
        .map(|s| (s, stored.version))
        .inspect_err(|e| log::error!(id = stored.id.as_str(); "schedules: scheduled message cannot be decoded, leaving it: {e}"))
        .ok()
}
