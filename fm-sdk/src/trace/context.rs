//! The span at hand, known anywhere below the future that runs in it.

use super::{Span, SpanKind, Text, TraceParent, segment::Segment};
use std::{future::Future, sync::Arc};
use tokio::task_local;

task_local! {
    static CURRENT: Context;
}

struct Context {
    at: TraceParent,
    /// Takes the spans of what is done here; absent where a trace only passes through.
    segment: Option<Arc<Segment>>,
}

/// Runs a future as a part of the trace: [`current`] gives it anywhere below. No spans are made there.
pub async fn scope<F: Future>(trace: TraceParent, future: F) -> F::Output {
    CURRENT.scope(Context { at: trace, segment: None }, future).await
}

/// Runs a future as a part of the span: what the SDK does in it makes spans below this one.
pub async fn in_span<F: Future>(span: &Span, future: F) -> F::Output {
    match span.place() {
        Some((at, segment)) => CURRENT.scope(Context { at, segment: Some(segment) }, future).await,
        None => future.await,
    }
}

/// Does something as a part of the trace that a message carries, if it carries one: log lines about the message then name it.
pub(crate) fn of_message<T>(traceparent: Option<&str>, f: impl FnOnce() -> T) -> T {
    match traceparent.and_then(|t| t.parse().ok()) {
        Some(at) => CURRENT.sync_scope(Context { at, segment: None }, f),
        None => f(),
    }
}

/// Gives the trace of the request or message that is being handled.
#[must_use]
pub fn current() -> Option<TraceParent> {
    CURRENT.try_with(|c| c.at).ok()
}

/// Begins a span below the one at hand. Outside of one it does nothing, nor is `target` asked.
pub(crate) fn child<T: Into<Text>>(kind: SpanKind, verb: &'static str, target: impl FnOnce() -> T) -> Span {
    let begin = |c: &Context| c.segment.as_ref().map(|s| s.begin(c.at, kind, verb, target().into()));
    CURRENT.try_with(begin).ok().flatten().unwrap_or_default()
}

/// Gives what to send along with what this span asks for: its own context, or, without one, a new step of the trace at hand.
pub(crate) fn outgoing(span: &Span) -> Option<TraceParent> {
    span.context().or_else(|| current().map(|t| t.child()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_current_trace_is_known_inside_its_scope_only() {
        let trace = TraceParent::start();
        assert_eq!(current(), None);
        assert_eq!(scope(trace, async { current() }).await, Some(trace));
        assert_eq!(current(), None);
    }

    #[tokio::test]
    async fn no_span_is_begun_where_a_trace_only_passes_through() {
        let untold = || -> &'static str { panic!("nobody needs its name") };
        assert!(child(SpanKind::Client, "GET", untold).context().is_none());
        scope(TraceParent::start(), async { assert!(child(SpanKind::Client, "GET", untold).context().is_none()) }).await;
    }
}
