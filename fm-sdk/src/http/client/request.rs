//! A request to another service.

use super::{
    super::observe,
    Client, Response,
    attempts::{Target, Targets},
    observer,
    response::Chunks,
};
use crate::{
    Error, Identity, Kind, Result, ResultExt,
    registry::balance::RequestOutcome,
    trace::{self, Span, SpanKind, key},
};
use actix_web::{
    body::SizedStream,
    dev::Payload,
    error::PayloadError,
    http::{
        Method,
        header::{self, HeaderMap, HeaderValue, TryIntoHeaderPair},
    },
    web::Bytes,
};
use awc::{
    SendClientRequest,
    error::{ConnectError, SendRequestError},
};
use futures::Stream;
use serde::Serialize;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// A request that has not been sent yet.
#[must_use = "a request does nothing until it is sent"]
#[derive(Clone, Debug)]
pub struct Request {
    pub(super) client: Client,
    pub(crate) method: Method,
    pub(crate) service: String,
    /// With the query.
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    /// Empty if it is handed on while it comes.
    pub(crate) body: Bytes,
    pub(super) within: Duration,
    pub(super) hedge: Option<Duration>,
    pub(super) max_body: usize,
    unfit: Option<Error>,
}

/// How an attempt ended without an answer.
pub(super) enum Failure {
    /// Nothing was sent.
    NotSent(Error),
    /// It was sent, and it is not known what became of it.
    Unknown(Error),
    /// The answer cannot be taken, however often it is asked for.
    Unfit(Error),
    /// The time is over.
    Late,
}

impl Request {
    pub(super) fn new(client: Client, method: Method, service: String, path: String) -> Self {
        let (within, max_body) = (Duration::from_secs(5), 2 * 1024 * 1024);
        let (headers, body) = (HeaderMap::new(), Bytes::new());
        Request { client, method, service, path, headers, body, within, hedge: None, max_body, unfit: None }
    }
    /// Appends a query.
    pub fn query(mut self, query: &impl Serialize) -> Self {
        match serde_html_form::to_string(query).internal() {
            Ok(text) => return self.query_string(&text),
            Err(e) => self.unfit = Some(e),
        }
        self
    }
    /// Appends a query that is encoded already.
    pub fn query_string(mut self, query: &str) -> Self {
        if !query.is_empty() {
            self.path = format!("{}{}{query}", self.path, if self.path.contains('?') { '&' } else { '?' });
        }
        self
    }
    /// Sets a header. Sending fails with `Malformed`, code `header`, if its value may not be one (RFC 9110, section 5.5).
    pub fn header(mut self, header: impl TryIntoHeaderPair) -> Self {
        match header.try_into_pair() {
            Ok((name, value)) => drop(self.headers.insert(name, value)),
            Err(_) => self.unfit = Some(Error::new(Kind::Malformed, "header", "a value that no header can have")),
        }
        self
    }
    /// Forwards the user's access token, so that the other service knows for whom it acts.
    pub fn as_user(self, who: &Identity) -> Self {
        self.bearer(who.token())
    }
    /// Sends an access token.
    pub fn bearer(self, token: &str) -> Self {
        self.header((header::AUTHORIZATION, format!("Bearer {token}")))
    }
    /// Sets the body, as JSON.
    pub fn json(mut self, body: &impl Serialize) -> Self {
        match serde_json::to_vec(body).internal() {
            Ok(bytes) => self.body = bytes.into(),
            Err(e) => self.unfit = Some(e),
        }
        self.header((header::CONTENT_TYPE, "application/json"))
    }
    /// Sets the body and its media type.
    pub fn body(mut self, media_type: &str, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.header((header::CONTENT_TYPE, media_type))
    }
    /// Limits the time until the whole answer is there, over all tries; 5 s without.
    pub fn within(mut self, time: Duration) -> Self {
        self.within = time;
        self
    }
    /// Limits the answer's body, in bytes; 2 MiB without.
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// Asks a second instance, or by a second connection, when a `GET` or `HEAD` was not answered within this time; the first answer
    /// counts. A server that was taken away without a word leaves connections on which nothing comes any more. Not done without.
    pub fn hedge(mut self, after: Duration) -> Self {
        self.hedge = Some(after);
        self
    }

    /// Sends it. What was not sent is tried on another instance; what may have been done only if it is a `GET` or `HEAD`, which also
    /// go on from an instance that answers 503. At a fixed address a `GET` or `HEAD` whose connection breaks is sent once more by a new one.
    ///
    /// # Errors
    /// `Unroutable`, code `no-instance`, if nobody of that name is registered; `Unavailable` if no instance could be reached, or its answer
    /// broke off; `TimedOut`. An answer of any status is no error: see [`Response::success`].
    pub async fn send(mut self) -> Result<Response> {
        if let Some(unfit) = self.unfit.take() {
            return Err(unfit);
        }
        let deadline = Instant::now() + self.within;
        Targets::of(&self).await.answer(deadline).await
    }

    /// Sends it once, with a body that is handed on while it comes, as long as `within` allows.
    ///
    /// # Errors
    /// Those of [`Request::send`].
    pub async fn stream(
        self,
        media_type: &str,
        length: Option<u64>,
        body: impl Stream<Item = std::result::Result<Bytes, PayloadError>> + 'static,
    ) -> Result<Response> {
        let mut request = self.header((header::CONTENT_TYPE, media_type));
        if let Some(unfit) = request.unfit.take() {
            return Err(unfit);
        }
        let deadline = Instant::now() + request.within;
        let mut targets = Targets::of(&request).await;
        let target = targets.next().ok_or_else(|| targets.none())?;
        let sent = request.attempt(target, deadline, |request| match length {
            Some(length) => request.send_body(SizedStream::new(length, body)),
            None => request.send_stream(body),
        });
        sent.await.map_err(|failure| match failure {
            Failure::NotSent(e) | Failure::Unfit(e) => e,
            Failure::Unknown(e) => e.maybe_done(),
            Failure::Late => Error::timed_out(true),
        })
    }

    /// One attempt with the whole body.
    pub(super) async fn once(&self, target: Target, deadline: Instant) -> std::result::Result<Response, Failure> {
        self.attempt(target, deadline, |request| request.send_body(self.body.clone())).await
    }

    /// One attempt, and the span of it.
    async fn attempt(
        &self,
        target: Target,
        deadline: Instant,
        send: impl FnOnce(awc::ClientRequest) -> SendClientRequest,
    ) -> std::result::Result<Response, Failure> {
        let _waiting = observer::waiting();
        let mut span = self.span(&target);
        let answer = self.exchange(target, &span, deadline, send).await;
        match &answer {
            Ok(response) => {
                let status = response.status;
                span.set(key::HTTP_STATUS, status.as_u16());
                if status.is_client_error() || status.is_server_error() {
                    span.fail(status.as_str().to_owned());
                }
            }
            Err(Failure::Late) => span.fail("deadline"),
            Err(Failure::NotSent(_)) => span.fail("not-sent"),
            Err(Failure::Unknown(_) | Failure::Unfit(_)) => span.fail("unavailable"),
        }
        span.end();
        answer
    }

    fn span(&self, target: &Target) -> Span {
        let method = observe::known(&self.method);
        let mut span = trace::child(SpanKind::Client, method, || self.service.clone());
        if span.context().is_some() {
            span.set(key::HTTP_METHOD, method);
            span.set(key::PEER_SERVICE, self.service.clone());
            if let Some(instance) = &target.instance {
                span.set(key::PEER_INSTANCE, instance.clone());
            }
            if target.number > 1 {
                span.set(key::HTTP_RESEND_COUNT, (target.number - 1) as i64);
            }
        }
        span
    }

    async fn exchange(
        &self,
        target: Target,
        span: &Span,
        deadline: Instant,
        send: impl FnOnce(awc::ClientRequest) -> SendClientRequest,
    ) -> std::result::Result<Response, Failure> {
        let mut request = target.http.request(self.method.clone(), format!("{}{}", target.base, self.path));
        for (name, value) in &self.headers {
            request = request.append_header((name, value));
        }
        if let Some(trace) = trace::outgoing(span)
            && let Ok(value) = HeaderValue::from_str(&trace.to_string())
        {
            request = request.insert_header((header::HeaderName::from_static("traceparent"), value));
        }
        let started = Instant::now();
        let head = timeout_at(deadline, send(request)).await;
        if let Some(picked) = target.picked {
            let outcome = match &head {
                Ok(Ok(_)) => RequestOutcome::Answered,
                Ok(Err(_)) => RequestOutcome::Unreachable,
                Err(_) => RequestOutcome::TimedOut,
            };
            picked.done(started.elapsed(), outcome);
        }
        match head {
            // Boxed, because awc gives another type when anybody in the build turns its decompression on.
            Ok(Ok(raw)) => {
                let raw = raw.map_body(|_, body| Payload::<Chunks>::Stream { payload: Box::pin(body) });
                Response::read(raw, self, deadline).await
            }
            // awc calls a connection that broke before the answer `Disconnected`, though the request is out.
            Ok(Err(e @ SendRequestError::Connect(ConnectError::Disconnected))) => Err(Failure::Unknown(self.unreachable(&e))),
            Ok(Err(e @ (SendRequestError::Connect(_) | SendRequestError::Url(_)))) => Err(Failure::NotSent(self.unreachable(&e))),
            Ok(Err(e)) => Err(Failure::Unknown(self.unreachable(&e))),
            Err(_) => Err(Failure::Late),
        }
    }

    fn unreachable(&self, why: &SendRequestError) -> Error {
        // awc's errors are not `Send`.
        let why = std::io::Error::other(why.to_string());
        Error::new(Kind::Unavailable, "unavailable", format!("{} cannot be reached", self.service)).caused_by(why)
    }
}
