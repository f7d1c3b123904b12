//! Tries instances until one answers, as far as trying again is safe.

use super::{Forward, operations::is_for_operators};
use crate::{
    front::{RequestBody, asks_for_websocket},
    grpc,
    pipeline::{
        Answer, Body, Decision, Exchange, Upstream, spans,
        trace::{AttemptKind, AttemptOutcome},
    },
    upstream::{BodyStream, Call, Connection, Endpoint, Failure, Limit, Unsent, Upload, accepts_trailers},
};
use fm_sdk::{
    Error, Kind,
    registry::{
        balance::{Picked, RequestOutcome},
        services::Instance,
    },
    trace::TraceParent,
};
use http::{Method, StatusCode, Version, header};
use std::{
    cell::Cell,
    time::{Duration, Instant},
};

/// Bodies up to this size, in bytes, are held back until they are whole: if the instance dies in between, another one is asked.
const HELD_BACK: u64 = 64 * 1024;

/// An answer, and what tells the balancer how it went once it is over.
pub(super) type Answered = (Answer, Ended);

impl Forward {
    /// Sends the request on.
    pub(super) async fn forward(&self, exchange: &mut Exchange) -> Decision {
        if is_for_operators(self.path(exchange), &exchange.route.pattern) {
            return Decision::Fail(Error::new(Kind::NotFound, "not-found", "there is nothing here"));
        }
        let Some((upstream, limit)) = self.upstream(exchange) else {
            return Decision::Fail(Error::new(Kind::Internal, "no-upstream", "no step has found an upstream"));
        };
        let permit = match limit.enter(self.settings.wait).await {
            Ok(permit) => permit,
            Err(failure) => {
                self.drivers.tools.metrics.upstream_failed(&upstream.name, failure.reason());
                return failed(exchange, &upstream, &failure);
            }
        };
        if asks_for_websocket(&exchange.head.headers) {
            return self.websocket(exchange, &upstream).await;
        }
        limit.budget.asked();
        limit.hedges.asked();
        let body = Cell::new(exchange.body.take());
        let repeatable = matches!(exchange.head.method, Method::GET | Method::HEAD | Method::OPTIONS) && exchange.length.is_zero();
        let mut tried: Vec<&str> = Vec::new();
        loop {
            let Some(picked) = upstream.pick(&tried, repeatable) else {
                return Decision::Fail(
                    Error::new(Kind::Unavailable, "service-down", format!("no instance of {} answers", upstream.name)).retry_after(1),
                );
            };
            let instance = &upstream.instances[picked.index];
            tried.push(&instance.id);
            let kind = if tried.len() == 1 { AttemptKind::First } else { AttemptKind::Retry };
            let result = match repeatable {
                true => self.hedged(exchange, &upstream, &limit, picked, kind, &mut tried).await,
                false => self.attempt(exchange, &upstream, picked, kind, &body, false).await,
            };
            let (again, reason) = self.judge(&upstream, &result, repeatable);
            if !again || !self.may_try_again(&upstream, &limit, tried.len()) {
                return match result {
                    Ok((mut answer, ended)) => {
                        // The instance has this request on its hands until its answer is over. An event stream may last for days; it
                        // takes no place.
                        match &mut answer.body {
                            Body::Upstream(stream) => stream.hold((permit, ended)),
                            Body::Events(stream, _) => stream.hold(ended),
                            _ => {}
                        }
                        Decision::Answer(answer)
                    }
                    Err(failure) => failed(exchange, &upstream, &failure),
                };
            }
            self.drivers.tools.metrics.retried(&upstream.name, reason);
            log::info!(upstream = &*upstream.name, upstream_instance = instance.id.as_str(); "proxy: trying another instance: {reason}");
        }
    }

    /// Says whether another instance may do better, and why; counts failures.
    pub(super) fn judge(&self, upstream: &Upstream, result: &Result<Answered, Failure>, repeatable: bool) -> (bool, &'static str) {
        match result {
            // It has too much to do, or cannot do it now; another one may.
            Ok((answer, _)) if answer.status == StatusCode::SERVICE_UNAVAILABLE => (repeatable, "unavailable"),
            Ok(_) => (false, ""),
            Err(failure) => {
                self.drivers.tools.metrics.upstream_failed(&upstream.name, failure.reason());
                ((repeatable || failure.nothing_sent()) && failure.blames_upstream(), failure.reason())
            }
        }
    }

    fn may_try_again(&self, upstream: &Upstream, limit: &Limit, tried: usize) -> bool {
        if tried > self.settings.retries || tried >= upstream.instances.len() {
            return false;
        }
        let granted = limit.budget.take();
        if !granted {
            self.drivers.tools.metrics.withheld(&upstream.name);
        }
        granted
    }

    fn upstream(&self, exchange: &Exchange) -> Option<(Upstream, Limit)> {
        if let Some((upstream, limit)) = &self.fixed {
            return Some((upstream.clone(), limit.clone()));
        }
        let upstream = exchange.upstream.clone()?;
        let of = || self.drivers.tools.limits.of(&upstream.name, self.settings.at_once);
        let (name, limit) = self.limit.get_or_init(|| (upstream.name.clone(), of()));
        // A route has one service, so that this is the one, unless a plugin chooses among several.
        let limit = if *name == upstream.name { limit.clone() } else { of() };
        Some((upstream, limit))
    }

    /// Asks the instance that was picked. Until it resolves, nothing has gone to the client.
    pub(super) async fn attempt(
        &self,
        exchange: &Exchange,
        upstream: &Upstream,
        mut picked: Picked,
        kind: AttemptKind,
        body: &Cell<Option<RequestBody>>,
        repeatable: bool,
    ) -> Result<Answered, Failure> {
        let started = Instant::now();
        let instance = &upstream.instances[picked.index];
        let recorded = exchange.recorder.as_ref().map(|recorder| recorder.attempt(kind, &upstream.name, &instance.id));
        let mut span = spans::of_attempt(exchange, kind, &upstream.name, &instance.id);
        let trace = span.context().unwrap_or(exchange.trace);
        let answer = self.ask(exchange, trace, instance, body, &mut picked, repeatable).await;
        match &answer {
            Ok(answer) => spans::answered(&mut span, answer.status),
            Err(failure) => span.fail(failure.reason()),
        }
        span.end();
        if let Some(recorded) = recorded {
            recorded.end(match &answer {
                Ok(answer) => AttemptOutcome::Answered { status: answer.status.as_u16() },
                Err(failure) => AttemptOutcome::Failed { reason: failure.reason().into() },
            });
        }
        let answer = match answer {
            Ok(answer) => answer,
            Err(failure) => {
                let late = matches!(failure, Failure::HeadTimeout | Failure::BodyTimeout);
                if failure.blames_upstream() {
                    picked.done(started.elapsed(), if late { RequestOutcome::TimedOut } else { RequestOutcome::Unreachable });
                }
                return Err(failure);
            }
        };
        // An instance that refuses does so quickly; it must not be taken for a quick one and get all the more.
        let latency = (answer.status != StatusCode::SERVICE_UNAVAILABLE).then(|| started.elapsed());
        Ok((answer, Ended { picked: Some(picked), latency }))
    }

    async fn ask(
        &self,
        exchange: &Exchange,
        trace: TraceParent,
        instance: &Instance,
        body: &Cell<Option<RequestBody>>,
        picked: &mut Picked,
        repeatable: bool,
    ) -> Result<Answer, Failure> {
        let endpoint = endpoint(instance)?.speaking(self.settings.protocol);
        let pool = &exchange.worker.pool;
        let mut call = match pool.take_for(&endpoint) {
            Some(connection) => self.call(exchange, connection),
            None => self.open(exchange, &endpoint).await?,
        };
        let mut is_first = true;
        let (head, incoming) = loop {
            let request = self.request(exchange, trace, &endpoint, call.is_http2(), body.take())?;
            let Unsent { failure, body: left } = match call.send(request).await {
                Ok(answer) => break answer,
                Err(unsent) => unsent,
            };
            let again = match &failure {
                // The instance closed an idle connection just when it was taken.
                Failure::Broken(_) => call.reused() && (repeatable || left.is_some()),
                // It has not looked at the request, which may be its connection's fault.
                Failure::Unprocessed(_) => true,
                _ => false,
            };
            if again {
                // Kept for another instance, if this one cannot be reached any more.
                body.set(left.and_then(Upload::into_source));
            }
            if !again || !std::mem::take(&mut is_first) {
                return Err(failure);
            }
            call = match call.is_http2().then(|| pool.take_for(&endpoint)).flatten() {
                Some(connection) => self.call(exchange, connection),
                None => self.open(exchange, &endpoint).await?,
            };
        };
        picked.answers();
        let is_head = exchange.head.method == Method::HEAD;
        let mut stream = BodyStream::new(call, &head, incoming, pool.clone());
        let (status, headers) = (head.status, head.headers);
        if is_head || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
            return Ok(Answer::of_upstream(status, headers, Body::WouldBe(head.would_be.filter(|_| is_head))));
        }
        let events = headers.get(header::CONTENT_TYPE).is_some_and(|t| t.as_bytes().starts_with(b"text/event-stream"));
        if exchange.head.version == Version::HTTP_2 && accepts_trailers(&exchange.head.headers) {
            stream.keep_trailers();
        }
        // Messages of a stream go on as they come, whatever follows.
        let streams = grpc::is_asked(&exchange.head) && !stream.is_ended();
        let whole = if streams {
            None
        } else if repeatable && !events {
            stream.whole(HELD_BACK).await?
        } else {
            stream.take_whole()?
        };
        let body = match whole {
            Some(bytes) => Body::Bytes(bytes),
            None if events => {
                stream.set_endless(self.settings.stream_idle);
                let draining = self.drivers.tools.draining.clone();
                Body::Events(Box::new(stream), Box::pin(async move { draining.wait().await }))
            }
            None => Body::Upstream(Box::new(stream)),
        };
        Ok(Answer::of_upstream(status, headers, body))
    }

    /// A call on a connection of its own, which others may share from now on.
    async fn open(&self, exchange: &Exchange, endpoint: &Endpoint<'_>) -> Result<Call, Failure> {
        let pool = &exchange.worker.pool;
        let mut opening = None;
        if !endpoint.may_be_http1() {
            match pool.stream_or_open(&endpoint.pool_key()).await {
                Ok(stream) => return Ok(self.call(exchange, stream)),
                Err(guard) => opening = guard,
            }
        }
        let connection = self.connect(exchange, endpoint).await?;
        pool.share(&connection);
        drop(opening);
        Ok(self.call(exchange, connection))
    }

    pub(super) async fn connect(&self, exchange: &Exchange, endpoint: &Endpoint<'_>) -> Result<Connection, Failure> {
        let mut within = self.settings.times.connect;
        if let Some(limit) = grpc::timeout(&exchange.head) {
            within = within.min(limit.saturating_sub(exchange.started.elapsed()));
        }
        self.drivers.tools.connector.open(endpoint, within).await
    }

    pub(super) fn call(&self, exchange: &Exchange, connection: Connection) -> Call {
        let (mut times, mut limit) = (self.settings.times, Some(self.settings.request_timeout).filter(|limit| !limit.is_zero()));
        if self.streams_grpc(exchange) {
            (times.client, times.idle, limit) = (self.settings.stream_idle, self.settings.stream_idle, None);
        }
        let limit = limit.into_iter().chain(grpc::timeout(&exchange.head)).min();
        let deadline = limit.map(|limit| tokio::time::Instant::from_std(exchange.started) + limit);
        Call::new(connection, times, deadline)
    }

    /// Whether it is a call of gRPC that may last as long as something moves.
    pub(super) fn streams_grpc(&self, exchange: &Exchange) -> bool {
        self.settings.grpc && grpc::is_asked(&exchange.head)
    }
}

/// Where an instance is.
pub(super) fn endpoint(instance: &Instance) -> Result<Endpoint<'_>, Failure> {
    Endpoint::of(instance).ok_or_else(|| {
        Failure::Connect(std::io::Error::new(std::io::ErrorKind::Unsupported, "only http:// and https:// instances can be reached"))
    })
}

pub(super) fn failed(exchange: &Exchange, upstream: &Upstream, failure: &Failure) -> Decision {
    let name = &upstream.name;
    let error = match failure {
        Failure::Busy => Error::new(Kind::Unavailable, "upstream-busy", format!("{name} has too much to do")).retry_after(1),
        Failure::Connect(_) | Failure::ConnectTimeout | Failure::Unprocessed(_) => {
            Error::new(Kind::Unavailable, "service-down", format!("{name} cannot be reached")).retry_after(1)
        }
        Failure::HeadTimeout | Failure::BodyTimeout => {
            Error::new(Kind::TimedOut, "upstream-timeout", format!("{name} did not answer in time"))
        }
        Failure::AllSilent => Error::new(Kind::TimedOut, "upstream-timeout", format!("no instance of {name} answers")).retry_after(1),
        Failure::TooLarge => Error::new(Kind::TooLarge, "too-large", "the request body is too large for this route"),
        Failure::Unsendable => Error::new(Kind::Malformed, "request-unsendable", "this request cannot be sent on"),
        Failure::Client(_) => Error::new(Kind::Malformed, "body-broken", "the request body did not come to its end"),
        Failure::ClientTimeout => {
            let error = Error::new(Kind::Malformed, "body-too-slow", "the request body came too slowly");
            return Decision::Answer(Answer::problem_as(StatusCode::REQUEST_TIMEOUT, &error, &exchange.trace));
        }
        Failure::Tls(_) | Failure::Broken(_) | Failure::Truncated(_) | Failure::BadAnswer(_) => {
            let error = Error::new(Kind::Unavailable, "bad-gateway", format!("{name} gave no usable answer"));
            log::warn!(upstream = &**name; "proxy: no usable answer, answering 502: {failure}");
            return Decision::Answer(Answer::problem_as(StatusCode::BAD_GATEWAY, &error, &exchange.trace));
        }
    };
    Decision::Fail(error)
}

/// Tells the balancer how it went when the answer is over.
pub(super) struct Ended {
    picked: Option<Picked>,
    /// None: it says nothing about the instance.
    latency: Option<Duration>,
}

impl Ended {
    pub(super) fn new(picked: Picked, latency: Duration) -> Self {
        Ended { picked: Some(picked), latency: Some(latency) }
    }
}

impl Drop for Ended {
    fn drop(&mut self) {
        if let (Some(picked), Some(latency)) = (self.picked.take(), self.latency) {
            picked.done(latency, RequestOutcome::Answered);
        }
    }
}
