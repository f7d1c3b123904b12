//! A copy on its way: one attempt at one instance.

use crate::{
    front::is_stripped,
    pipeline::Exchange,
    upstream::{BodyStream, Call, Chooser, Connection, Failure, Length, Outgoing, Pool, Times, Unsent, Upload},
};
use bytes::Bytes;
use fm_sdk::registry::{balance::RequestOutcome, services::Instance};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header, uri::PathAndQuery};
use std::{
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

/// Bodies of answers up to this size, in bytes, are read past, so that the connection serves the next copy.
const READ_PAST: u64 = 64 * 1024;

/// What is copied of a request, except its body.
pub struct Request {
    method: Method,
    target: Uri,
    host: HeaderValue,
    headers: HeaderMap,
    own: [(HeaderName, HeaderValue); 5],
}

impl Request {
    /// `None`, if it cannot be written.
    pub fn of(exchange: &Exchange, keeps_identity: bool) -> Option<Request> {
        let client = &exchange.client;
        let path = exchange.upstream_path.as_deref().unwrap_or_else(|| exchange.path());
        let target = match exchange.head.uri.query() {
            Some(query) => PathAndQuery::try_from(format!("{path}?{query}")),
            None => PathAndQuery::try_from(path),
        };
        let mut headers = exchange.head.headers.clone();
        if !keeps_identity {
            let names: Vec<HeaderName> = headers.keys().filter(|name| says_who_asks(name)).cloned().collect();
            names.iter().for_each(|name| drop(headers.remove(name)));
        }
        let traceparent = exchange.trace.child().to_string();
        let value = |text: &str| HeaderValue::from_str(text).ok();
        Some(Request {
            method: exchange.head.method.clone(),
            target: target.ok()?.into(),
            host: client.authority.clone(),
            headers,
            own: [
                (HeaderName::from_static("x-forwarded-for"), value(&client.forwarded_for)?),
                (HeaderName::from_static("x-forwarded-proto"), HeaderValue::from_static(client.scheme)),
                (HeaderName::from_static("x-forwarded-host"), client.authority.clone()),
                (HeaderName::from_static("x-request-id"), value(&exchange.trace.trace_id())?),
                (HeaderName::from_static("traceparent"), value(&traceparent)?),
            ],
        })
    }

    fn with(&self, authority: &str, body: &Bytes) -> Result<http::Request<Upload>, Failure> {
        let host =
            if self.host.is_empty() { HeaderValue::from_str(authority).map_err(|_| Failure::Unsendable)? } else { self.host.clone() };
        let length = if body.is_empty() { Length::None } else { Length::Known(body.len() as u64) };
        let (target, own) = (self.target.clone(), self.own.clone());
        let head = Outgoing { method: &self.method, target, host, headers: &self.headers, own, length, http2: None };
        head.with(Upload::whole(body.clone()))
    }
}

fn says_who_asks(name: &HeaderName) -> bool {
    matches!(*name, header::AUTHORIZATION | header::COOKIE) || is_stripped(name.as_str())
}

/// Sends copies to the instances of a service.
pub struct Sender {
    pub instances: Arc<[Instance]>,
    pub chooser: Chooser,
    pub pool: Rc<Pool>,
    pub timeout: Duration,
}

impl Sender {
    /// Sends a copy, and says under which name that is counted.
    pub async fn send(&self, request: Request, body: Bytes) -> &'static str {
        let Some(picked) = self.chooser.pick(&self.instances, &[], true) else { return "no-instance" };
        let (instance, started) = (&self.instances[picked.index], Instant::now());
        let Some(authority) = instance.url.strip_prefix("http://") else { return "failed" };
        let sent = tokio::time::timeout(self.timeout, self.attempt(&request, authority, &body)).await;
        match sent {
            Ok(Ok(())) => {
                picked.done(started.elapsed(), RequestOutcome::Answered);
                "sent"
            }
            Ok(Err(failure)) => {
                log::debug!(upstream_instance = instance.id.as_str(); "mirror: mirrored request failed: {failure}");
                if failure.blames_upstream() {
                    picked.done(started.elapsed(), RequestOutcome::Unreachable);
                }
                "failed"
            }
            Err(_) => {
                picked.done(started.elapsed(), RequestOutcome::TimedOut);
                "failed"
            }
        }
    }

    async fn attempt(&self, request: &Request, authority: &str, body: &Bytes) -> Result<(), Failure> {
        let times = Times { connect: self.timeout, head: self.timeout, idle: self.timeout, client: Duration::ZERO };
        if let Some(connection) = self.pool.take(authority) {
            let mut call = Call::new(connection, times, None);
            match call.send(request.with(authority, body)?).await {
                Ok((head, incoming)) => return self.read_past(BodyStream::new(call, &head, incoming, self.pool.clone())).await,
                // The instance closed the connection just when it was taken.
                Err(Unsent { failure: Failure::Broken(_), body: Some(_) }) => {}
                Err(Unsent { failure, .. }) => return Err(failure),
            }
        }
        let mut call = Call::new(Connection::open(authority, times.connect).await?, times, None);
        let (head, incoming) = call.send(request.with(authority, body)?).await.map_err(|unsent| unsent.failure)?;
        self.read_past(BodyStream::new(call, &head, incoming, self.pool.clone())).await
    }

    /// What is longer is left, and the connection closed.
    async fn read_past(&self, mut answer: BodyStream) -> Result<(), Failure> {
        answer.whole(READ_PAST).await.map(drop)
    }
}
