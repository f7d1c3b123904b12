//! What gateways ask each other, and how each answers.

use super::NodeStatus;
use crate::{
    admin::{Admin, traces::TraceFilter},
    recent::RecentRequest,
    timeline::{RouteCounts, Window},
    traffic::Traffic,
};
use fm_sdk::registry::services::Instance;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{cmp::Reverse, collections::BTreeMap};

/// The longest answer before it is compressed, in bytes; etcd refuses requests beyond 1.5 MB.
const MAX_ANSWER: usize = 1 << 20;
/// The most routes of which an answer has the requests; an id has 64 bytes at most.
const MAX_ROUTES: usize = 5000;

/// What one gateway asks the others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "about", rename_all = "kebab-case")]
pub enum Question {
    /// The last requests.
    Recent,
    /// How the gateway is, and the instances as it sees them.
    Status,
    /// The numbers of these routes since the table of this revision is in force; none, if another one is.
    Traffic { revision: i64, routes: Vec<String> },
    /// The spans of a trace.
    Trace { id: String },
    /// The last traces that fit.
    Traces { filter: TraceFilter },
    /// The requests of a window of time.
    OverTime { window: Window },
    /// The last minutes of these routes.
    RouteMinutes { routes: Vec<String> },
}

/// The requests of one gateway over time.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct OverTime {
    /// When it began to count, in milliseconds since the Unix epoch.
    pub since: i64,
    /// By the time at which each point began.
    pub points: BTreeMap<i64, Traffic>,
    /// The routes that had requests in the last minutes.
    pub routes: BTreeMap<String, RouteCounts>,
}

impl Question {
    /// The answer of this node.
    pub fn answer(&self, admin: &Admin) -> Value {
        match self {
            Question::Recent => json!(bounded(admin.recent.list())),
            Question::Status => json!(NodeStatus::of(admin)),
            Question::Traffic { revision, routes } => json!(traffic(admin, *revision, routes)),
            Question::Trace { id } => json!(id.parse().map(|id| admin.own_spans(id)).unwrap_or_default()),
            Question::Traces { filter } => json!(admin.own_recent_traces(filter)),
            Question::OverTime { window } => json!(over_time(admin, *window)),
            Question::RouteMinutes { routes } => json!(admin.drivers.tools.metrics.timeline().route_minutes(routes)),
        }
    }
}

/// The newest requests that fit into an answer.
fn bounded(mut recent: Vec<RecentRequest>) -> Vec<RecentRequest> {
    let size = |one: &RecentRequest| {
        100 + 2 * (one.host.len() + one.path.len() + one.query_names.len()) + one.header_names.iter().map(|n| n.len() + 3).sum::<usize>()
    };
    let mut left = MAX_ANSWER;
    let fit = recent.iter().rev().take_while(|one| {
        let fits = left >= size(one);
        left = left.saturating_sub(size(one));
        fits
    });
    let surplus = recent.len() - fit.count();
    recent.drain(..surplus);
    recent
}

/// The numbers of routes on this node since the table of this revision is in force.
pub fn traffic(admin: &Admin, revision: i64, routes: &[String]) -> BTreeMap<String, Traffic> {
    let table = admin.compiled.load_full().filter(|table| table.revision == revision);
    let compiled = table.iter().flat_map(|table| &table.routes).filter(|route| routes.contains(&route.id));
    compiled.map(|route| (route.id.clone(), route.metrics.traffic())).collect()
}

/// The requests of this node over time; of many routes those with the most requests.
pub fn over_time(admin: &Admin, window: Window) -> OverTime {
    let timeline = admin.drivers.tools.metrics.timeline();
    let mut routes: Vec<(String, RouteCounts)> = timeline.route_sums().into_iter().collect();
    routes.sort_by_key(|(_, counts)| Reverse(counts.requests));
    routes.truncate(MAX_ROUTES);
    OverTime { since: timeline.since(), points: timeline.points(window), routes: routes.into_iter().collect() }
}

/// How an instance is named in an answer.
pub fn place(instance: &Instance) -> String {
    format!("{}/{}", instance.service, instance.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_requests_are_left_out_of_an_answer_that_would_be_too_long() {
        let request = |n: usize, long: usize| RecentRequest {
            method: "GET".into(),
            host: "h".into(),
            path: format!("/{n}/{}", "x".repeat(long)),
            query_names: String::new(),
            header_names: vec!["accept".into()],
        };
        assert_eq!(bounded((0..1000).map(|n| request(n, 10)).collect()).len(), 1000);
        let kept = bounded((0..1000).map(|n| request(n, 2000)).collect());
        assert!(json!(kept).to_string().len() <= MAX_ANSWER && kept.len() > 200, "{}", kept.len());
        assert!(kept.last().unwrap().path.starts_with("/999/"));
    }
}
