use crate::{Error, Kind, Result, ResultExt};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The three kinds of message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// Something happened; many may listen.
    Event,
    /// Do this; one owner; must happen.
    Command,
    /// A request with a reply and a deadline.
    Call,
}

/// The document whose change caused a message, and its version after the change: lets a reader drop what is older than what it knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// `collection/id`.
    pub document: String,
    /// Grows with every change of the document.
    pub version: i64,
}

/// What travels. Serialisable as it is, because the outbox stores it; the body's bytes are frozen when it is made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    /// Unique; the inbox of a receiver knows a message by it. A copy that is tried again keeps it.
    pub id: String,
    /// Event, command or call.
    pub kind: MessageKind,
    /// `thing.happened` for an event, `service/verb` for a command or call.
    pub name: String,
    /// JSON text.
    pub body: String,
    /// The service that sent it.
    pub source: String,
    /// The instance of that service that sent it, and that relays it from the outbox.
    #[serde(default)]
    pub instance: String,
    /// When it was made, in milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// For a call the caller's access token; for an event or a command a delegation token bound to this very message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// W3C `traceparent` of the request or message that caused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
    /// The document whose change caused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
    /// 1 at first; one more each time a handler failed.
    pub attempt: u32,
}

impl Envelope {
    /// Puts a message into an envelope of its own: new id (UUIDv7, RFC 9562), first attempt, no token.
    pub fn new<T: Serialize>(kind: MessageKind, name: &str, body: &T, source: &str) -> Result<Self> {
        Ok(Envelope {
            id: uuid::Uuid::now_v7().to_string(),
            kind,
            name: name.into(),
            body: serde_json::to_string(body).internal()?,
            source: source.into(),
            instance: String::new(),
            at_ms: crate::time::now_ms(),
            token: None,
            trace: None,
            subject: None,
            attempt: 1,
        })
    }
    /// Reads the body.
    ///
    /// # Errors
    /// `undecodable`, permanent: another try will not decode it either.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_str(&self.body).map_err(|e| Error::new(Kind::Malformed, "undecodable", format!("{}: {e}", self.name)).permanent())
    }
}
