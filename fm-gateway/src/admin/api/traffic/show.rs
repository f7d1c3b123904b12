//! Shows the requests of a window of time.

use crate::{
    admin::{
        Admin, Ask,
        api::Call,
        peers::{self, OverTime, Question},
        users::Role,
    },
    timeline::{RouteCounts, Window},
    traffic::Traffic,
};
use actix_web::HttpResponse;
use fm_sdk::{Error, Result, time::rfc3339};
use serde::Serialize;
use std::{collections::BTreeMap, time::Duration};

/// A point is shown once so much of it is over: the rate of its first moment says nothing.
const SHOWN_AFTER: i64 = 3;

pub const CALL: Call = Call::get(
    "/traffic",
    Role::Viewer,
    "Shows the requests that routes took over time, all gateways added up: rate, errors (5xx), p50 and p99 of each point and of the whole window, and the sums of each route in the last 15 minutes. Times are those of merged histograms, a fifth too high at most",
    |ask| Box::pin(run(ask)),
)
.with_query(&[("window", "`15m` in points of 15 seconds (default), or `24h` in points of 15 minutes")]);

/// Requests over time.
#[derive(Clone, Debug, Serialize)]
pub struct TrafficOverTime {
    pub window: Window,
    /// The length of a point.
    pub seconds: i64,
    pub from: String,
    pub to: String,
    /// When the first of the gateways began to count; there are no points before.
    pub since: String,
    pub total: Numbers,
    /// The oldest first.
    pub points: Vec<Point>,
    /// By the id of the route.
    pub routes: BTreeMap<String, RouteNumbers>,
    /// The gateways whose numbers are in it.
    pub nodes: Vec<String>,
    /// Gateways that did not answer: their numbers are missing.
    pub silent: Vec<String>,
}

/// The requests of a stretch of time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Numbers {
    pub requests: u64,
    pub errors: u64,
    pub per_second: f64,
    pub error_percent: f64,
    pub p50_ms: Option<f64>,
    pub p99_ms: Option<f64>,
}

/// The requests of one point.
#[derive(Clone, Debug, Serialize)]
pub struct Point {
    /// When it began.
    pub at: String,
    #[serde(flatten)]
    pub numbers: Numbers,
}

/// The requests of one route in the last 15 minutes.
#[derive(Clone, Debug, Serialize)]
pub struct RouteNumbers {
    pub requests: u64,
    pub errors: u64,
    pub error_percent: f64,
    pub mean_ms: Option<f64>,
}

async fn run(ask: Ask) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(over_time(&ask.admin, window(&ask)?).await?))
}

/// The window that the query names.
///
/// # Errors
/// `Invalid`, with the field.
pub fn window(ask: &Ask) -> Result<Window> {
    let Some(name) = ask.query("window") else { return Ok(Window::default()) };
    Window::ALL.into_iter().find(|window| window.name() == name).ok_or_else(|| Error::field("window", "must be 15m or 24h"))
}

/// Asks all gateways.
///
/// # Errors
/// Those of the registry.
pub async fn over_time(admin: &Admin, window: Window) -> Result<TrafficOverTime> {
    let others = admin.peers.ask::<OverTime>(admin, &Question::OverTime { window }).await?;
    let mut nodes: Vec<String> = others.of.keys().cloned().chain([admin.instance.clone()]).collect();
    nodes.sort();
    let all = others.of.into_values().chain([peers::over_time(admin, window)]);
    Ok(TrafficOverTime { nodes, silent: others.silent, ..added(all, window, admin.clock.now_ms()) })
}

/// Adds up gateways.
fn added(all: impl Iterator<Item = OverTime>, window: Window, now: i64) -> TrafficOverTime {
    let length = window.point_ms();
    let running = now.div_euclid(length) * length;
    let from = running - (window.points() as i64 - 1) * length;
    let (mut since, mut points, mut routes) = (now, BTreeMap::<i64, Traffic>::new(), BTreeMap::<String, RouteCounts>::new());
    for one in all {
        since = since.min(one.since);
        for (at, traffic) in one.points.into_iter().filter(|(at, _)| (from..=running).contains(at)) {
            points.entry(at).or_default().add(&traffic);
        }
        one.routes.into_iter().for_each(|(id, counts)| routes.entry(id).or_default().add(&counts));
    }
    let mut total = Traffic::default();
    points.values().for_each(|traffic| total.add(traffic));
    let first = from.max(since.div_euclid(length) * length);
    let is_shown = |at: &i64| *at < running || (now - at) * SHOWN_AFTER >= length;
    let shown = (first..=running).step_by(length as usize).filter(is_shown).map(|at| {
        let numbers = numbers(&points.remove(&at).unwrap_or_default(), at.max(since), now.min(at + length));
        Point { at: rfc3339(at), numbers }
    });
    let shown = shown.collect();
    TrafficOverTime {
        window,
        seconds: length / 1000,
        from: rfc3339(from),
        to: rfc3339(now),
        since: rfc3339(since),
        total: numbers(&total, from.max(since), now),
        points: shown,
        routes: routes.into_iter().map(|(id, counts)| (id, RouteNumbers::of(&counts))).collect(),
        nodes: Vec::new(),
        silent: Vec::new(),
    }
}

/// The numbers of a stretch of time in milliseconds since the Unix epoch.
fn numbers(traffic: &Traffic, from: i64, to: i64) -> Numbers {
    let ms = |time: Duration| time.as_micros() as f64 / 1000.0;
    Numbers {
        requests: traffic.requests,
        errors: traffic.errors,
        per_second: traffic.requests as f64 * 1000.0 / (to - from).max(1000) as f64,
        error_percent: traffic.error_percent(),
        p50_ms: traffic.p50().map(ms),
        p99_ms: traffic.p99().map(ms),
    }
}

impl Numbers {
    /// Requests a second, errors in percent, p50 and p99 in milliseconds.
    pub fn values(&self) -> [Option<f64>; 4] {
        [Some(self.per_second), Some(self.error_percent), self.p50_ms, self.p99_ms]
    }
}

impl RouteNumbers {
    fn of(counts: &RouteCounts) -> RouteNumbers {
        let RouteCounts { requests, errors, .. } = *counts;
        RouteNumbers { requests, errors, error_percent: counts.error_percent(), mean_ms: counts.mean_ms() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::TrafficCounter;

    /// Points of both windows begin then.
    const NOW: i64 = 1_000_000_800_000;

    fn traffic(requests: usize, errors: usize, ms: u64) -> Traffic {
        let counter = TrafficCounter::default();
        (0..requests).for_each(|n| counter.note(n < errors, Some(Duration::from_millis(ms))));
        counter.read()
    }

    fn node(since: i64, points: &[(i64, Traffic)]) -> OverTime {
        OverTime { since, points: points.iter().cloned().collect(), routes: BTreeMap::new() }
    }

    #[test]
    fn the_points_of_two_gateways_are_added_up_by_their_time() {
        let at = NOW - 30_000;
        let a = node(NOW - 60_000, &[(at, traffic(30, 0, 1))]);
        let b = node(NOW - 45_000, &[(at, traffic(30, 6, 100)), (at + 15_000, traffic(15, 0, 1))]);
        let sum = added([a, b].into_iter(), Window::Minutes, NOW);
        let seen: Vec<_> = sum.points.iter().map(|point| (point.numbers.per_second, point.numbers.error_percent)).collect();
        assert_eq!(seen, [(0.0, 0.0), (0.0, 0.0), (4.0, 10.0), (1.0, 0.0)]);
        let (p50, p99) = (sum.points[2].numbers.p50_ms.unwrap(), sum.points[2].numbers.p99_ms.unwrap());
        assert!(p50 < 2.0 && p99 >= 100.0, "{p50} {p99}");
        assert_eq!((sum.total.requests, sum.total.per_second, sum.total.p50_ms), (75, 1.25, Some(p50)));
    }

    #[test]
    fn the_rate_of_the_running_point_is_that_of_its_time_so_far() {
        let all = || [node(NOW - 15_000, &[(NOW, traffic(20, 0, 1))])].into_iter();
        assert_eq!(added(all(), Window::Minutes, NOW + 4_999).points.len(), 1, "it is not shown yet");
        let sum = added(all(), Window::Minutes, NOW + 5_000);
        assert_eq!(sum.points.iter().map(|point| point.numbers.per_second).collect::<Vec<_>>(), [0.0, 4.0]);
    }

    #[test]
    fn a_window_has_its_points_and_none_from_before_the_first_gateway() {
        let long_ago = || [node(0, &[(NOW - 3_600_000, traffic(9, 0, 1))])].into_iter();
        for window in Window::ALL {
            let sum = added(long_ago(), window, NOW + window.point_ms() - 1);
            assert_eq!(sum.points.len(), window.points(), "{window:?}");
            assert_eq!(sum.total.requests, if window == Window::Day { 9 } else { 0 });
            assert_eq!(sum.points.iter().map(|point| point.numbers.requests).sum::<u64>(), sum.total.requests);
        }
        let sum = added([node(NOW, &[])].into_iter(), Window::Day, NOW + 1000);
        assert_eq!((sum.points.len(), sum.total.p99_ms), (0, None));
    }
}
