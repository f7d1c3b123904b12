//! The part of a trace that belongs to one request or message in this process: collected until that ends, then kept or forgotten as a whole.

use super::{
    SpanKind, SpanRecord, SpanStatus, Text, TraceParent, Tracer,
    span::{Open, Span},
};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

/// The most spans of one request or message; further ones are dropped and counted.
const MAX_SPANS: usize = 256;

pub(super) struct Segment {
    tracer: Tracer,
    /// When it began, by both clocks: times of spans are differences of the one that is never set.
    began_us: i64,
    began: Instant,
    state: Mutex<State>,
}

enum State {
    /// The request or message has not ended.
    Collecting(Vec<SpanRecord>),
    /// It has, and what ends after it is kept, too.
    Kept,
    Forgotten,
}

impl Segment {
    pub(super) fn new(tracer: Tracer) -> Arc<Self> {
        let state = Mutex::new(State::Collecting(Vec::new()));
        Arc::new(Segment { tracer, began_us: crate::time::now_us(), began: Instant::now(), state })
    }

    /// Begins a span below another one.
    pub(super) fn begin(self: &Arc<Self>, parent: TraceParent, kind: SpanKind, verb: &'static str, target: Text) -> Span {
        self.open(parent.child(), parent.span(), kind, verb, target, false)
    }

    pub(super) fn open(
        self: &Arc<Self>,
        context: TraceParent,
        parent: u64,
        kind: SpanKind,
        verb: &'static str,
        target: Text,
        is_local_root: bool,
    ) -> Span {
        let since = self.began.elapsed();
        let record = SpanRecord {
            trace: context.id().0,
            span: context.span(),
            parent,
            is_local_root,
            kind,
            verb,
            target,
            start_us: self.began_us + since.as_micros() as i64,
            duration_us: 0,
            status: SpanStatus::Unset,
            attributes: Vec::new(),
            links: Vec::new(),
        };
        Span::new(Open { record, context, started: self.began + since, segment: self.clone() })
    }

    /// Takes a span that has ended.
    pub(super) fn end(&self, open: Open) {
        let Open { mut record, context, started, .. } = open;
        record.duration_us = started.elapsed().as_micros() as u64;
        let mut state = self.state();
        if record.is_local_root {
            let (failed, slow) = (record.status == SpanStatus::Error, self.tracer.is_slow(record.duration_us));
            let keeps = context.is_sampled() || failed || slow;
            let next = if keeps { State::Kept } else { State::Forgotten };
            let State::Collecting(mut spans) = std::mem::replace(&mut *state, next) else { return };
            drop(state);
            if keeps {
                spans.push(record);
                self.tracer.keep(spans, failed || slow);
            } else {
                self.tracer.forgot(spans.len() + 1);
            }
            return;
        }
        match &mut *state {
            State::Collecting(spans) if spans.len() < MAX_SPANS => spans.push(record),
            State::Collecting(_) => {
                drop(state);
                self.tracer.dropped(1);
            }
            State::Kept => {
                drop(state);
                self.tracer.keep(vec![record], false);
            }
            State::Forgotten => {
                drop(state);
                self.tracer.forgot(1);
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
