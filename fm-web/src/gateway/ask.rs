use super::{Answer, answer::Chunks, connector};
use crate::visit::Caller;
use actix_web::{
    body::SizedStream,
    dev::Payload,
    error::PayloadError,
    http::{
        Method,
        header::{self, HeaderName, HeaderValue},
    },
    web::Bytes,
};
use awc::error::{ConnectError, SendRequestError};
use fm_sdk::{Error, Kind, Result, ResultExt, trace};
use futures::{FutureExt, Stream};
use serde::Serialize;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// A page waits no longer for one of its parts.
const READ: Duration = Duration::from_secs(3);
/// What changes something may wait for other services.
const WRITE: Duration = Duration::from_secs(15);
/// Pictures may come over a slow line.
const UPLOAD: Duration = Duration::from_secs(600);
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
        let ask = self.traced();
        let deadline = Instant::now() + ask.within;
        let lost = match ask.once(deadline).await {
            Err(Some(e)) if ask.method == Method::GET && !refused(&e) => ask.once(deadline).await,
            other => other,
        };
        match lost {
            Ok(raw) => Answer::read(raw, deadline).await,
            Err(None) => Err(Error::timed_out(ask.method != Method::GET)),
            Err(Some(e)) => Err(away(&e)),
        }
    }

    /// Sends it with a body that is handed on while it comes, and waits as long as it keeps coming.
    ///
    /// # Errors
    /// Those of [`Ask::send`].
    pub async fn stream(
        self,
        media_type: &str,
        length: Option<u64>,
        body: impl Stream<Item = std::result::Result<Bytes, PayloadError>> + 'static,
    ) -> Result<Answer> {
        let ask = self.header(header::CONTENT_TYPE, media_type).traced();
        if let Some(unfit) = ask.unfit {
            return Err(unfit);
        }
        let deadline = Instant::now() + UPLOAD;
        let mut request = connector::client().request(ask.method.clone(), &ask.url);
        for (name, value) in &ask.headers {
            request = request.append_header((name, value));
        }
        let sent = match length {
            Some(length) => request.send_body(SizedStream::new(length, body)).boxed_local(),
            None => request.send_stream(body).boxed_local(),
        };
        match timeout_at(deadline, sent).await {
            Ok(Ok(raw)) => Answer::read(raw.map_body(|_, body| Payload::<Chunks>::Stream { payload: Box::pin(body) }), deadline).await,
            Ok(Err(e)) => Err(away(&e).maybe_done()),
            Err(_) => Err(Error::timed_out(true)),
        }
    }

    fn traced(mut self) -> Self {
        if let Some(trace) = trace::current().map(|t| t.child())
            && let Ok(value) = HeaderValue::from_str(&trace.to_string())
        {
            self.headers.push((TRACEPARENT, value));
        }
        self
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

/// awc's errors are not `Send`.
fn away(why: &SendRequestError) -> Error {
    let why = std::io::Error::other(why.to_string());
    Error::new(Kind::Unavailable, "gateway-away", "the gateway cannot be reached").caused_by(why)
}

/// Nobody listens there: asking again at once is of no use.
fn refused(error: &SendRequestError) -> bool {
    matches!(error, SendRequestError::Connect(e) if !matches!(e, ConnectError::Disconnected)) || matches!(error, SendRequestError::Url(_))
}
