use super::{Answer, answer::Chunks, connector};
use crate::visit::Caller;
use actix_web::{
    dev::Payload,
    http::{
        Method,
        header::{self, HeaderName, HeaderValue},
    },
    web::Bytes,
};
use awc::error::{ConnectError, SendRequestError};
use fm_sdk::{Error, Kind, Result, ResultExt, trace};
use serde::Serialize;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// A page waits no longer for one of its parts.
const READ: Duration = Duration::from_secs(3);
/// What changes something may wait for other services.
const WRITE: Duration = Duration::from_secs(15);
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// A request to the API that has not been sent yet.
#[must_use = "a request does nothing until it is sent"]
pub struct Ask {
    method: Method,
    url: String,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
    within: Duration,
    unfit: Option<Error>,
}

impl Ask {
    pub(super) fn new(method: Method, url: String, caller: &Caller) -> Self {
        let within = if method == Method::GET { READ } else { WRITE };
        let mut ask = Ask { method, url, headers: Vec::new(), body: Bytes::new(), within, unfit: None }
            .header(header::X_FORWARDED_FOR, &caller.forwarded_for);
        if let Some(token) = &caller.token {
            ask = ask.header(header::AUTHORIZATION, &format!("Bearer {token}"));
        }
        ask
    }
    /// Appends a query, encoded already.
    pub fn query(mut self, query: &str) -> Self {
        if !query.is_empty() {
            self.url = format!("{}?{query}", self.url);
        }
        self
    }
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        match HeaderValue::from_str(value) {
            Ok(value) => self.headers.push((name, value)),
            Err(e) => self.unfit = Some(Error::new(Kind::Malformed, "header", "a header that is none").caused_by(e)),
        }
        self
    }
    /// Sets the body, as JSON.
    pub fn json(mut self, body: &impl Serialize) -> Self {
        match serde_json::to_vec(body).internal() {
            Ok(bytes) => self.body = bytes.into(),
            Err(e) => self.unfit = Some(e),
        }
        self.header(header::CONTENT_TYPE, "application/json")
    }
    /// Limits the time until the whole answer is there.
    pub fn within(mut self, time: Duration) -> Self {
        self.within = time;
        self
    }

    /// Sends it; a `GET` again if the connection was closed just then.
    ///
    /// # Errors
    /// `Unavailable` if the gateway cannot be reached, `TimedOut`. An answer of any status is no error: see [`Answer::success`].
    pub async fn send(mut self) -> Result<Answer> {
        if let Some(unfit) = self.unfit.take() {
            return Err(unfit);
        }
        if let Some(trace) = trace::current().map(|t| t.child())
            && let Ok(value) = HeaderValue::from_str(&trace.to_string())
        {
            self.headers.push((TRACEPARENT, value));
        }
        let deadline = Instant::now() + self.within;
        let lost = match self.once(deadline).await {
            Err(Some(e)) if self.method == Method::GET && !refused(&e) => self.once(deadline).await,
            other => other,
        };
        match lost {
            Ok(raw) => Answer::read(raw, deadline).await,
            Err(None) => Err(Error::timed_out(self.method != Method::GET)),
            // awc's errors are not `Send`.
            Err(Some(e)) => Err(Error::new(Kind::Unavailable, "gateway-away", "the gateway cannot be reached")
                .caused_by(std::io::Error::other(e.to_string()))),
        }
    }

    async fn once(&self, deadline: Instant) -> std::result::Result<awc::ClientResponse<Chunks>, Option<SendRequestError>> {
        let mut request = connector::client().request(self.method.clone(), &self.url);
        for (name, value) in &self.headers {
            request = request.append_header((name, value));
        }
        match timeout_at(deadline, request.send_body(self.body.clone())).await {
            Ok(Ok(raw)) => Ok(raw.map_body(|_, body| Payload::<Chunks>::Stream { payload: Box::pin(body) })),
            Ok(Err(e)) => Err(Some(e)),
            Err(_) => Err(None),
        }
    }
}

/// Nobody listens there: asking again at once is of no use.
fn refused(error: &SendRequestError) -> bool {
    matches!(error, SendRequestError::Connect(e) if !matches!(e, ConnectError::Disconnected)) || matches!(error, SendRequestError::Url(_))
}
