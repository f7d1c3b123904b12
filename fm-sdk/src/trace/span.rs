//! A span that has not ended.

use super::{
    SpanKind, SpanRecord, SpanStatus, Text, TraceParent, Value, key,
    record::{MAX_ATTRIBUTES, MAX_LINKS},
    segment::Segment,
};
use std::{fmt, sync::Arc, time::Instant};

/// One step of a trace, from its beginning to [`Span::end`]. Dropped before that, it ends as cancelled, or as failed by a
/// panic. Without a trace it does nothing.
#[derive(Default)]
#[must_use = "a span ends when it is dropped"]
pub struct Span(Option<Box<Open>>);

pub(super) struct Open {
    pub record: SpanRecord,
    pub context: TraceParent,
    pub started: Instant,
    pub segment: Arc<Segment>,
}

impl Span {
    pub(super) fn new(open: Open) -> Self {
        Span(Some(Box::new(open)))
    }
    /// Gives what is sent along with whatever this span causes.
    #[must_use]
    pub fn context(&self) -> Option<TraceParent> {
        self.0.as_ref().map(|open| open.context)
    }
    /// Gives the id of its trace if that is kept: what metrics refer to.
    pub(crate) fn sampled_trace(&self) -> Option<String> {
        self.context().filter(TraceParent::is_sampled).map(|context| context.trace_id())
    }
    pub(super) fn place(&self) -> Option<(TraceParent, Arc<Segment>)> {
        self.0.as_ref().map(|open| (open.context, open.segment.clone()))
    }
    /// Begins a span below this one, also after this one's end.
    pub fn child(&self, kind: SpanKind, verb: &'static str, target: impl Into<Text>) -> Span {
        match &self.0 {
            Some(open) => open.segment.begin(open.context, kind, verb, target.into()),
            None => Span::default(),
        }
    }
    /// Names what it is done with, where that is known later.
    pub fn retarget(&mut self, target: impl Into<Text>) {
        if let Some(open) = &mut self.0 {
            open.record.target = target.into();
        }
    }
    /// Sets an attribute; one that is there already is replaced. Of more than 16 the rest is left out.
    pub fn set(&mut self, key: &'static str, value: impl Into<Value>) {
        let Some(open) = &mut self.0 else { return };
        let attributes = &mut open.record.attributes;
        if let Some((_, old)) = attributes.iter_mut().find(|(k, _)| *k == key) {
            *old = value.into();
        } else if attributes.len() < MAX_ATTRIBUTES {
            if attributes.is_empty() {
                attributes.reserve_exact(6);
            }
            attributes.push((key, value.into()));
        }
    }
    /// Says that it has to do with another span. Of more than 8 the rest is left out.
    pub fn link(&mut self, other: TraceParent) {
        if let Some(open) = &mut self.0
            && open.record.links.len() < MAX_LINKS
        {
            open.record.links.push(other);
        }
    }
    /// Says that it failed, and of which class the error is: a stable code, never a message.
    pub fn fail(&mut self, class: impl Into<Text>) {
        if let Some(open) = &mut self.0 {
            open.record.status = SpanStatus::Error;
        }
        self.set(key::ERROR_TYPE, class.into());
    }
    /// Says of which class an error is that the other side has made, so that this span did not fail.
    pub fn error_type(&mut self, class: impl Into<Text>) {
        self.set(key::ERROR_TYPE, class.into());
    }
    /// Ends it.
    pub fn end(mut self) {
        self.finish();
    }
    /// Forgets it.
    pub fn discard(mut self) {
        self.0 = None;
    }
    fn finish(&mut self) {
        if let Some(open) = self.0.take() {
            let segment = open.segment.clone();
            segment.end(*open);
        }
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        if self.0.is_some() {
            if std::thread::panicking() {
                self.fail("panic");
            } else {
                self.set(key::CANCELLED, true);
            }
            self.finish();
        }
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Span").field(&self.context().map(|c| c.to_string())).finish()
    }
}
