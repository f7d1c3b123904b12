use super::{Bus, bus::seal};
use crate::{
    BoxFuture, Call, Envelope, Error, MessageKind, Reply, ResultExt,
    trace::{self, SpanKind, key},
};
use std::{future::IntoFuture, marker::PhantomData, time::Duration};
use tokio::time::Instant;

/// How long a call waits if nobody says otherwise.
const DEFAULT: Duration = Duration::from_secs(5);

/// A call on its way; awaiting it sends it.
#[must_use = "a call is sent when awaited"]
pub struct Calling<M: Call> {
    bus: Bus,
    envelope: crate::Result<Envelope>,
    within: Duration,
    m: PhantomData<fn() -> M>,
}

impl<M: Call> Calling<M> {
    pub(super) fn new(bus: Bus, m: &M) -> Self {
        let envelope = Envelope::new(MessageKind::Call, M::AT, m, &bus.rt.service);
        Calling { bus, envelope, within: DEFAULT, m: PhantomData }
    }
    /// Sets the deadline (5 s if not set); the remaining deadline of the call that is being answered wins if it is nearer.
    pub fn within(mut self, d: Duration) -> Self {
        self.within = d;
        self
    }
}

impl<M: Call> IntoFuture for Calling<M> {
    type Output = Reply<M::Reply>;
    type IntoFuture = BoxFuture<'static, Reply<M::Reply>>;
    fn into_future(self) -> Self::IntoFuture {
        let remaining = self.bus.deadline.map(|d| d.saturating_duration_since(Instant::now()));
        let within = self.within.min(remaining.unwrap_or(Duration::MAX));
        Box::pin(async move {
            if within.is_zero() {
                return Err(Error::timed_out(false));
            }
            let rt = &self.bus.rt;
            M::SENDERS.check_sent(M::AT, &rt.service)?;
            let mut m = seal(rt, self.bus.caller.as_ref(), self.envelope?, M::SENDERS)?;
            let mut span = trace::child(SpanKind::Client, "call", || M::AT);
            span.set(key::MESSAGING_SYSTEM, rt.transport.system());
            span.set(key::MESSAGING_OPERATION, "send");
            span.set(key::MESSAGING_DESTINATION, M::AT);
            if let Some(trace) = span.context() {
                span.set(key::MESSAGING_ID, m.id.clone());
                m.trace = Some(trace.to_string());
            }
            let started = Instant::now();
            let reply = rt.transport.request(m, within).await;
            if let Err(e) = &reply {
                span.fail(e.code().to_owned());
            }
            let sampled = span.sampled_trace();
            span.end();
            rt.metrics.called_in(sampled, M::AT, reply.as_ref().map_or_else(Error::code, |_| "ok"), started.elapsed().as_secs_f64());
            serde_json::from_str(&reply?).internal()
        })
    }
}
