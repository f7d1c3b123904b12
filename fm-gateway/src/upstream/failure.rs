//! Why a call to an upstream came to nothing.

use actix_http::error::PayloadError;
use std::io;

/// What went wrong, and with whom.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("cannot connect: {0}")]
    Connect(io::Error),
    #[error("no connection within the time limit")]
    ConnectTimeout,
    #[error("too many requests are under way to this upstream")]
    Busy,
    /// The connection ended before the answer's head was there.
    #[error("the upstream closed the connection: {0}")]
    Broken(io::Error),
    #[error("the upstream did not answer in time")]
    HeadTimeout,
    /// It went to an instance that hangs, because all others do, too.
    #[error("no instance answers")]
    AllSilent,
    #[error("the upstream stopped in the middle of its answer")]
    BodyTimeout,
    #[error("the upstream's answer ends too early: {0}")]
    Truncated(io::Error),
    #[error("the upstream's answer breaks HTTP: {0}")]
    BadAnswer(&'static str),
    #[error("the client stopped sending: {0}")]
    Client(PayloadError),
    #[error("the client sends too slowly")]
    ClientTimeout,
    #[error("the request body is too large")]
    TooLarge,
}

impl Failure {
    /// Whether the upstream is to blame, so that another instance may do better.
    pub fn blames_upstream(&self) -> bool {
        !matches!(self, Failure::Client(_) | Failure::ClientTimeout | Failure::TooLarge | Failure::Busy | Failure::AllSilent)
    }
    /// Whether surely nothing of the request has reached the upstream.
    pub fn nothing_sent(&self) -> bool {
        matches!(self, Failure::Connect(_) | Failure::ConnectTimeout)
    }
    /// Stable and lower-case, for metrics and logs.
    pub fn reason(&self) -> &'static str {
        match self {
            Failure::Connect(_) => "connect",
            Failure::ConnectTimeout => "connect-timeout",
            Failure::Busy => "busy",
            Failure::Broken(_) => "broken",
            Failure::HeadTimeout => "head-timeout",
            Failure::AllSilent => "all-silent",
            Failure::BodyTimeout => "body-timeout",
            Failure::Truncated(_) => "truncated",
            Failure::BadAnswer(_) => "bad-answer",
            Failure::Client(_) => "client",
            Failure::ClientTimeout => "client-timeout",
            Failure::TooLarge => "too-large",
        }
    }
}

pub(super) fn eof() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "closed")
}
