use super::Runtime;
use crate::{
    Envelope, Result,
    trace::{SpanKind, TraceParent, key},
};

impl Runtime {
    /// Gives a message to the broker, as a step of the trace that caused it; what handles the message continues from that step. A message that
    /// the broker did not take makes no span: it comes again, perhaps every half second for hours.
    pub(crate) async fn publish(&self, mut m: Envelope) -> Result<()> {
        let cause = m.trace.as_deref().and_then(|t| t.parse::<TraceParent>().ok());
        let mut span = self.tracer.begin(SpanKind::Producer, "send", m.name.clone(), cause);
        if let Some(trace) = span.context() {
            m.trace = Some(trace.to_string());
            span.set(key::MESSAGING_SYSTEM, self.transport.system());
            span.set(key::MESSAGING_OPERATION, "send");
            span.set(key::MESSAGING_DESTINATION, m.name.clone());
            span.set(key::MESSAGING_ID, m.id.clone());
            span.set(key::OUTBOX_WAIT, (crate::time::now_ms() - m.at_ms).max(0));
        }
        let sent = self.transport.publish(m).await;
        match &sent {
            Ok(()) => span.end(),
            Err(_) => span.discard(),
        }
        sent
    }
}
