//! The one error type: a kind for machines, a code for clients, a message for people, a source for the log.

use serde::{Deserialize, Serialize};
use std::{borrow::Cow, sync::Arc};

/// What most functions of the SDK and of a service give.
pub type Result<T> = std::result::Result<T, Error>;
/// What a call handler gives; an `Err` reaches the caller as a typed fault.
pub type Reply<T> = Result<T>;
/// What an event or command handler gives: `Ok` = done, `Err` = tried again with back-off, `Err(reject(..))` = a dead letter at once.
pub type Handled = Result<()>;

/// The class of an error. It decides the HTTP status and whether trying again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// The request cannot be read: bad JSON, unknown field, wrong type. 400.
    Malformed,
    /// The request can be read, its values are out of their limits. 422.
    Invalid,
    /// Nobody is signed in, or the token is not to be trusted. 401.
    Unauthenticated,
    /// Known, but may not. 403.
    Forbidden,
    /// 404.
    NotFound,
    /// Something of that name or key exists already. 409.
    Conflict,
    /// Somebody else changed it in between. 412.
    Stale,
    /// The body is larger than allowed. 413.
    TooLarge,
    /// The content type is not understood. 415.
    Unsupported,
    /// Too many requests. 429.
    Throttled,
    /// No service answers to this name. 503.
    Unroutable,
    /// A part that is needed is unreachable at the moment. 503.
    Unavailable,
    /// The deadline passed. 504.
    TimedOut,
    /// A fault of ours. 500; the message stays in the log.
    Internal,
}

/// One field of a request and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// The field's name as the client sent it, with dots and indexes for nested ones (`images[2].key`).
    pub field: String,
    /// A sentence for people.
    pub message: String,
}

/// Everything that can go wrong, in one type.
#[derive(Clone, thiserror::Error)]
#[error(transparent)]
pub struct Error(Box<Inner>);

#[derive(Clone, Debug, thiserror::Error)]
#[error("{message} [{code}]")]
struct Inner {
    kind: Kind,
    code: Cow<'static, str>,
    message: String,
    fields: Vec<FieldError>,
    permanent: bool,
    may_be_done: bool,
    retry_after: Option<u64>,
    #[source]
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

/// What of an error leaves the process: travels as the fault of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The class.
    pub kind: Kind,
    /// The stable code.
    pub code: String,
    /// A sentence for people; `internal error` where the real one is not for strangers.
    pub message: String,
    /// What is wrong with single fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

/// Rejects a message: it becomes a dead letter at once, because no retry can help.
pub fn reject(why: impl Into<String>) -> Error {
    Error::new(Kind::Invalid, "rejected", why).permanent()
}

impl Error {
    /// Makes an error of a kind, with a stable lower-case code (`not-owner`) and a sentence for people.
    ///
    /// `Forbidden` is final: a message that acts for the wrong caller does so at every attempt, so it becomes a dead letter at once.
    pub fn new(kind: Kind, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Error(Box::new(Inner {
            kind,
            code: code.into(),
            message: message.into(),
            fields: Vec::new(),
            permanent: kind == Kind::Forbidden,
            may_be_done: false,
            retry_after: None,
            source: None,
        }))
    }
    /// Says that nothing of this kind exists; `code` names it (`car-unknown`).
    pub fn not_found(code: impl Into<Cow<'static, str>>) -> Self {
        Error::new(Kind::NotFound, code, "not found")
    }
    /// Says what is wrong with each field. 422, code `invalid`.
    pub fn invalid(fields: Vec<FieldError>) -> Self {
        let list = fields.iter().map(|f| format!("{}: {}", f.field, f.message)).collect::<Vec<_>>().join("; ");
        Error::new(Kind::Invalid, "invalid", list).with_fields(fields)
    }
    /// Says what is wrong with one field. 422, code `invalid`.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Error::invalid(vec![FieldError { field: field.into(), message: message.into() }])
    }
    /// Says that a deadline passed; `may_be_done` tells whether the other side may have done it.
    pub fn timed_out(may_be_done: bool) -> Self {
        let mut e = Error::new(Kind::TimedOut, "deadline", "the deadline passed");
        e.0.may_be_done = may_be_done;
        e
    }
    /// Keeps the error that led to this one, for the log.
    #[must_use]
    pub fn caused_by(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.0.source = Some(Arc::new(source));
        self
    }
    /// Adds messages per field.
    #[must_use]
    pub fn with_fields(mut self, fields: Vec<FieldError>) -> Self {
        self.0.fields = fields;
        self
    }
    /// Tells the client after how many seconds to try again (`Retry-After`).
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.0.retry_after = Some(seconds);
        self
    }
    /// Says that the other side may have done it all the same: it was sent, and no answer came.
    #[must_use]
    pub fn maybe_done(mut self) -> Self {
        self.0.may_be_done = true;
        self
    }
    /// Marks the error as permanent: no retry can help, the message becomes a dead letter at once.
    #[must_use]
    pub fn permanent(mut self) -> Self {
        self.0.permanent = true;
        self
    }
    /// Says that another service gave this error: what it refuses now it may allow later.
    pub(crate) fn of_another_service(mut self) -> Self {
        self.0.permanent = false;
        self
    }
    /// The class.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }
    /// The stable code.
    pub fn code(&self) -> &str {
        &self.0.code
    }
    /// The sentence for people, also where it must not leave the process.
    pub fn message(&self) -> &str {
        &self.0.message
    }
    /// What is wrong with single fields.
    pub fn fields(&self) -> &[FieldError] {
        &self.0.fields
    }
    /// Whether no retry can help: the message that met this error becomes a dead letter at once.
    pub fn is_permanent(&self) -> bool {
        self.0.permanent
    }
    /// After a `TimedOut` or `Unavailable`: may the other side have done it?
    pub fn may_have_been_done(&self) -> bool {
        self.0.may_be_done
    }
    /// Seconds after which to try again, if that is known.
    pub fn retry_after_secs(&self) -> Option<u64> {
        self.0.retry_after
    }
    /// What may leave the process: an internal error keeps its message to itself.
    pub fn fault(&self) -> Fault {
        let message = if self.0.kind == Kind::Internal { "internal error".into() } else { self.0.message.clone() };
        Fault { kind: self.0.kind, code: self.0.code.to_string(), message, errors: self.0.fields.clone() }
    }
    /// The error and its sources, outermost first, for logs and dead letters. A source that is quoted before is left out.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut next = std::error::Error::source(self);
        while let Some(e) = next {
            let source = e.to_string();
            if !text.contains(&source) {
                text.push_str(": ");
                text.push_str(&source);
            }
            next = e.source();
        }
        text
    }
}

impl std::fmt::Debug for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}: {}", self.0.kind, self.chain())
    }
}

impl From<Fault> for Error {
    fn from(f: Fault) -> Self {
        Error::new(f.kind, f.code, f.message).with_fields(f.errors).of_another_service()
    }
}

/// Turns foreign errors into ours, on purpose and in one word.
pub trait ResultExt<T> {
    /// A fault of ours: 500, logged with its source.
    fn internal(self) -> Result<T>;
    /// A part that is needed is unreachable: 503, tried again.
    fn unavailable(self, what: &'static str) -> Result<T>;
    /// A permanent error: no retry can help, the message becomes a dead letter.
    fn or_reject(self) -> Result<T>;
}
impl<T, E: std::error::Error + Send + Sync + 'static> ResultExt<T> for std::result::Result<T, E> {
    fn internal(self) -> Result<T> {
        self.map_err(|e| Error::new(Kind::Internal, "internal", "internal error").caused_by(e))
    }
    fn unavailable(self, what: &'static str) -> Result<T> {
        self.map_err(|e| Error::new(Kind::Unavailable, "unavailable", format!("{what} is not available")).caused_by(e))
    }
    fn or_reject(self) -> Result<T> {
        self.map_err(|e| reject("cannot be handled").caused_by(e))
    }
}
