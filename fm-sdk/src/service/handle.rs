//! The one path of every message, whatever the transport.

use super::{
    Cx, Handler, Service,
    middleware::{self, Invocation},
};
use crate::{
    Bus, Envelope, Error, Identity, Kind, MessageKind, Result, Runtime, Work,
    bus::transport::{Audience, Outcome},
    http::problem::status_of,
    trace::{self, Span, SpanKind, TraceParent, key},
    work::Out,
};
use futures::FutureExt;
use std::{
    future::Future,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering::Relaxed},
};
use tokio::time::Instant;

/// How a message came: see [`Delivery`](crate::bus::transport::Delivery).
#[derive(Clone, Copy)]
pub(crate) struct DeliveryInfo {
    pub audience: Audience,
    pub deadline: Option<Instant>,
    pub redelivered: bool,
    /// How often the service tries a message whose handler does not say.
    pub attempts: u32,
}

impl<S: Send + Sync + 'static> Service<S> {
    pub(crate) async fn handle(&self, rt: &Arc<Runtime>, m: Envelope, info: DeliveryInfo) -> Outcome {
        let DeliveryInfo { audience, deadline, .. } = info;
        let handler = self.handlers.iter().find(|h| h.subscription.audience == audience && h.subscription.name == m.name);
        if let Some((handler, collector)) = handler.and_then(|h| Some((h, h.collector.as_ref()?))) {
            return collector.join(m, info, |batch| self.handle_batch(rt, handler, batch)).await;
        }
        let _turn = match handler {
            Some(handler) => handler.turn().await,
            None => None,
        };
        if deadline.is_some_and(|d| d <= Instant::now()) {
            return Outcome::Fault(Error::timed_out(false).fault());
        }
        let tried = Try::begin(rt, &m, audience);
        let result = tried.run(&m, self.attempt(rt, &m, info, handler)).await;
        tried.end(rt, &m, info, handler, result)
    }

    async fn attempt(&self, rt: &Arc<Runtime>, m: &Envelope, info: DeliveryInfo, handler: Option<&Handler<S>>) -> Result<String> {
        let DeliveryInfo { audience, deadline, redelivered, .. } = info;
        let handler = handler.ok_or_else(|| unknown(&m.name))?;
        let caller = identify(rt, m, audience)?;
        handler.message.senders.check_received(&m.name, caller.as_ref().and_then(Identity::act))?;
        let remembered = audience != Audience::EachInstance;
        let op = op(m);
        // A call is sent once. Whoever replays one with an access token could as well make a new one; only a token that is bound to its
        // message is good for one time.
        let new = audience == Audience::Call && !redelivered && caller.as_ref().is_none_or(|who| who.act().is_none());
        if remembered
            && !new
            && let Some(done) = rt.store.finished(&op).await?
        {
            rt.metrics.duplicate(&m.name);
            return Ok(done.reply.unwrap_or_else(|| "null".into()));
        }
        let trail = rt.trails().begin();
        let bus = Bus { rt: rt.clone(), caller, trail: trail.clone(), deadline: handler.deadline(deadline) };
        let last = Arc::new(Mutex::new(Out::new(&bus)));
        let invocation = Invocation::new(audience.into(), m.name.clone(), bus.caller.clone(), m.attempt);
        let cx = Cx {
            state: self.state.clone(),
            attempt: m.attempt,
            version: m.subject.as_ref().map(|s| s.version),
            at_ms: m.at_ms,
            work: Work::new(bus.clone(), remembered.then(|| op.clone())).within(invocation.context().clone()),
            last: last.clone(),
        };
        let attempt = middleware::run(&self.layers, &invocation, handler.attempt(m.body.clone(), cx));
        let reply = caught(attempt).await?;
        let last = std::mem::replace(&mut *last.lock().unwrap_or_else(PoisonError::into_inner), Out::new(&bus)).sealed()?;
        if remembered && (trail.wrote.load(Relaxed) || !last.is_empty()) {
            let speaks = !last.is_empty();
            rt.store.finish(&op, (audience == Audience::Call).then(|| reply.clone()), last).await?;
            if speaks {
                rt.relay.wake();
            }
        }
        Ok(reply)
    }
}

/// One attempt at one message: its span, its time, its outcome.
pub(super) struct Try {
    span: Span,
    trace: TraceParent,
    started: Instant,
}

impl Try {
    pub fn begin(rt: &Runtime, m: &Envelope, audience: Audience) -> Self {
        let span = begin(rt, m, audience);
        let trace = span.context().or_else(|| parent(m)).unwrap_or_else(TraceParent::start);
        Try { span, trace, started: Instant::now() }
    }
    /// Runs a part of the attempt within its span.
    pub async fn within<T>(&self, part: impl Future<Output = T>) -> T {
        trace::scope(self.trace, trace::in_span(&self.span, part)).await
    }
    /// Runs the attempt, and logs why it failed.
    pub async fn run<T>(&self, m: &Envelope, attempt: impl Future<Output = Result<T>>) -> Result<T> {
        let attempt = async {
            let result = attempt.await;
            if let Err(e) = &result {
                log::warn!(name = m.name.as_str(), id = m.id.as_str(), attempt = m.attempt; "work: a message could not be handled: {}", e.chain());
            }
            result
        };
        self.within(attempt).await
    }
    /// Counts it, and says what becomes of the message.
    pub fn end<S>(
        mut self,
        rt: &Runtime,
        m: &Envelope,
        info: DeliveryInfo,
        handler: Option<&Handler<S>>,
        result: Result<String>,
    ) -> Outcome {
        let audience = info.audience;
        let attempts = handler.and_then(|h| h.subscription.options.attempts).unwrap_or(info.attempts);
        conclude(&mut self.span, &result, audience, m.attempt >= attempts);
        let sampled = self.span.sampled_trace();
        self.span.end();
        let outcome = result.as_ref().map_or_else(Error::code, |_| "ok");
        rt.metrics.handled(sampled, audience.label(), &m.name, outcome, self.started.elapsed().as_secs_f64());
        match (result, audience) {
            (Ok(reply), Audience::Call) => Outcome::Reply(reply),
            (Ok(_), _) => Outcome::Ack,
            (Err(e), Audience::Call) => Outcome::Fault(e.fault()),
            (Err(e), _) if e.is_permanent() => Outcome::Reject(e),
            (Err(e), _) => Outcome::Retry(e),
        }
    }
}

/// What marks the documents that a message changes, and its row in the inbox.
pub(super) fn op(m: &Envelope) -> String {
    format!("{}/{}", m.name, m.id)
}

/// A panic fails the attempt.
pub(super) async fn caught<T>(attempt: impl Future<Output = Result<T>>) -> Result<T> {
    AssertUnwindSafe(attempt).catch_unwind().await.unwrap_or_else(|panic| Err(panicked(&*panic)))
}

fn parent(m: &Envelope) -> Option<TraceParent> {
    m.trace.as_deref().and_then(|t| t.parse().ok())
}

/// Begins the span of one attempt.
fn begin(rt: &Runtime, m: &Envelope, audience: Audience) -> Span {
    let (parent, name) = (parent(m), Arc::<str>::from(m.name.as_str()));
    let kind = if audience == Audience::Call { SpanKind::Server } else { SpanKind::Consumer };
    let mut span = rt.tracer.begin(kind, "process", name.clone(), parent);
    if span.context().is_some() {
        span.set(key::MESSAGING_SYSTEM, rt.transport.system());
        span.set(key::MESSAGING_OPERATION, "process");
        span.set(key::MESSAGING_DESTINATION, name);
        span.set(key::MESSAGING_ID, m.id.clone());
        span.set(key::MESSAGING_GROUP, rt.service.clone());
        span.set(key::MESSAGING_ATTEMPT, m.attempt);
        if let Some(sender) = parent {
            span.link(sender);
        }
    }
    span
}

/// Says in the span how the attempt ended. A caller's mistake is no failure of the one who answers.
fn conclude(span: &mut Span, result: &Result<String>, audience: Audience, is_last: bool) {
    let outcome = match (result, audience) {
        (Ok(_), Audience::Call) => "reply",
        (Ok(_), _) => "ack",
        (Err(_), Audience::Call) => "fault",
        (Err(e), Audience::EachInstance) if e.is_permanent() || is_last => "dropped",
        (Err(e), _) if e.is_permanent() || is_last => "dead_letter",
        (Err(_), _) => "retry",
    };
    span.set(key::MESSAGING_OUTCOME, outcome);
    match result {
        Err(e) if audience == Audience::Call && !status_of(e.kind()).is_server_error() => span.error_type(e.code().to_owned()),
        Err(e) => span.fail(e.code().to_owned()),
        Ok(_) => {}
    }
}

/// For whom a message acts. Events and commands must carry a delegation token bound to them; a call may be anonymous. Where a message
/// was taken from tells what it is: one that calls itself something else would choose the weaker check.
pub(super) fn identify(rt: &Runtime, m: &Envelope, audience: Audience) -> Result<Option<Identity>> {
    let kind = match audience {
        Audience::Call => MessageKind::Call,
        Audience::Command => MessageKind::Command,
        Audience::Service | Audience::EachInstance => MessageKind::Event,
    };
    if m.kind != kind {
        let why = format!("{} calls itself a message of the kind {:?} and came as {kind:?}", m.name, m.kind);
        return Err(Error::new(Kind::Forbidden, "message-kind", why).permanent());
    }
    if kind == MessageKind::Call && m.token.is_none() {
        return Ok(None);
    }
    rt.verifier.verify_envelope(m).map(Some)
}

fn unknown(name: &str) -> Error {
    Error::new(Kind::Unavailable, "message-unknown", format!("this version does not know {name}"))
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> Error {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string).or_else(|| panic.downcast_ref::<String>().cloned());
    Error::new(Kind::Internal, "panic", format!("the handler panicked: {}", text.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::DeliveryInfo;
    use crate::{
        Call, Cx, Envelope, MessageKind, Service,
        bus::transport::{Audience, Outcome},
        messages,
        testing::MockBus,
    };
    use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

    messages! {
        call "fm-x/count" Count { n: u32 } -> u32;
        call "fm-x/reset" from "fm-y" Reset {} -> bool;
        event "thing.made" from "fm-maker" Made { n: u32 }
        event "thing.heard" from "fm-x" Heard { n: u32 }
    }

    #[actix_rt::test]
    async fn a_message_that_comes_again_is_counted_as_a_duplicate() {
        let service = Service::new("fm-x", ()).on(async |m: Made, cx: Cx<()>| cx.publish(Heard { n: m.n }));
        let bus = MockBus::for_service(service);
        let counted = || bus.bus().rt.metrics.text().lines().any(|l| l == r#"messages_duplicate_total{name="thing.made"} 1"#);
        bus.deliver(Made { n: 1 }).await.acked();
        assert!(!counted());
        bus.redeliver().await.acked();
        assert!(counted(), "{}", bus.bus().rt.metrics.text());
        assert_eq!(bus.published::<Heard>().one().n, 1);
    }

    #[actix_rt::test]
    async fn a_token_bound_to_a_call_is_good_for_one_time_also_if_the_broker_says_that_the_call_is_new() {
        let service = Service::new("fm-x", AtomicU32::new(0)).call(async |m: Count, cx: Cx<AtomicU32>| {
            cx.publish(Heard { n: m.n })?;
            Ok(cx.state.fetch_add(1, SeqCst))
        });
        let bus = MockBus::for_service(service.clone());
        let rt = bus.bus().rt;
        let mut m = Envelope::new(MessageKind::Call, Count::AT, &Count { n: 1 }, "fm-x").unwrap();
        rt.delegate.seal(&mut m, None).unwrap();
        for _ in 0..2 {
            let info = DeliveryInfo { audience: Audience::Call, deadline: None, redelivered: false, attempts: 6 };
            let outcome = service.handle(&rt, m.clone(), info).await;
            assert!(matches!(&outcome, Outcome::Reply(n) if n == "0"), "{outcome:?}");
        }
        assert_eq!(service.state.load(SeqCst), 1);
    }

    #[actix_rt::test]
    async fn a_call_with_declared_senders_is_refused_to_users_and_strangers_whatever_source_it_claims() {
        let service = Service::new("fm-x", ()).call(async |_: Reset, _: Cx<()>| Ok(true));
        let bus = MockBus::for_service(service.clone()).user("u1", &["things:write"]);
        let rt = bus.bus().rt;
        let token = bus.identity().token().to_string();
        for token in [None, Some(token)] {
            let m = Envelope { token, ..Envelope::new(MessageKind::Call, Reset::AT, &Reset {}, "fm-y").unwrap() };
            let info = DeliveryInfo { audience: Audience::Call, deadline: None, redelivered: false, attempts: 6 };
            let outcome = service.handle(&rt, m, info).await;
            assert!(matches!(&outcome, Outcome::Fault(f) if f.code == "sender-undeclared"), "{outcome:?}");
        }
        assert!(bus.call(Reset {}).await.unwrap());
        assert_eq!(bus.from("fm-z").call(Reset {}).await.unwrap_err().code(), "sender-undeclared");
    }
}
