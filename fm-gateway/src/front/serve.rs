//! The way of one request, from top to bottom.

use super::{
    client::{client_of, scheme_of},
    gateway::Gateway,
    guard::{self, Refusal},
    hops,
    origin::Origin,
    page, redirect,
    request_body::RequestBody,
    state::ConnectionState,
    websocket,
};
use crate::{
    api, grpc,
    live::LiveRequest,
    pipeline::{Answer, Body, Compiled, CompiledRoute, Delivery, Exchange, Worker, run, spans},
    router::{Found, Lookup, MethodSet, RequestAttributes},
    upstream::Length,
};
use bytes::Bytes;
use fm_sdk::{
    Error, Kind,
    time::now_ms,
    trace::{Span, SpanKind, TraceParent, key},
};
use futures::FutureExt;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode,
    header::{self, EXPECT},
    request::Parts,
};
use hyper::body::{Body as _, Incoming};
use std::{panic::AssertUnwindSafe, rc::Rc, sync::Arc};

/// The answer's header that carries the trace id.
pub(super) const TRACE_ID: HeaderName = HeaderName::from_static("x-trace-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// An answer, the exchange it belongs to if a route was found, and whether the connection ends with it.
type Answered = (Answer, Option<Box<Exchange>>, bool);

/// Answers a request. It never fails, and a panic costs this request only.
pub async fn serve(
    gateway: Arc<Gateway>,
    worker: Rc<Worker>,
    state: Rc<ConnectionState>,
    origin: Rc<Origin>,
    request: Request<Incoming>,
) -> Response<Delivery> {
    let in_flight = state.begin();
    let (head, body) = request.into_parts();
    let expects = head.headers.get(EXPECT).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"));
    let body = RequestBody::new(body, state.clone(), expects);
    let asks = websocket::is_asked(&head.headers);
    if head.headers.contains_key(header::UPGRADE) {
        state.note_switch();
    }
    let (language, method, is_grpc) = (page::wanted(&head.headers), head.method.clone(), grpc::is_asked(&head));
    let scheme = scheme_of(&origin, &head.headers, &gateway.trusted);
    let parent = head.headers.get(TRACEPARENT).and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<TraceParent>().ok());
    let mut span = begin_span(&gateway, &method, parent);
    let trace = span.context().unwrap_or_else(|| parent.map_or_else(TraceParent::start, |parent| parent.child()));
    let answered = if state.excess {
        refused(&gateway, &Refusal::too_many("too-many-connections", "this address has too many connections"), &trace)
    } else {
        let entering = Entering { gateway: &gateway, state: &state, origin: &origin, scheme, trace, span: &mut span };
        let answered = AssertUnwindSafe(answer(entering, worker, head, body)).catch_unwind().await;
        answered.unwrap_or_else(|_| {
            let trace_id = trace.trace_id();
            log::error!(trace_id = trace_id.as_str(); "pipeline: a plugin panicked, answering 500");
            (Answer::problem(&Error::new(Kind::Internal, "internal", "a plugin panicked"), &trace), None, true)
        })
    };
    let (mut answer, exchange, close) = answered;
    // What is counted: gRPC has a status of its own beside it.
    let status = answer.status;
    match (answer.problem.take(), language) {
        (Some(problem), _) if is_grpc => answer = trailers_only(answer, &problem.detail),
        (Some(problem), Some(language)) => answer = page::show(answer, &problem, language),
        _ => {}
    }
    let Answer { status: sent, mut headers, mut body, .. } = answer;
    if exchange.is_none() {
        spans::end(&mut span, None, status, true);
    }
    if method == Method::HEAD
        && let Body::Bytes(bytes) = &body
    {
        body = Body::WouldBe(Some(bytes.len() as u64));
    }
    if let Body::WouldBe(Some(length)) = &body {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(*length));
    }
    if let Ok(id) = HeaderValue::from_str(&trace.trace_id()) {
        headers.insert(TRACE_ID, id);
    }
    // Said over TLS alone, where it counts (RFC 6797, 7.2).
    if let Some(hsts) = gateway.hsts.as_ref().filter(|_| scheme == "https") {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, hsts.clone());
    }
    // HTTP/2 says by GOAWAY that a connection ends.
    // What follows on a connection that was not switched is for nobody: client and upstream may differ about what it is.
    let (switches, close) = (status == StatusCode::SWITCHING_PROTOCOLS, close || asks);
    if !switches && !state.is_multiplexed() && (close || state.is_doubtful() || gateway.draining.begun()) {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    let mut response = Response::new(Delivery::new(status, body, exchange, in_flight));
    *response.status_mut() = sent;
    *response.headers_mut() = headers;
    response
}

/// An answer of the gateway's own as clients of gRPC read it: a head alone, which is the trailers as well.
fn trailers_only(answer: Answer, text: &str) -> Answer {
    let mut own = Answer::new(StatusCode::OK, grpc::MEDIA_TYPE, "");
    let with_media_type = own.headers.clone();
    own.headers = answer.headers;
    own.headers.extend(with_media_type);
    own.headers.extend(grpc::trailers(grpc::Code::of(answer.status), text));
    own
}

/// What is known of a request before it is looked at.
struct Entering<'a> {
    gateway: &'a Gateway,
    state: &'a ConnectionState,
    origin: &'a Origin,
    scheme: &'static str,
    trace: TraceParent,
    span: &'a mut Span,
}

fn begin_span(gateway: &Gateway, method: &Method, parent: Option<TraceParent>) -> Span {
    let name = spans::method(method);
    let mut span = gateway.tracer.begin(SpanKind::Server, name, "", parent);
    span.set(key::HTTP_METHOD, name);
    span
}

async fn answer(entering: Entering<'_>, worker: Rc<Worker>, mut head: Parts, body: RequestBody) -> Answered {
    let Entering { gateway, state, origin, scheme, trace, span } = entering;
    let has_body = !body.is_end_stream();
    let entry = state.with_head(|as_it_came| guard::enter(&mut head, has_body, as_it_came, &gateway.limits, scheme));
    state.clear_head();
    let entry = match entry {
        Ok(entry) => entry,
        Err(refusal) => return refused(gateway, &refusal, &trace),
    };
    if let Err(refusal) = hops::enter(&mut head, &gateway.pseudonym) {
        return refused(gateway, &refusal, &trace);
    }
    let path = entry.path.as_deref().unwrap_or_else(|| head.uri.path());
    if let Some(answer) = gateway.challenges.answer(&head.method, path) {
        return (answer, None, has_body);
    }
    let own = api::find(path);
    if let Some(port) = gateway.redirect.filter(|_| scheme == "http" && !own.is_some_and(api::Own::is_health)) {
        return match redirect::to_https(&entry.authority, port, path, head.uri.query()) {
            Ok(answer) => (answer, None, has_body),
            Err(refusal) => refused(gateway, &refusal, &trace),
        };
    }
    if let Some(own) = own {
        if own.is_health() {
            // Asked for every second.
            std::mem::take(span).discard();
        }
        let answer = api::answer(own, gateway, &head.method, &trace).await;
        return (answer, None, has_body);
    }
    let Some(place) = gateway.load.enter() else {
        let error = Error::new(Kind::Unavailable, "overloaded", "too many requests are under way").retry_after(1);
        gateway.metrics.refused(error.code());
        return (Answer::problem(&error, &trace), None, body.is_uninvited());
    };
    let Some(table) = gateway.table.load_full() else {
        let error = Error::new(Kind::Unavailable, "not-ready", "the gateway has no routing table yet").retry_after(1);
        return (Answer::problem(&error, &trace), None, true);
    };
    let client = client_of(origin, &head.headers, entry.authority, &gateway.trusted);
    gateway.recent.push(&head.method, client.host(), path, head.uri.query(), &head.headers);
    let route = match find(&table, client.host(), path, &head) {
        Ok(route) => route,
        Err((status, error, allow)) => {
            gateway.metrics.refused(error.code());
            if gateway.live.is_watched() {
                let (method, host, path, route) = (head.method.as_str().into(), client.host().into(), path.into(), String::new());
                let (at, status, trace) = (now_ms(), status.as_u16(), trace.trace_id());
                gateway.live.tell(LiveRequest { at, method, host, path, route, status, micros: 0, bytes: 0, complete: true, trace });
            }
            let mut answer = Answer::problem_as(status, &error, &trace);
            if let Some(allow) = allow {
                answer.headers.insert(header::ALLOW, allow);
            }
            return (answer, None, body.is_uninvited());
        }
    };
    if let Length::Known(length) = entry.length
        && length > route.max_body
    {
        let error = Error::new(Kind::TooLarge, "too-large", format!("at most {} bytes are taken here", route.max_body));
        gateway.metrics.refused(error.code());
        return (Answer::problem(&error, &trace), None, true);
    }
    for (name, value) in entry.stripped.into_iter().filter(|(name, _)| route.allow_headers.contains(name)) {
        head.headers.append(name, value);
    }
    match hops::ends_here(&head.method, &mut head.headers) {
        Ok(false) => {}
        Ok(true) => {
            let path = entry.path.as_deref().unwrap_or_else(|| head.uri.path());
            return (options(&table, client.host(), path, &head), None, has_body);
        }
        Err(refusal) => return refused(gateway, &refusal, &trace),
    }
    if let Some(recorder) = gateway.samples.pick() {
        head.extensions.insert(recorder);
    }
    let mut exchange = Box::new(Exchange::new(head, entry.path, Some(body), entry.length, client, trace, route, worker));
    exchange.span = std::mem::take(span);
    exchange.place = Some(place);
    exchange.live = gateway.live.is_watched().then(|| gateway.live.clone());
    let mut answer = run(&mut exchange).await;
    // What nobody has read is read past, unless the client waits to be asked for it.
    let uninvited = exchange.body.take().is_some_and(|body| body.is_uninvited());
    if (answer.status == StatusCode::SWITCHING_PROTOCOLS) != state.has_tunnel() {
        // A plugin has made something else of the answer.
        state.set_tunnel(None);
        if answer.status == StatusCode::SWITCHING_PROTOCOLS {
            let error = Error::new(Kind::Internal, "internal", "nobody switches");
            answer = Answer::problem(&error, &exchange.trace);
        }
    }
    if state.has_tunnel() {
        exchange.place = None;
        let place = gateway.streams.enter(exchange.client.ip);
        if place.excess > 0 {
            state.set_tunnel(None);
            let refusal = Refusal::too_many("too-many-streams", "this address has too many WebSockets and event streams");
            gateway.metrics.refused(refusal.error.code());
            answer = refusal.answer(&exchange.trace);
        } else {
            state.hold_in_tunnel(place);
        }
    }
    if answer.body.is_events() {
        // It may last for days and does nothing meanwhile: its connection is what it costs.
        exchange.place = None;
        let place = gateway.streams.enter(exchange.client.ip);
        if place.excess > 0 {
            let refusal = Refusal::too_many("too-many-streams", "this address has too many event streams");
            gateway.metrics.refused(refusal.error.code());
            answer = refusal.answer(&exchange.trace);
        } else {
            answer.body.hold(place);
        }
    }
    (answer, Some(exchange), uninvited)
}

fn find(table: &Compiled, host: &str, path: &str, head: &Parts) -> Result<Arc<CompiledRoute>, (StatusCode, Error, Option<HeaderValue>)> {
    let attributes = RequestAttributes { headers: &head.headers, query: head.uri.query() };
    match table.router.find(&Lookup { host, path, method: MethodSet::only(&head.method), attributes: &attributes }) {
        Found::Route(at) => Ok(table.routes[at].clone()),
        Found::WrongMethod(allowed) => {
            let error = Error::new(Kind::Malformed, "method-not-allowed", format!("{} is not allowed here", head.method));
            Err((StatusCode::METHOD_NOT_ALLOWED, error, HeaderValue::from_str(&allowed.allow()).ok()))
        }
        Found::Nothing => Err((StatusCode::NOT_FOUND, Error::new(Kind::NotFound, "not-found", "there is nothing here"), None)),
    }
}

/// Answers an OPTIONS that goes no further.
fn options(table: &Compiled, host: &str, path: &str, head: &Parts) -> Answer {
    let attributes = RequestAttributes { headers: &head.headers, query: head.uri.query() };
    let lookup = Lookup { host, path, method: MethodSet::only(&head.method), attributes: &attributes };
    let answer = Answer::of_upstream(StatusCode::NO_CONTENT, HeaderMap::new(), Body::Bytes(Bytes::new()));
    match HeaderValue::from_str(&table.router.allowed(&lookup).allow()) {
        Ok(allow) => answer.with(header::ALLOW, allow),
        Err(_) => answer,
    }
}

fn refused(gateway: &Gateway, refusal: &Refusal, trace: &TraceParent) -> Answered {
    gateway.metrics.refused(refusal.error.code());
    (refusal.answer(trace), None, refusal.close)
}
