//! Attributes of spans: keys of the semantic conventions, and values that are cheap to copy.

use serde::{Serialize, Serializer};
use std::{fmt, sync::Arc};

/// Keys of attributes. Those that begin with `fm.` are our own.
pub mod key {
    /// The class of an error: a stable code, or the HTTP status.
    pub const ERROR_TYPE: &str = "error.type";
    /// `GET`, ..; `_OTHER` for a method that is none.
    pub const HTTP_METHOD: &str = "http.request.method";
    /// Which attempt of a request this is; absent for the first.
    pub const HTTP_RESEND_COUNT: &str = "http.request.resend_count";
    /// The pattern that matched, never the path.
    pub const HTTP_ROUTE: &str = "http.route";
    /// The status of the response.
    pub const HTTP_STATUS: &str = "http.response.status_code";
    /// The service that is asked.
    pub const PEER_SERVICE: &str = "service.peer.name";
    /// The instance of it.
    pub const PEER_INSTANCE: &str = "fm.peer.instance";
    /// `rabbitmq`, or `memory`.
    pub const MESSAGING_SYSTEM: &str = "messaging.system";
    /// `send` or `process`.
    pub const MESSAGING_OPERATION: &str = "messaging.operation.type";
    /// The message's name.
    pub const MESSAGING_DESTINATION: &str = "messaging.destination.name";
    /// The message's id, the same at every attempt.
    pub const MESSAGING_ID: &str = "messaging.message.id";
    /// The service whose instances share the messages.
    pub const MESSAGING_GROUP: &str = "messaging.consumer.group.name";
    /// Which attempt of a handler this is; 1 = the first.
    pub const MESSAGING_ATTEMPT: &str = "fm.messaging.attempt";
    /// How a handler ended: `ack`, `reply`, `fault`, `retry`, `dead_letter` or `dropped`.
    pub const MESSAGING_OUTCOME: &str = "fm.messaging.outcome";
    /// How long a message waited in the outbox, in milliseconds.
    pub const OUTBOX_WAIT: &str = "fm.outbox.wait_ms";
    /// `mongodb` or `sqlite`.
    pub const DB_SYSTEM: &str = "db.system.name";
    /// `find`, `insert`, ..
    pub const DB_OPERATION: &str = "db.operation.name";
    /// The collection.
    pub const DB_COLLECTION: &str = "db.collection.name";
    /// The plugin of the gateway.
    pub const PLUGIN: &str = "fm.plugin";
    /// Whoever waited for it was gone before its end.
    pub const CANCELLED: &str = "fm.cancelled";
}

/// A text that is cheap to clone.
#[derive(Clone)]
pub enum Text {
    /// Known when the program was built.
    Static(&'static str),
    /// Made at run time, shared between a span's name and its attributes.
    Shared(Arc<str>),
}

impl Text {
    /// Gives the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Text::Static(text) => text,
            Text::Shared(text) => text,
        }
    }
    /// Gives the bytes that it holds on the heap; shared ones are counted by each holder.
    pub(super) fn heap(&self) -> usize {
        match self {
            Text::Static(_) => 0,
            Text::Shared(text) => text.len() + 2 * size_of::<usize>(),
        }
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}
impl Eq for Text {}
impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}
impl From<&'static str> for Text {
    fn from(text: &'static str) -> Self {
        Text::Static(text)
    }
}
impl From<String> for Text {
    fn from(text: String) -> Self {
        Text::Shared(text.into())
    }
}
impl From<Arc<str>> for Text {
    fn from(text: Arc<str>) -> Self {
        Text::Shared(text)
    }
}
impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// A text.
    Text(Text),
    /// A number.
    Int(i64),
    /// Yes or no.
    Bool(bool),
}

impl Value {
    pub(super) fn heap(&self) -> usize {
        if let Value::Text(text) = self { text.heap() } else { 0 }
    }
}
impl<T: Into<Text>> From<T> for Value {
    fn from(text: T) -> Self {
        Value::Text(text.into())
    }
}
impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Value::Int(number)
    }
}
impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Value::Int(number.into())
    }
}
impl From<u16> for Value {
    fn from(number: u16) -> Self {
        Value::Int(number.into())
    }
}
impl From<bool> for Value {
    fn from(yes: bool) -> Self {
        Value::Bool(yes)
    }
}
