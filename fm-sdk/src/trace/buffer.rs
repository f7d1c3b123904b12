//! Keeps spans by trace in bounded memory: the oldest traces make room for new ones, slow and failed ones last.

use super::{SpanRecord, SpanStatus, TraceId, TraceSummary, metrics::TraceMetrics, recent::rank};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Each trace lies in one shard, so that requests seldom wait for each other.
const SHARDS: usize = 8;
/// The most spans of one trace: a caller chooses its trace id and may send the same one always.
const MAX_SPANS_PER_TRACE: usize = 1024;
/// What a trace takes beside its spans, in bytes: its places in the map and in the queue.
const PER_TRACE: usize = 160;
/// Notable traces make room for others from here on, in percent of all memory, so that a flood of failures leaves something to compare with.
const NOTABLE_PERCENT: usize = 75;

pub(super) struct Buffer {
    shards: Vec<Mutex<Shard>>,
    /// The most bytes of one shard.
    limit: usize,
    metrics: TraceMetrics,
}

#[derive(Default)]
struct Shard {
    traces: HashMap<u128, Kept>,
    /// Traces in the order in which they came; an entry counts if its number is the trace's.
    plain: VecDeque<(u64, u128)>,
    notable: VecDeque<(u64, u128)>,
    bytes: usize,
    notable_bytes: usize,
    numbers: u64,
}

struct Kept {
    spans: Vec<SpanRecord>,
    bytes: usize,
    /// Slow or failed.
    is_notable: bool,
    number: u64,
}

impl Buffer {
    pub(super) fn new(bytes: usize, metrics: TraceMetrics) -> Self {
        Buffer { shards: (0..SHARDS).map(|_| Mutex::default()).collect(), limit: bytes / SHARDS, metrics }
    }

    /// Keeps spans of one trace.
    pub(super) fn add(&self, spans: Vec<SpanRecord>, is_notable: bool) {
        let Some(trace) = spans.first().map(|s| s.trace) else { return };
        let mut shard = self.shard(trace);
        let (bytes_before, spans_before) = (shard.bytes, spans.len());
        let added = shard.add(trace, spans, is_notable);
        let evicted = shard.make_room(self.limit);
        let bytes_after = shard.bytes;
        drop(shard);
        self.metrics.dropped.inc_by((spans_before - added) as u64);
        self.metrics.evicted.inc_by(evicted as u64);
        self.metrics.kept.inc_by(added as i64 - evicted as i64);
        self.metrics.bytes.inc_by(bytes_after as i64 - bytes_before as i64);
    }

    pub(super) fn trace(&self, id: TraceId) -> Vec<SpanRecord> {
        self.shard(id.0).traces.get(&id.0).map(|kept| kept.spans.clone()).unwrap_or_default()
    }

    /// The traces whose first span here fits, by that span and the summary.
    pub(super) fn summaries(&self, fits: impl Fn(&TraceSummary, &SpanRecord) -> bool) -> Vec<TraceSummary> {
        let mut found = Vec::new();
        for shard in &self.shards {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            let all = shard.traces.iter().filter_map(|(id, kept)| kept.summary(*id));
            found.extend(all.filter(|(summary, first)| fits(summary, first)).map(|(summary, _)| summary));
        }
        found
    }

    fn shard(&self, trace: u128) -> MutexGuard<'_, Shard> {
        // A caller that chooses its ids may fill one shard, and no more than that.
        self.shards[(trace % SHARDS as u128) as usize].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shard {
    /// How many of the spans have found room.
    fn add(&mut self, trace: u128, mut spans: Vec<SpanRecord>, is_notable: bool) -> usize {
        self.numbers += 1;
        let number = self.numbers;
        let kept = self.traces.entry(trace).or_insert_with(|| {
            self.bytes += PER_TRACE;
            Kept { spans: Vec::new(), bytes: PER_TRACE, is_notable: false, number: 0 }
        });
        spans.truncate(MAX_SPANS_PER_TRACE.saturating_sub(kept.spans.len()));
        let (added, heap): (usize, usize) = (spans.len(), spans.iter().map(SpanRecord::heap).sum());
        let places = kept.spans.capacity();
        match kept.spans.is_empty() {
            true => kept.spans = spans,
            false => kept.spans.append(&mut spans),
        }
        let bytes = heap + (kept.spans.capacity() - places) * size_of::<SpanRecord>();
        kept.bytes += bytes;
        self.bytes += bytes;
        let becomes_notable = is_notable && !kept.is_notable;
        if kept.is_notable {
            self.notable_bytes += bytes;
        } else if becomes_notable {
            kept.is_notable = true;
            self.notable_bytes += kept.bytes;
        }
        if becomes_notable || kept.number == 0 {
            kept.number = number;
            let queue = if kept.is_notable { &mut self.notable } else { &mut self.plain };
            queue.push_back((number, trace));
        }
        added
    }

    /// How many spans had to go.
    fn make_room(&mut self, limit: usize) -> usize {
        let mut evicted = 0;
        while self.bytes > limit {
            let of_notable = self.notable_bytes > limit / 100 * NOTABLE_PERCENT;
            let Some(trace) = self.oldest(of_notable).or_else(|| self.oldest(!of_notable)) else { break };
            let Some(kept) = self.traces.remove(&trace) else { break };
            self.bytes -= kept.bytes;
            self.notable_bytes -= if kept.is_notable { kept.bytes } else { 0 };
            evicted += kept.spans.len();
        }
        // What became notable has left its first entry behind.
        if self.plain.len() > 2 * self.traces.len() + 64 {
            self.plain.retain(|(number, trace)| self.traces.get(trace).is_some_and(|kept| kept.number == *number));
        }
        evicted
    }

    fn oldest(&mut self, of_notable: bool) -> Option<u128> {
        let queue = if of_notable { &mut self.notable } else { &mut self.plain };
        while let Some((number, trace)) = queue.pop_front() {
            if self.traces.get(&trace).is_some_and(|kept| kept.number == number) {
                return Some(trace);
            }
        }
        None
    }
}

impl Kept {
    fn summary(&self, id: u128) -> Option<(TraceSummary, &SpanRecord)> {
        let roots = || self.spans.iter().filter(|s| s.is_local_root);
        let first = roots().min_by_key(|s| (rank(s.kind), s.start_us))?;
        let summary = TraceSummary {
            trace_id: TraceId(id).to_string(),
            service: String::new(),
            instance: String::new(),
            name: first.name(),
            start_us: first.start_us,
            duration_us: first.duration_us,
            failed: roots().any(|s| s.status == SpanStatus::Error),
            spans: self.spans.len(),
        };
        Some((summary, first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::{SpanKind, Value};

    const MIB: usize = 1024 * 1024;

    fn record(trace: u128, start_us: i64) -> SpanRecord {
        SpanRecord {
            trace,
            span: 1,
            parent: 0,
            is_local_root: true,
            kind: SpanKind::Server,
            verb: "GET",
            target: "/api/cars/{id}".to_owned().into(),
            start_us,
            duration_us: 900,
            status: SpanStatus::Unset,
            attributes: (0..6).map(|_| ("http.route", Value::from("/api/cars/{id}".to_owned()))).collect(),
            links: Vec::new(),
        }
    }
    fn has(buffer: &Buffer, trace: u128) -> bool {
        !buffer.trace(TraceId(trace)).is_empty()
    }

    #[test]
    fn twenty_mib_keep_ten_thousand_spans_and_no_more_than_twenty_mib() {
        let metrics = TraceMetrics::default();
        let buffer = Buffer::new(20 * MIB, metrics.clone());
        for n in 1..=200_000 {
            buffer.add(vec![record(n, n as i64)], false);
        }
        assert!(metrics.kept.get() >= 10_000, "{}", metrics.kept.get());
        assert!((19 * MIB as i64..=20 * MIB as i64).contains(&metrics.bytes.get()), "{}", metrics.bytes.get());
        assert_eq!(metrics.kept.get() + metrics.evicted.get() as i64, 200_000);
        assert!(has(&buffer, 200_000) && !has(&buffer, 1));
    }

    #[test]
    fn places_for_spans_that_no_span_takes_count_too() {
        let metrics = TraceMetrics::default();
        let buffer = Buffer::new(MIB, metrics.clone());
        let mut spans = Vec::with_capacity(100);
        spans.push(record(8, 1));
        buffer.add(spans, false);
        assert!(metrics.bytes.get() >= 100 * size_of::<SpanRecord>() as i64, "{}", metrics.bytes.get());
    }

    #[test]
    fn notable_traces_outlive_others_and_leave_room_for_them() {
        let buffer = Buffer::new(MIB, TraceMetrics::default());
        buffer.add(vec![record(1, 1)], true);
        for n in 2..=20_000 {
            buffer.add(vec![record(n, 1)], false);
        }
        assert!(has(&buffer, 1) && !has(&buffer, 2));
        for n in 20_001..=60_000 {
            buffer.add(vec![record(n, 1)], true);
        }
        assert!(!has(&buffer, 1), "newer failures take the place of older ones");
        let plain = (2..=20_000).filter(|n| has(&buffer, *n)).count();
        assert!(plain > 100, "{plain}");
    }

    #[test]
    fn a_trace_that_fails_later_is_notable_as_a_whole() {
        let buffer = Buffer::new(MIB, TraceMetrics::default());
        buffer.add(vec![record(8, 1)], false);
        buffer.add(vec![record(8, 2)], true);
        for n in 9..=20_000 {
            buffer.add(vec![record(n, 1)], false);
        }
        assert_eq!(buffer.trace(TraceId(8)).len(), 2);
    }

    #[test]
    fn one_trace_id_for_all_requests_takes_no_more_than_its_share() {
        let metrics = TraceMetrics::default();
        let buffer = Buffer::new(MIB, metrics.clone());
        for _ in 0..5_000 {
            buffer.add(vec![record(8, 1)], true);
        }
        assert!(metrics.bytes.get() <= (MIB / SHARDS) as i64, "{}", metrics.bytes.get());
        assert!(metrics.dropped.get() + metrics.evicted.get() >= 3_900);
        let shard = buffer.shards[0].lock().unwrap();
        assert!(shard.plain.len() + shard.notable.len() < 200);
    }

    #[test]
    fn obsolete_entries_do_not_accumulate() {
        let buffer = Buffer::new(MIB, TraceMetrics::default());
        buffer.add(vec![record(8, 1)], false);
        for n in 2..=20_000 {
            buffer.add(vec![record(n * 8, 1)], false);
            buffer.add(vec![record(n * 8, 1)], true);
        }
        let shard = buffer.shards[0].lock().unwrap();
        assert!(shard.plain.len() <= 2 * shard.traces.len() + 65, "{} for {}", shard.plain.len(), shard.traces.len());
        assert_eq!(shard.bytes, shard.traces.values().map(|kept| kept.bytes).sum::<usize>());
        assert_eq!(shard.notable_bytes, shard.traces.values().filter(|k| k.is_notable).map(|k| k.bytes).sum::<usize>());
    }
}
