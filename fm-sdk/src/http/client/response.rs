//! What another service answered.

use crate::{Error, Kind, Result, ResultExt, http::problem};
use actix_web::{
    error::PayloadError,
    http::{StatusCode, header::HeaderMap},
    web::Bytes,
};
use futures::Stream;
use serde::de::DeserializeOwned;
use std::pin::Pin;
use tokio::time::{Instant, timeout_at};

/// awc's response, its body not read yet.
pub(super) type Raw = awc::ClientResponse<Chunks>;
pub(super) type Chunks = Pin<Box<dyn Stream<Item = std::result::Result<Bytes, PayloadError>>>>;

/// An answer, whole.
#[derive(Clone, Debug)]
pub struct Response {
    service: String,
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Response {
    pub(super) async fn read(mut raw: Raw, service: String, at_most: usize, deadline: Instant) -> Result<Self> {
        let (status, headers) = (raw.status(), raw.headers().clone());
        let body = match timeout_at(deadline, raw.body().limit(at_most)).await {
            Ok(Ok(body)) => body,
            Ok(Err(e)) => {
                let message = format!("the answer of {service} cannot be read");
                return Err(Error::new(Kind::Unavailable, "unavailable", message)
                    .caused_by(std::io::Error::other(e.to_string()))
                    .maybe_done());
            }
            Err(_) => return Err(Error::timed_out(true)),
        };
        Ok(Response { service, status, headers, body })
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
        serde_json::from_slice(&self.success()?.body).internal()
    }
}
