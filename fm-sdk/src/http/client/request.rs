//! A request to another service, and the instances it is tried on.

use super::{
    super::observe,
    Client, Response,
    response::{Chunks, Raw},
};
use crate::{
    Error, Identity, Kind, Result, ResultExt, connector,
    registry::{Instance, balance::RequestOutcome},
    trace::{self, Span, SpanKind, key},
};
use actix_web::{
    dev::Payload,
    http::{
        Method, StatusCode,
        header::{self, HeaderMap, HeaderValue, TryIntoHeaderPair},
    },
    web::Bytes,
};
use awc::error::{ConnectError, SendRequestError};
use serde::Serialize;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// How many instances one request is tried on.
const TRIES: usize = 3;

/// A request that has not been sent yet.
#[must_use = "a request does nothing until it is sent"]
#[derive(Debug)]
pub struct Request {
    client: Client,
    method: Method,
    service: String,
    path: String,
    headers: HeaderMap,
    body: Bytes,
    within: Duration,
    max_body: usize,
    unfit: Option<Error>,
}

/// How a try on one instance ended without an answer.
enum Lost {
    /// Nothing was sent.
    NotSent(SendRequestError),
    /// It was sent, and it is not known what became of it.
    Unknown(SendRequestError),
    /// The time is over.
    Late,
}

impl Request {
    pub(super) fn new(client: Client, method: Method, service: String, path: String) -> Self {
        let (within, max_body) = (Duration::from_secs(5), 2 * 1024 * 1024);
        Request { client, method, service, path, headers: HeaderMap::new(), body: Bytes::new(), within, max_body, unfit: None }
    }
    /// Appends a query.
    pub fn query(mut self, query: &impl Serialize) -> Self {
        match serde_html_form::to_string(query).internal() {
            Ok(text) if text.is_empty() => {}
            Ok(text) => self.path = format!("{}{}{text}", self.path, if self.path.contains('?') { '&' } else { '?' }),
            Err(e) => self.unfit = Some(e),
        }
        self
    }
    /// Sets a header.
    pub fn header(mut self, header: impl TryIntoHeaderPair) -> Self {
        match header.try_into_pair() {
            Ok((name, value)) => drop(self.headers.insert(name, value)),
            Err(_) => self.unfit = Some(Error::new(Kind::Internal, "internal", "a header that is none")),
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

    /// Sends it. What was not sent is tried on another instance; what may have been done only if it is a `GET` or `HEAD`, which also
    /// go on from an instance that answers 503.
    ///
    /// # Errors
    /// `Unroutable`, code `no-instance`, if nobody of that name is registered; `Unavailable` if no instance could be reached;
    /// `TimedOut`. An answer of any status is no error: see [`Response::success`].
    pub async fn send(mut self) -> Result<Response> {
        if let Some(unfit) = self.unfit.take() {
            return Err(unfit);
        }
        let deadline = Instant::now() + self.within;
        let instances = self.client.0.services.watch(&self.service);
        if !instances.is_known() {
            instances.ready(self.within).await;
        }
        let instances = instances.list();
        let safe = matches!(self.method, Method::GET | Method::HEAD);
        let mut tried: Vec<&str> = Vec::new();
        let mut last = Err(self.error(Kind::Unroutable, "no-instance", "has no instance"));
        while tried.len() < TRIES {
            let balancer = &self.client.0.balancer;
            let picked = if safe { balancer.pick(&instances, &tried) } else { balancer.pick_proven(&instances, &tried) };
            let Some(picked) = picked else { break };
            let instance = &instances[picked.index];
            tried.push(&instance.id);
            let started = Instant::now();
            let answer = self.traced(instance, tried.len(), deadline).await;
            let outcome = match &answer {
                Ok(_) => RequestOutcome::Answered,
                Err(Lost::Late) => RequestOutcome::TimedOut,
                Err(_) => RequestOutcome::Unreachable,
            };
            picked.done(started.elapsed(), outcome);
            last = match answer {
                Ok(r) if safe && r.status() == StatusCode::SERVICE_UNAVAILABLE && tried.len() < instances.len().min(TRIES) => Ok(r),
                Ok(r) => {
                    last = Ok(r);
                    break;
                }
                Err(Lost::Late) => return Err(Error::timed_out(!safe)),
                Err(Lost::NotSent(e)) => Err(self.unreachable(&e)),
                Err(Lost::Unknown(e)) if safe => Err(self.unreachable(&e)),
                Err(Lost::Unknown(e)) => return Err(self.unreachable(&e).maybe_done()),
            };
        }
        Response::read(last?, self.service, self.max_body, deadline).await
    }

    /// Makes a span of one try.
    async fn traced(&self, instance: &Instance, tries: usize, deadline: Instant) -> std::result::Result<Raw, Lost> {
        let mut span = self.span(instance, tries);
        let answer = self.once(instance, &span, deadline).await;
        match &answer {
            Ok(response) => {
                let status = response.status();
                span.set(key::HTTP_STATUS, status.as_u16());
                if status.is_client_error() || status.is_server_error() {
                    span.fail(status.as_str().to_owned());
                }
            }
            Err(Lost::Late) => span.fail("deadline"),
            Err(Lost::NotSent(_)) => span.fail("not-sent"),
            Err(Lost::Unknown(_)) => span.fail("unavailable"),
        }
        span.end();
        answer
    }

    fn span(&self, instance: &Instance, tries: usize) -> Span {
        let method = observe::known(&self.method);
        let mut span = trace::child(SpanKind::Client, method, || self.service.clone());
        if span.context().is_some() {
            span.set(key::HTTP_METHOD, method);
            span.set(key::PEER_SERVICE, self.service.clone());
            span.set(key::PEER_INSTANCE, instance.id.clone());
            if tries > 1 {
                span.set(key::HTTP_RESEND_COUNT, (tries - 1) as i64);
            }
        }
        span
    }

    async fn once(&self, instance: &Instance, span: &Span, deadline: Instant) -> std::result::Result<Raw, Lost> {
        let mut request = connector::client().request(self.method.clone(), format!("{}{}", instance.url, self.path));
        for (name, value) in &self.headers {
            request = request.append_header((name, value));
        }
        if let Some(trace) = trace::outgoing(span)
            && let Ok(value) = HeaderValue::from_str(&trace.to_string())
        {
            request = request.insert_header((header::HeaderName::from_static("traceparent"), value));
        }
        match timeout_at(deadline, request.send_body(self.body.clone())).await {
            // Boxed, because awc gives another type when anybody in the build turns its decompression on.
            Ok(Ok(response)) => Ok(response.map_body(|_, body| Payload::<Chunks>::Stream { payload: Box::pin(body) })),
            // awc calls a connection that broke before the answer `Disconnected`, though the request is out.
            Ok(Err(e @ SendRequestError::Connect(ConnectError::Disconnected))) => Err(Lost::Unknown(e)),
            Ok(Err(e @ (SendRequestError::Connect(_) | SendRequestError::Url(_)))) => Err(Lost::NotSent(e)),
            Ok(Err(e)) => Err(Lost::Unknown(e)),
            Err(_) => Err(Lost::Late),
        }
    }

    fn unreachable(&self, why: &SendRequestError) -> Error {
        // awc's errors are not `Send`.
        self.error(Kind::Unavailable, "unavailable", "cannot be reached").caused_by(std::io::Error::other(why.to_string()))
    }
    fn error(&self, kind: Kind, code: &'static str, what: &str) -> Error {
        Error::new(kind, code, format!("{} {what}", self.service))
    }
}
