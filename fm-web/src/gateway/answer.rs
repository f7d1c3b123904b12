use actix_web::{
    error::PayloadError,
    http::{
        StatusCode,
        header::{self, HeaderMap},
    },
    web::Bytes,
};
use fm_sdk::{
    Error, Kind, Result, ResultExt,
    http::problem::{Problem, kind_of},
};
use futures::Stream;
use serde::de::{DeserializeOwned, IgnoredAny};
use std::pin::Pin;
use tokio::time::{Instant, timeout_at};

pub(super) type Chunks = Pin<Box<dyn Stream<Item = std::result::Result<Bytes, PayloadError>>>>;

/// No page needs more of one answer; bytes.
const LARGEST: usize = 4 * 1024 * 1024;

/// An answer of the API, whole.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub(super) async fn read(mut raw: awc::ClientResponse<Chunks>, deadline: Instant) -> Result<Self> {
        let (status, headers) = (raw.status(), raw.headers().clone());
        match timeout_at(deadline, raw.body().limit(LARGEST)).await {
            Ok(Ok(body)) if status == StatusCode::NOT_MODIFIED || is_whole(&headers, &body) => Ok(Answer { status, headers, body }),
            Ok(Ok(_)) => Err(broken("the connection was closed within the body")),
            Ok(Err(e)) => Err(broken(e.to_string())),
            Err(_) => Err(Error::timed_out(true)),
        }
    }
    /// Gives the answer if its status is 2xx.
    ///
    /// # Errors
    /// The API's problem, with its class, code and fields.
    pub fn success(self) -> Result<Self> {
        if self.status.is_success() {
            return Ok(self);
        }
        let kind = if self.status.is_redirection() { Kind::Internal } else { kind_of(self.status) };
        let problem: Option<Problem> = serde_json::from_slice(&self.body).ok();
        let Some(problem) = problem.filter(|p| !p.code.is_empty()) else {
            return Err(Error::new(kind, "upstream", format!("the gateway answered {}", self.status)));
        };
        let error = Error::new(kind, problem.code, problem.detail).with_fields(problem.errors);
        let wait = self.headers.get("retry-after").and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok());
        Err(match wait {
            Some(seconds) => error.retry_after(seconds),
            None => error,
        })
    }
    /// Reads the body of a 2xx as JSON.
    ///
    /// # Errors
    /// Those of [`Answer::success`]; a body of another shape is a fault of ours.
    pub fn json<T: DeserializeOwned>(self) -> Result<T> {
        serde_json::from_slice(&self.success()?.body).internal()
    }
}

fn broken(why: impl Into<String>) -> Error {
    let why = std::io::Error::other(why.into());
    Error::new(Kind::Unavailable, "answer-broken", "the gateway's answer cannot be read").caused_by(why).maybe_done()
}

/// awc takes the end of a connection for the end of a body (RFC 9112, section 8, calls such a message incomplete). Of a body in chunks only
/// its content tells.
fn is_whole(headers: &HeaderMap, body: &[u8]) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    match text(header::CONTENT_LENGTH).and_then(|length| length.parse::<usize>().ok()) {
        Some(length) => body.len() == length,
        None => {
            !text(header::CONTENT_TYPE).is_some_and(|media| media.contains("json")) || serde_json::from_slice::<IgnoredAny>(body).is_ok()
        }
    }
}
