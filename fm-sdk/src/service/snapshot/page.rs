use crate::Envelope;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

/// Asks the owner of an event for the next page of its snapshot.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PageRequest {
    /// The last document of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// Events, each about one document, in order of the documents' ids.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Page {
    /// Signed by the owner as if it had just published them. The id of each is derived from document and version.
    pub messages: Vec<Envelope>,
    /// Where the next page begins; `None` = this was the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The call by which a service serves its snapshot of an event. Names of handlers live as long as the process, so each is made once.
pub(crate) fn call_name(owner: &str, event: &str) -> &'static str {
    static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let name = format!("{owner}/snapshot-{event}");
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = names.get(name.as_str()) {
        return known;
    }
    let name: &'static str = name.leak();
    names.insert(name);
    name
}
