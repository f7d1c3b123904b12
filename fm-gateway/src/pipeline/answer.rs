//! What goes back to the client.

use super::transform::{BodyTransform, Transformed};
use crate::upstream::BodyStream;
use bytes::Bytes;
use fm_sdk::{
    Error, Kind,
    http::{Problem, problem},
    trace::TraceParent,
};
use futures::future::LocalBoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use std::{
    any::Any,
    io, mem,
    task::{Context, Poll},
};

/// An answer whose body may still be on its way.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Body,
    /// What the body says, if it is a problem of the gateway's own: people get it as a page.
    pub problem: Option<Box<Problem>>,
}

/// The body of an answer.
pub enum Body {
    Bytes(Bytes),
    /// No body, but the length that it would have: HEAD, 304.
    WouldBe(Option<u64>),
    Upstream(Box<BodyStream>),
    /// A stream without an end of its own: it ends when the future does.
    Events(Box<BodyStream>, LocalBoxFuture<'static, ()>),
    /// Another body that a step changes while it passes: see [`Body::transform`].
    Transformed(Box<Transformed>),
}

impl Body {
    /// Bytes of the body, as far as they are known beforehand.
    pub fn length(&self) -> Option<u64> {
        match self {
            Body::Bytes(bytes) => Some(bytes.len() as u64),
            Body::WouldBe(_) => Some(0),
            Body::Upstream(stream) | Body::Events(stream, _) => stream.length(),
            Body::Transformed(transformed) => transformed.length(),
        }
    }

    /// Lets the bytes pass through something that changes them on the way. What is not sent (HEAD, 304) stays as it is.
    #[must_use]
    pub fn transform(self, transform: impl BodyTransform) -> Self {
        match self {
            Body::WouldBe(length) => Body::WouldBe(length),
            body => Body::Transformed(Box::new(Transformed::new(body, transform))),
        }
    }

    /// Whether it has no end of its own.
    pub fn is_events(&self) -> bool {
        match self {
            Body::Events(..) => true,
            Body::Transformed(transformed) => transformed.body.is_events(),
            _ => false,
        }
    }

    /// Whether it ends with its connection, so that nobody can tell its end from a cut.
    pub fn ends_in_doubt(&self) -> bool {
        match self {
            Body::Upstream(stream) => stream.ends_with_connection(),
            Body::Transformed(transformed) => transformed.body.ends_in_doubt(),
            _ => false,
        }
    }

    /// Gives the trailers, once all bytes have been given.
    pub fn take_trailers(&mut self) -> Option<HeaderMap> {
        match self {
            Body::Upstream(stream) | Body::Events(stream, _) => stream.take_trailers(),
            Body::Transformed(transformed) => transformed.take_trailers(),
            Body::Bytes(_) | Body::WouldBe(_) => None,
        }
    }

    /// Whether all has been given, trailers as well.
    pub fn is_ended(&self) -> bool {
        match self {
            Body::Bytes(rest) => rest.is_empty(),
            Body::WouldBe(_) => true,
            Body::Upstream(stream) => stream.is_ended(),
            Body::Events(..) => false,
            Body::Transformed(transformed) => transformed.is_ended(),
        }
    }

    /// Holds something as long as a stream lasts.
    pub(crate) fn hold(&mut self, what: impl Any) {
        match self {
            Body::Upstream(stream) | Body::Events(stream, _) => stream.hold(what),
            Body::Transformed(transformed) => transformed.body.hold(what),
            Body::Bytes(_) | Body::WouldBe(_) => {}
        }
    }

    /// Gives the next piece.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        let polled = match self {
            Body::Bytes(bytes) if !bytes.is_empty() => return Poll::Ready(Some(Ok(mem::take(bytes)))),
            Body::Bytes(_) | Body::WouldBe(_) => return Poll::Ready(None),
            Body::Upstream(stream) => stream.poll_next(cx),
            Body::Events(stream, leave) => match leave.as_mut().poll(cx) {
                Poll::Ready(()) => {
                    *self = Body::Bytes(Bytes::new());
                    return Poll::Ready(None);
                }
                Poll::Pending => stream.poll_next(cx),
            },
            Body::Transformed(transformed) => return transformed.poll_next(cx),
        };
        polled.map(|piece| piece.map(|result| result.map_err(io::Error::other)))
    }
}

impl Answer {
    /// Makes an answer of a media type and bytes, which is taken for nothing else.
    pub fn new(status: StatusCode, media_type: &'static str, body: impl Into<Bytes>) -> Self {
        let mut headers = HeaderMap::with_capacity(4);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        Answer { status, headers, body: Body::Bytes(body.into()), problem: None }
    }

    /// Makes the answer of an upstream.
    pub fn of_upstream(status: StatusCode, headers: HeaderMap, body: Body) -> Self {
        Answer { status, headers, body, problem: None }
    }

    /// Makes the answer to an error, as a problem (RFC 9457). What is not for strangers stays in the log.
    pub fn problem(error: &Error, trace: &TraceParent) -> Self {
        let status = status_of(error.kind());
        let mut answer = Answer::problem_as(status, error, trace);
        if let Some(seconds) = error.retry_after_secs() {
            answer.headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if error.kind() == Kind::Unauthenticated {
            // RFC 6750, section 3: say more only if there was a token.
            let bad = error.code() != "token-missing" && error.code().starts_with("token-");
            let challenge = if bad { "Bearer error=\"invalid_token\"" } else { "Bearer" };
            answer.headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        answer
    }

    /// Makes the answer to an error with a status that its kind does not name.
    pub fn problem_as(status: StatusCode, error: &Error, trace: &TraceParent) -> Self {
        let fault = error.fault();
        let problem = Problem {
            kind: "about:blank".into(),
            title: status.canonical_reason().unwrap_or("Error").into(),
            status: status.as_u16(),
            detail: fault.message,
            code: fault.code,
            trace_id: trace.trace_id(),
            errors: fault.errors,
        };
        let mut answer = Answer::new(status, problem::MEDIA_TYPE, serde_json::to_vec(&problem).unwrap_or_default());
        answer.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        answer.problem = Some(Box::new(problem));
        answer
    }

    /// Adds a header, in place of those of that name.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }
}

/// The status of a kind of error, in the types of this version of `http`.
fn status_of(kind: Kind) -> StatusCode {
    StatusCode::from_u16(problem::status_of(kind).as_u16()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
