//! The spans of a request: its own, one of each plugin, and one of each attempt at an upstream.

use super::{Answer, CompiledRoute, CompiledStep, Decision, Exchange, trace::AttemptKind};
use fm_sdk::trace::{Span, SpanKind, key};
use http::{Method, StatusCode};
use std::sync::Arc;

/// The id of the route.
pub const ROUTE_ID: &str = "fm.route.id";
/// Whether an attempt is the first one, a retry or a hedge.
const ATTEMPT_KIND: &str = "fm.attempt.kind";
/// The plugin whose attempts have spans of their own.
const PROXY: &str = "proxy";

/// How a method is called in the name of a span: clients may invent some, and names must stay few.
pub fn method(method: &Method) -> &'static str {
    const KNOWN: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"];
    KNOWN.into_iter().find(|known| method == known).unwrap_or("HTTP")
}

/// Ends the span of a request.
pub fn end(span: &mut Span, route: Option<&CompiledRoute>, status: StatusCode, complete: bool) {
    let mut span = std::mem::take(span);
    if let Some(route) = route {
        span.retarget(route.path.clone());
        span.set(key::HTTP_ROUTE, route.path.clone());
        span.set(ROUTE_ID, route.name.clone());
    }
    answered(&mut span, status);
    if !complete {
        span.set(key::CANCELLED, true);
    }
    span.end();
}

/// Begins the span of a step; none where the trace is sampled out, which few of them would tell more about.
pub(super) fn of_plugin(exchange: &Exchange, step: &CompiledStep) -> Span {
    if step.plugin == PROXY || !exchange.trace.is_sampled() {
        return Span::default();
    }
    exchange.span.child(SpanKind::Internal, "plugin", step.plugin)
}

/// Ends it.
pub(super) fn end_plugin(mut span: Span, decision: &Decision, exchange: &Exchange) {
    if span.context().is_some() {
        match decision {
            Decision::Pass => {}
            Decision::Answer(answer) => answered(&mut span, answer.status),
            Decision::Fail(error) => {
                answered(&mut span, Answer::problem(error, &exchange.trace).status);
                span.error_type(error.code().to_owned());
            }
        }
    }
    span.end();
}

/// Begins the span of an attempt.
pub fn of_attempt(exchange: &Exchange, kind: AttemptKind, service: &Arc<str>, instance: &str) -> Span {
    let name = method(&exchange.head.method);
    let mut span = exchange.span.child(SpanKind::Client, name, service.clone());
    if span.context().is_some() {
        span.set(key::HTTP_METHOD, name);
        span.set(key::PEER_SERVICE, service.clone());
        span.set(key::PEER_INSTANCE, instance.to_owned());
        let kind = match kind {
            AttemptKind::First => "first",
            AttemptKind::Retry => "retry",
            AttemptKind::Hedge => "hedge",
        };
        span.set(ATTEMPT_KIND, kind);
    }
    span
}

/// Notes the status of an answer.
pub fn answered(span: &mut Span, status: StatusCode) {
    span.set(key::HTTP_STATUS, status.as_u16());
    if status.is_server_error() {
        span.fail(status.as_str().to_owned());
    }
}
