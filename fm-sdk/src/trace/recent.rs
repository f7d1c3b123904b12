//! Which of the kept traces an operator wants to see.

use super::SpanKind;
use crate::{Error, Kind, Result, config::parse_duration, http::extract::Query};
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    slower_than: Option<String>,
    failed: Option<bool>,
    limit: Option<u32>,
}

impl RecentTraces {
    const LIMIT: u32 = 50;
    const MAX_LIMIT: u32 = 500;

    /// Reads them from a query: `slower_than=100ms&failed=true&limit=20`.
    ///
    /// # Errors
    /// `Malformed` for what cannot be read, code `malformed` or `trace-query`.
    pub fn parse(query: &str) -> Result<Self> {
        let Parameters { slower_than, failed, limit } = Query::<Parameters>::parse(query)?.into_inner();
        let wrong = |why: String| Error::new(Kind::Malformed, "trace-query", why);
        let slower_than = slower_than.map(|text| parse_duration(&text)).transpose().map_err(|e| wrong(format!("slower_than: {e}")))?;
        if limit.is_some_and(|n| n == 0 || n > Self::MAX_LIMIT) {
            return Err(wrong(format!("limit: must be 1 to {}", Self::MAX_LIMIT)));
        }
        Ok(RecentTraces { slower_than, failed, limit })
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_and_what_is_wrong_with_one_is_said() {
        let wanted = RecentTraces::parse("slower_than=100ms&failed=true&limit=20").unwrap();
        assert_eq!(wanted, RecentTraces { slower_than: Some(Duration::from_millis(100)), failed: Some(true), limit: Some(20) });
        assert_eq!(RecentTraces::parse("").unwrap(), RecentTraces::default());
        for (query, code, part) in [
            ("slower_than=soon", "trace-query", "500ms"),
            ("slower_than=-1s", "trace-query", "slower_than"),
            ("limit=0", "trace-query", "1 to 500"),
            ("limit=501", "trace-query", "1 to 500"),
            ("limit=many", "malformed", "limit"),
            ("limit=99999999999", "malformed", "limit"),
            ("failed=perhaps", "malformed", "failed"),
            ("faster_than=1s", "malformed", "faster_than"),
            ("failed=true&failed=false", "malformed", "failed"),
            ("%ff=1", "malformed", "UTF-8"),
        ] {
            let error = RecentTraces::parse(query).unwrap_err();
            assert_eq!((error.kind(), error.code()), (Kind::Malformed, code), "{query}");
            assert!(format!("{error} {:?}", error.fields()).contains(part), "{query}: {error}");
        }
    }
}
