//! What another service answered.

use super::{Request, observer, request::Failure};
use crate::{Error, Kind, Result, ResultExt, http::problem};
use actix_web::{
    error::PayloadError,
    http::{
        Method, StatusCode,
        header::{self, HeaderMap},
    },
    web::Bytes,
};
use futures::Stream;
use serde::de::{DeserializeOwned, IgnoredAny};
use std::pin::Pin;
use tokio::time::{Instant, timeout_at};

/// awc's response, its body not read yet.
pub(super) type Raw = awc::ClientResponse<Chunks>;
pub(super) type Chunks = Pin<Box<dyn Stream<Item = std::result::Result<Bytes, PayloadError>>>>;

/// An answer, whole.
#[derive(Clone, Debug)]
pub struct Response {
    service: String,
    /// What was asked, where an observer is shown it.
    pub(crate) asked: Option<Box<Request>>,
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Response {
    pub(super) async fn read(mut raw: Raw, request: &Request, deadline: Instant) -> std::result::Result<Self, Failure> {
        let (status, headers) = (raw.status(), raw.headers().clone());
        let has_body = request.method != Method::HEAD && status != StatusCode::NOT_MODIFIED;
        let broken = |why: String| {
            let message = format!("the answer of {} cannot be read", request.service);
            Error::new(Kind::Unavailable, "unavailable", message).caused_by(std::io::Error::other(why))
        };
        match timeout_at(deadline, raw.body().limit(request.max_body)).await {
            Ok(Ok(body)) if !has_body || is_whole(&headers, &body) => {
                let answer = Response { service: request.service.clone(), asked: observer::asked(request), status, headers, body };
                observer::answered(&answer);
                Ok(answer)
            }
            Ok(Ok(_)) => Err(Failure::Unknown(broken("the connection was closed within the body".to_owned()))),
            Ok(Err(e @ PayloadError::Overflow)) => Err(Failure::Unfit(broken(e.to_string()).maybe_done())),
            Ok(Err(e)) => Err(Failure::Unknown(broken(e.to_string()))),
            Err(_) => Err(Failure::Late),
        }
    }
    /// Gives the answer if its status is 2xx.
    ///
    /// # Errors
    /// The other service's problem, with its class, code and fields; 3xx and 5xx become a fault of ours.
    pub fn success(self) -> Result<Self> {
        if self.status.is_success() {
            return Ok(self);
        }
        let kind = if self.status.is_redirection() { Kind::Internal } else { problem::kind_of(self.status) };
        let problem: Option<problem::Problem> = serde_json::from_slice(&self.body).ok();
        let Some(problem) = problem.filter(|p| !p.code.is_empty()) else {
            return Err(Error::new(kind, "upstream", format!("{} answered {}", self.service, self.status)).of_another_service());
        };
        let mut error = Error::new(kind, problem.code, problem.detail).with_fields(problem.errors).of_another_service();
        let wait = self.headers.get("retry-after").and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok());
        if let Some(seconds) = wait {
            error = error.retry_after(seconds);
        }
        Err(error)
    }
    /// Reads the body of a 2xx as JSON.
    ///
    /// # Errors
    /// Those of [`Response::success`]; a body of another shape is a fault of ours.
    pub fn json<T: DeserializeOwned>(self) -> Result<T> {
        let answer = self.success()?;
        observer::read::<T>(&answer);
        serde_json::from_slice(&answer.body).internal()
    }
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
