//! Which of the kept traces an operator wants to see.

use super::SpanKind;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Which of the kept traces are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecentTraces {
    /// Only those that took at least this long.
    pub slower_than: Option<Duration>,
    /// Only failed ones, or only others.
    pub failed: Option<bool>,
    /// How many at most; 50 without, 500 at most.
    pub limit: Option<u32>,
}

/// A kept trace, as a line of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceSummary {
    /// Its id.
    pub trace_id: String,
    /// The service that keeps it.
    pub service: String,
    /// The instance that does.
    pub instance: String,
    /// The name of the first thing that was done here.
    pub name: String,
    /// When that began, in microseconds since the Unix epoch.
    pub start_us: i64,
    /// How long it took, in microseconds.
    pub duration_us: u64,
    /// Whether a request or message failed here.
    pub failed: bool,
    /// How many spans are kept here.
    pub spans: usize,
}

impl RecentTraces {
    const LIMIT: u32 = 50;
    pub(crate) const MAX_LIMIT: u32 = 500;

    pub(super) fn fits(&self, trace: &TraceSummary) -> bool {
        self.slower_than.is_none_or(|least| u128::from(trace.duration_us) >= least.as_micros())
            && self.failed.is_none_or(|failed| trace.failed == failed)
    }
    pub(super) fn limit(&self) -> usize {
        self.limit.unwrap_or(Self::LIMIT).min(Self::MAX_LIMIT) as usize
    }
}

/// What names a trace best: what somebody waits for before what was sent on the way.
pub(super) fn rank(kind: SpanKind) -> u8 {
    match kind {
        SpanKind::Server => 0,
        SpanKind::Consumer | SpanKind::Internal => 1,
        SpanKind::Client | SpanKind::Producer => 2,
    }
}
