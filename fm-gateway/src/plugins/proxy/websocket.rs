//! Switches to WebSocket (RFC 6455), when the route lets it and the instance does.

use super::{
    Forward,
    attempt::{Ended, endpoint, failed},
};
use crate::{
    front::Tunnel,
    pipeline::{Answer, Body, Decision, Exchange, Upstream, spans, trace::AttemptKind},
    upstream::{BodyStream, Failure, Protocol},
};
use bytes::Bytes;
use fm_sdk::{
    Error, Kind,
    registry::{
        balance::{Picked, RequestOutcome},
        services::Instance,
    },
    trace::TraceParent,
};
use http::{
    HeaderValue, StatusCode,
    header::{CONNECTION, UPGRADE},
};
use std::time::Instant;

const WEBSOCKET: HeaderValue = HeaderValue::from_static("websocket");
const SWITCHES: HeaderValue = HeaderValue::from_static("Upgrade");

impl Forward {
    /// Asks one instance to switch; another one only if that cannot be reached.
    pub(super) async fn websocket(&self, exchange: &mut Exchange, upstream: &Upstream) -> Decision {
        if !self.settings.websocket {
            let error = Error::new(Kind::Malformed, "upgrade-unsupported", "WebSockets are not served here");
            return Decision::Answer(Answer::problem_as(StatusCode::BAD_REQUEST, &error, &exchange.trace));
        }
        let mut tried: Vec<&str> = Vec::new();
        loop {
            let Some(mut picked) = upstream.pick(&tried, false) else {
                let error = Error::new(Kind::Unavailable, "service-down", format!("no instance of {} answers", upstream.name));
                return Decision::Fail(error.retry_after(1));
            };
            let instance = &upstream.instances[picked.index];
            tried.push(&instance.id);
            let started = Instant::now();
            let kind = if tried.len() == 1 { AttemptKind::First } else { AttemptKind::Retry };
            let mut span = spans::of_attempt(exchange, kind, &upstream.name, &instance.id);
            let switched = self.switch(exchange, span.context().unwrap_or(exchange.trace), instance, &mut picked).await;
            match &switched {
                Ok((answer, _)) => spans::answered(&mut span, answer.status),
                Err(failure) => span.fail(failure.reason()),
            }
            span.end();
            match switched {
                Ok((answer, tunnel)) => {
                    let ended = Ended::new(picked, started.elapsed());
                    if let (Some(mut tunnel), Some(body)) = (tunnel, &exchange.body) {
                        tunnel.held.push(Box::new(ended));
                        body.switch(tunnel);
                    }
                    return Decision::Answer(answer);
                }
                Err(failure) => {
                    self.drivers.tools.metrics.upstream_failed(&upstream.name, failure.reason());
                    if failure.blames_upstream() {
                        picked.done(started.elapsed(), RequestOutcome::Unreachable);
                    }
                    if !failure.nothing_sent() || tried.len() > self.settings.retries || tried.len() >= upstream.instances.len() {
                        return failed(exchange, upstream, &failure);
                    }
                }
            }
        }
    }

    /// What is answered, and the connection if it has switched. One that has not is used for nothing else.
    async fn switch(
        &self,
        exchange: &Exchange,
        trace: TraceParent,
        instance: &Instance,
        picked: &mut Picked,
    ) -> Result<(Answer, Option<Tunnel>), Failure> {
        // HTTP/2 does not switch.
        let endpoint = endpoint(instance)?.speaking(Protocol::Http1);
        let mut call = self.call(exchange, self.connect(exchange, &endpoint).await?);
        let mut request = self.request(exchange, trace, &endpoint, false, None)?;
        request.headers_mut().insert(CONNECTION, SWITCHES);
        request.headers_mut().insert(UPGRADE, WEBSOCKET);
        let (mut head, incoming) = call.send(request).await.map_err(|unsent| unsent.failure)?;
        picked.answers();
        if head.status != StatusCode::SWITCHING_PROTOCOLS {
            head.reusable = false;
            let stream = BodyStream::new(call, &head, incoming, exchange.worker.pool.clone());
            let bodiless = matches!(head.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
            let body = if bodiless { Body::WouldBe(None) } else { Body::Upstream(Box::new(stream)) };
            return Ok((Answer::of_upstream(head.status, head.headers, body), None));
        }
        let (io, ahead) = call.into_io().ok_or_else(|| Failure::BadAnswer("it does not switch".into()))?;
        head.headers.insert(CONNECTION, SWITCHES);
        head.headers.insert(UPGRADE, WEBSOCKET);
        let tunnel = Tunnel { io, ahead, idle: self.settings.stream_idle, held: Vec::new() };
        Ok((Answer::of_upstream(head.status, head.headers, Body::Bytes(Bytes::new())), Some(tunnel)))
    }
}
