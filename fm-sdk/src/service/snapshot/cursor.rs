use crate::{
    Result, ResultExt,
    store::{Driver, Guard, SNAPSHOTS, Spec, Write, Written},
    time::now_ms,
};
use serde::{Deserialize, Serialize};

/// How far a subscriber is with the snapshot of one event; a document of its store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cursor {
    /// The event.
    pub id: String,
    /// When it was begun, in milliseconds since the Unix epoch.
    pub began_ms: i64,
    /// The last document of the pages that are done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// No document that was taken had a newer version than this.
    pub newest: i64,
    /// All pages are done.
    pub done: bool,
    /// The version of this document in the store; 0 = it is not there yet.
    #[serde(skip)]
    version: i64,
    /// Whether this document is there.
    #[serde(skip)]
    stored: bool,
}

impl Cursor {
    pub const SPEC: Spec = Spec { collection: SNAPSHOTS, indexes: &[] };

    /// The one in the store, or one that begins now.
    pub async fn read(store: &dyn Driver, event: &str) -> Result<Cursor> {
        let found = store.peek(SNAPSHOTS, event, None).await?;
        let version = found.as_ref().map_or(0, |stored| stored.version);
        let Some(body) = found.and_then(|stored| stored.body) else {
            let id = event.to_owned();
            return Ok(Cursor { id, began_ms: now_ms(), after: None, newest: i64::MIN, done: false, version, stored: false });
        };
        let cursor: Cursor = serde_json::from_value(body).internal()?;
        Ok(Cursor { version, stored: true, ..cursor })
    }

    /// Keeps it. `false` = another instance was faster: read it again.
    pub async fn write(&mut self, store: &dyn Driver) -> Result<bool> {
        let guard = if self.stored { Guard::Version(self.version) } else { Guard::Absent };
        let version = now_ms().max(self.version + 1);
        let body = Some(serde_json::to_value(&*self).internal()?);
        let write = Write { collection: SNAPSHOTS, id: self.id.clone(), guard, body, messages: vec![], op: None, version };
        let done = store.write(write).await? == Written::Done;
        if done {
            (self.version, self.stored) = (version, true);
        }
        Ok(done)
    }
}
