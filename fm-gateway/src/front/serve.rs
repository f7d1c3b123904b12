//! The way of one request, from top to bottom.

use super::{
    client::{client_of, scheme_of},
    gateway::Gateway,
    guard::{self, Refusal},
    page,
    turn::{Talk, Under},
};
use crate::{
    api,
    pipeline::{Answer, Body, Compiled, CompiledRoute, Delivery, Exchange, Flow, Verdict, Worker},
    router::{Found, MethodSet},
};
use actix_http::{
    ConnectionType, HttpMessage, Payload, Request, Response, StatusCode, Version,
    header::{self, HeaderName, HeaderValue},
};
use fm_sdk::{Error, Kind, trace::TraceParent};
use futures::FutureExt;
use std::{net::IpAddr, panic::AssertUnwindSafe, rc::Rc, sync::Arc};

/// The answer's header that carries the trace id.
const TRACE_ID: HeaderName = HeaderName::from_static("x-trace-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// For a year browsers come over TLS only (RFC 6797); said over TLS alone, where it counts.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// An answer, the exchange it belongs to if a route was found, and whether the connection ends with it.
type Answered = (Answer, Option<Box<Exchange>>, bool);

/// Answers a request. It never fails, and a panic costs this request only.
pub async fn serve(gateway: Arc<Gateway>, worker: Rc<Worker>, mut request: Request) -> Response<Talked> {
    let payload = request.take_payload();
    let talk = request.conn_data::<Rc<Talk>>().cloned();
    let under = talk.as_ref().map(|talk| talk.begin(&request, &payload));
    let payload = match &talk {
        Some(talk) => talk.watch(payload),
        None => payload,
    };
    let (language, peer) = (page::wanted(request.headers()), peer_of(&request));
    let scheme = scheme_of(peer, request.headers(), &gateway.trusted);
    let old = request.version() < Version::HTTP_11;
    let trace = TraceParent::continued(request.headers().get(TRACEPARENT).and_then(|v| v.to_str().ok()));
    let answered = if talk.as_ref().is_some_and(|talk| talk.is_excess()) {
        refused(&gateway, &Refusal::too_many("too-many-connections", "this address has too many connections"), &trace)
    } else {
        let answered = AssertUnwindSafe(answer(&gateway, worker, request, payload, trace, scheme)).catch_unwind().await;
        answered.unwrap_or_else(|_| {
            let trace_id = trace.trace_id();
            log::error!(trace_id = trace_id.as_str(); "a plugin panicked");
            (Answer::problem(&Error::new(Kind::Internal, "internal", "a plugin panicked"), &trace), None, true)
        })
    };
    let (mut answer, exchange, close) = answered;
    if let (Some(problem), Some(language)) = (answer.problem.take(), language) {
        answer = page::show(answer, &problem, language);
    }
    let Answer { status, headers, body, .. } = answer;
    let delivery = Delivery::new(status, body, exchange);
    let mut response = Response::with_body(status, Talked { delivery, _under: under });
    let head = response.head_mut();
    head.headers = headers;
    if let Ok(id) = HeaderValue::from_str(&trace.trace_id()) {
        head.headers.insert(TRACE_ID, id);
    }
    if scheme == "https" {
        head.headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    if old {
        // HTTP/1.0 knows no chunks: such an answer ends with its connection.
        head.no_chunking(true);
    }
    if close || gateway.draining.begun() || talk.as_ref().is_some_and(|talk| talk.closes()) {
        head.set_connection_type(ConnectionType::Close);
        if let Some(talk) = talk {
            talk.close();
        }
    }
    response
}

fn peer_of(request: &Request) -> IpAddr {
    request.peer_addr().map_or(IpAddr::from([0, 0, 0, 0]), |address| address.ip())
}

async fn answer(
    gateway: &Gateway,
    worker: Rc<Worker>,
    mut request: Request,
    payload: Payload,
    trace: TraceParent,
    scheme: &'static str,
) -> Answered {
    let entry = match guard::enter(request.head_mut(), &payload, &gateway.limits, scheme) {
        Ok(entry) => entry,
        Err(refusal) => return refused(gateway, &refusal, &trace),
    };
    let path = entry.path.as_deref().unwrap_or_else(|| request.uri().path());
    if let Some(own) = api::find(path) {
        let answer = api::answer(own, gateway, request.method(), &trace).await;
        return (answer, None, !matches!(payload, Payload::None));
    }
    let Some(place) = gateway.load.enter() else {
        let error = Error::new(Kind::Unavailable, "overloaded", "too many requests are under way").retry_after(1);
        gateway.metrics.refused(error.code());
        return (Answer::problem(&error, &trace), None, false);
    };
    let Some(table) = gateway.table.load_full() else {
        let error = Error::new(Kind::Unavailable, "not-ready", "the gateway has no routing table yet").retry_after(1);
        return (Answer::problem(&error, &trace), None, true);
    };
    let client = client_of(peer_of(&request), request.headers(), entry.authority, &gateway.trusted);
    let route = match find(&table, client.host(), path, &request) {
        Ok(route) => route,
        Err((status, error, allow)) => {
            gateway.metrics.refused(error.code());
            let mut answer = Answer::problem_as(status, &error, &trace);
            if let Some(allow) = allow {
                answer.headers.insert(header::ALLOW, allow);
            }
            return (answer, None, false);
        }
    };
    if let crate::upstream::Length::Known(length) = entry.length
        && length > route.max_body
    {
        let error = Error::new(Kind::TooLarge, "too-large", format!("at most {} bytes are taken here", route.max_body));
        gateway.metrics.refused(error.code());
        return (Answer::problem(&error, &trace), None, true);
    }
    let (head, _) = request.into_parts();
    let mut exchange = Box::new(Exchange::new(head, entry.path, Some(payload), entry.length, client, trace, route, worker));
    exchange.place = Some(place);
    let mut answer = run(&mut exchange).await;
    // What nobody has read is read past; as long as it could still be asked for, the server would end the connection instead.
    exchange.body = None;
    if let Body::Events(stream, _) = &mut answer.body {
        // It may last for days and does nothing meanwhile: its connection is what it costs.
        exchange.place = None;
        let place = gateway.streams.enter(exchange.client.ip);
        if place.excess > 0 {
            let refusal = Refusal::too_many("too-many-streams", "this address has too many event streams");
            gateway.metrics.refused(refusal.error.code());
            answer = refusal.answer(&exchange.trace);
        } else {
            stream.hold(place);
        }
    }
    (answer, Some(exchange), false)
}

fn find(
    table: &Compiled,
    host: &str,
    path: &str,
    request: &Request,
) -> Result<Arc<CompiledRoute>, (StatusCode, Error, Option<HeaderValue>)> {
    match table.router.find(host, path, MethodSet::only(request.method())) {
        Found::Route(at) => Ok(table.routes[at].clone()),
        Found::WrongMethod(allowed) => {
            let error = Error::new(Kind::Malformed, "method-not-allowed", format!("{} is not allowed here", request.method()));
            Err((StatusCode::METHOD_NOT_ALLOWED, error, HeaderValue::from_str(&allowed.allow()).ok()))
        }
        Found::Nothing => Err((StatusCode::NOT_FOUND, Error::new(Kind::NotFound, "not-found", "there is nothing here"), None)),
    }
}

/// Runs the steps of the route until one of them answers, and lets those that were passed look at the answer.
async fn run(exchange: &mut Exchange) -> Answer {
    let route = exchange.route.clone();
    let mut passed = 0;
    let mut answer = None;
    for (phases, step) in &route.steps {
        passed += 1;
        if !phases.request {
            continue;
        }
        let verdict = match step.request(exchange) {
            Flow::Now(verdict) => verdict,
            Flow::Later(verdict) => verdict.await,
        };
        match verdict {
            Verdict::Pass => {}
            Verdict::Answer(given) => answer = Some(given),
            Verdict::Fail(error) => {
                note(exchange, &error);
                answer = Some(Answer::problem(&error, &exchange.trace));
            }
        }
        if answer.is_some() {
            break;
        }
    }
    let mut answer = answer.unwrap_or_else(|| {
        let error = Error::new(Kind::Internal, "pipeline-open", "no plugin of this route answers");
        Answer::problem(&error, &exchange.trace)
    });
    if route.phases.response {
        for (_, step) in route.steps[..passed].iter().rev().filter(|(phases, _)| phases.response) {
            step.response(exchange, &mut answer);
        }
    }
    answer
}

fn note(exchange: &Exchange, error: &Error) {
    let level = if matches!(error.kind(), Kind::Internal) { log::Level::Error } else { log::Level::Debug };
    if log::log_enabled!(level) {
        let trace = exchange.trace.trace_id();
        log::log!(level, trace_id = trace.as_str(), route = exchange.route.id.as_str(), code = error.code(); "{}", error.chain());
    }
}

fn refused(gateway: &Gateway, refusal: &Refusal, trace: &TraceParent) -> Answered {
    gateway.metrics.refused(refusal.error.code());
    (refusal.answer(trace), None, refusal.close)
}

/// A delivery; while it lasts its connection knows that a request is under way.
pub struct Talked {
    delivery: Delivery,
    _under: Option<Under>,
}

impl actix_http::body::MessageBody for Talked {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> actix_http::body::BodySize {
        self.delivery.size()
    }

    fn poll_next(
        self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<bytes::Bytes, Self::Error>>> {
        std::pin::Pin::new(&mut self.get_mut().delivery).poll_next(cx)
    }
}
