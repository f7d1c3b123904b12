//! Why a call to an upstream came to nothing.

use crate::front::BodyError;
use h2::Reason;
use std::{borrow::Cow, error::Error, io, iter};

/// What went wrong, and with whom.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("cannot connect: {0}")]
    Connect(io::Error),
    #[error("no connection within the time limit")]
    ConnectTimeout,
    /// No handshake, or a certificate that is not to be trusted.
    #[error("no TLS: {0}")]
    Tls(io::Error),
    #[error("too many requests are under way to this upstream")]
    Busy,
    /// The connection ended before the answer's head was there.
    #[error("the upstream closed the connection: {0}")]
    Broken(io::Error),
    /// It says so itself: by GOAWAY, or a stream that it has refused (RFC 9113, 8.7).
    #[error("the upstream has not processed the request: {0}")]
    Unprocessed(io::Error),
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
    BadAnswer(Cow<'static, str>),
    #[error("the request cannot be written")]
    Unsendable,
    #[error("the client stopped sending: {0}")]
    Client(BodyError),
    #[error("the client sends too slowly")]
    ClientTimeout,
    #[error("the request body is too large")]
    TooLarge,
}

impl Failure {
    /// Why a request got no answer.
    pub(super) fn of_head(error: hyper::Error) -> Failure {
        if error.is_parse() || error.is_parse_too_large() || error.is_parse_status() {
            return Failure::BadAnswer(error.to_string().into());
        }
        match http2_cause(&error) {
            Some(cause) if cause.is_remote() && (cause.is_go_away() || cause.reason() == Some(Reason::REFUSED_STREAM)) => {
                Failure::Unprocessed(io::Error::other(error))
            }
            Some(cause) if cause.is_library() => Failure::BadAnswer(cause.to_string().into()),
            _ => Failure::Broken(io::Error::other(error)),
        }
    }

    /// Why the body of an answer did not come to its end.
    pub(super) fn of_body(error: hyper::Error) -> Failure {
        match http2_cause(&error) {
            Some(cause) if cause.is_library() => return Failure::BadAnswer(cause.to_string().into()),
            Some(cause) if !cause.is_io() => return Failure::Truncated(io::Error::other(error)),
            _ => {}
        }
        match error.source().and_then(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind) {
            Some(io::ErrorKind::UnexpectedEof) => Failure::Truncated(io::Error::other(error)),
            Some(io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData) => Failure::BadAnswer(error.to_string().into()),
            _ if error.is_incomplete_message() => Failure::Truncated(io::Error::other(error)),
            _ => Failure::Broken(io::Error::other(error)),
        }
    }

    /// Whether the upstream is to blame, so that another instance may do better.
    pub fn blames_upstream(&self) -> bool {
        !matches!(
            self,
            Failure::Client(_) | Failure::ClientTimeout | Failure::TooLarge | Failure::Busy | Failure::AllSilent | Failure::Unsendable
        )
    }
    /// Whether surely nothing of the request has reached the upstream, or it has looked at nothing of it.
    pub fn nothing_sent(&self) -> bool {
        matches!(self, Failure::Connect(_) | Failure::ConnectTimeout | Failure::Tls(_) | Failure::Unprocessed(_))
    }
    /// Stable and lower-case, for metrics and logs.
    pub fn reason(&self) -> &'static str {
        match self {
            Failure::Connect(_) => "connect",
            Failure::ConnectTimeout => "connect-timeout",
            Failure::Tls(_) => "tls",
            Failure::Busy => "busy",
            Failure::Broken(_) => "broken",
            Failure::Unprocessed(_) => "unprocessed",
            Failure::HeadTimeout => "head-timeout",
            Failure::AllSilent => "all-silent",
            Failure::BodyTimeout => "body-timeout",
            Failure::Truncated(_) => "truncated",
            Failure::BadAnswer(_) => "bad-answer",
            Failure::Unsendable => "unsendable",
            Failure::Client(_) => "client",
            Failure::ClientTimeout => "client-timeout",
            Failure::TooLarge => "too-large",
        }
    }
}

/// What HTTP/2 says of an error.
pub(super) fn http2_cause(error: &hyper::Error) -> Option<&h2::Error> {
    iter::successors(error.source(), |&cause| cause.source()).find_map(|cause| cause.downcast_ref())
}
