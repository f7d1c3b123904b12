//! The last traces of all gateways. Each keeps those of its own requests, and tells of them when somebody asks.

use super::Unreachable;
use crate::{
    admin::{Admin, Ask, peers::Question},
    pipeline::spans::ROUTE_ID,
};
use fm_sdk::{
    Result,
    trace::{RecentTraces, SpanRecord, TraceSummary, Value, key},
};
use serde::{Deserialize, Serialize};
use std::{cmp::Reverse, time::Duration};

/// How many traces are listed unless the query says.
const LIMIT: usize = 50;

/// Which of the last traces are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceFilter {
    /// A part of the route's id.
    pub route: String,
    /// Only failed ones, or only others.
    pub failed: Option<bool>,
    /// Only those that took at least this long.
    pub slower_than: Option<Duration>,
    /// How many at most.
    pub limit: Option<u32>,
}

/// The last traces of all gateways.
#[derive(Clone, Debug, Serialize)]
pub struct TraceList {
    /// The newest first.
    pub traces: Vec<RecentTrace>,
    /// Gateways that gave no answer: their traces are missing.
    pub unreachable: Vec<Unreachable>,
}

/// A trace, as far as one gateway knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecentTrace {
    #[serde(flatten)]
    pub summary: TraceSummary,
    /// The id of the route; `None` if none took the request.
    pub route: Option<String>,
    /// The status of the answer.
    pub status: Option<i64>,
}

impl TraceFilter {
    /// The names of its parameters, with their meanings.
    pub const QUERY: &[(&'static str, &'static str)] = &[
        ("route", "Only of routes whose id contains this"),
        ("failed", "Only failed ones (`true`), or only others (`false`)"),
        ("slower_than", "Only those that took at least this long (`100ms`)"),
        ("limit", "How many at most (1 to 500; 50 without)"),
    ];

    /// Reads it from the query of a request. A parameter without a value is none: forms send all their fields.
    ///
    /// # Errors
    /// `Malformed`, code `trace-query` or `malformed`.
    pub fn of(ask: &Ask) -> Result<TraceFilter> {
        let given = |name: &str| ask.query(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        let mut query = form_urlencoded::Serializer::new(String::new());
        for name in ["failed", "slower_than", "limit"] {
            if let Some(value) = given(name) {
                query.append_pair(name, &value);
            }
        }
        let RecentTraces { failed, slower_than, limit } = RecentTraces::parse(&query.finish())?;
        Ok(TraceFilter { route: given("route").unwrap_or_default(), failed, slower_than, limit })
    }

    fn limit(&self) -> usize {
        self.limit.map_or(LIMIT, |limit| limit as usize)
    }
}

impl Admin {
    /// Asks all gateways for their last traces.
    pub async fn recent_traces(&self, filter: &TraceFilter) -> TraceList {
        let question = Question::Traces { filter: filter.clone() };
        let (others, unreachable) = self.ask_gateways::<Vec<RecentTrace>>(&question).await;
        let mut traces = self.own_recent_traces(filter);
        traces.extend(others.into_iter().flatten());
        traces.sort_by_key(|trace| Reverse(trace.summary.start_us));
        traces.truncate(filter.limit());
        TraceList { traces, unreachable }
    }

    /// The last traces that this node keeps.
    pub fn own_recent_traces(&self, filter: &TraceFilter) -> Vec<RecentTrace> {
        let wanted = RecentTraces { failed: filter.failed, slower_than: filter.slower_than, limit: filter.limit };
        let is_of_route = |request: &SpanRecord| route(request).unwrap_or_default().contains(&filter.route);
        self.tracer.recent_where(&wanted, is_of_route).into_iter().map(|summary| self.with_route(summary)).collect()
    }

    fn with_route(&self, summary: TraceSummary) -> RecentTrace {
        let spans = summary.trace_id.parse().map(|id| self.tracer.trace(id)).unwrap_or_default();
        let is_of_request = |span: &&SpanRecord| span.start_us() == summary.start_us && span.attribute(key::HTTP_STATUS).is_some();
        let request = spans.iter().find(is_of_request);
        let status = request.and_then(|span| span.attribute(key::HTTP_STATUS)).and_then(|value| match value {
            Value::Int(status) => Some(*status),
            _ => None,
        });
        RecentTrace { route: request.and_then(route).map(str::to_owned), status, summary }
    }
}

/// The id of the route that took a request.
fn route(request: &SpanRecord) -> Option<&str> {
    match request.attribute(ROUTE_ID)? {
        Value::Text(id) => Some(id.as_str()),
        _ => None,
    }
}
