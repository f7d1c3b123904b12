//! Requests over time: the last 15 minutes and the last 24 hours of this gateway, and the last minutes of each route.
//!
//! All is kept in memory and bounded: about 85 KB for the gateway, and half a kilobyte for each route of the table in force.

mod ring;
mod route;

pub use route::{RouteCounts, RouteTimeline};

use crate::traffic::{Traffic, TrafficCounter};
use fm_sdk::Clock;
use ring::{Counter, Ring};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

/// A stretch of time up to now, and the points that it is shown by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Window {
    #[default]
    #[serde(rename = "15m")]
    Minutes,
    #[serde(rename = "24h")]
    Day,
}

impl Window {
    pub const ALL: [Window; 2] = [Window::Minutes, Window::Day];

    pub fn name(self) -> &'static str {
        match self {
            Window::Minutes => "15m",
            Window::Day => "24h",
        }
    }

    /// The length of one point, in milliseconds.
    pub fn point_ms(self) -> i64 {
        match self {
            Window::Minutes => 15_000,
            Window::Day => 15 * 60_000,
        }
    }

    /// How many points it has, the running one among them.
    pub fn points(self) -> usize {
        match self {
            Window::Minutes => 60,
            Window::Day => 96,
        }
    }
}

impl Counter for TrafficCounter {
    type Counts = Traffic;

    fn reset(&self) {
        TrafficCounter::reset(self);
    }
    fn read(&self) -> Traffic {
        TrafficCounter::read(self)
    }
}

/// What one gateway counts over time.
pub struct Timeline {
    clock: Clock,
    /// When it began to count, in milliseconds since the Unix epoch.
    since: i64,
    minutes: Ring<TrafficCounter>,
    day: Ring<TrafficCounter>,
    /// Each as long as a table has the route.
    routes: Mutex<HashMap<String, Weak<RouteTimeline>>>,
}

impl Default for Timeline {
    fn default() -> Self {
        Timeline::new(Clock::system())
    }
}

impl fmt::Debug for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timeline").field("since", &self.since).finish_non_exhaustive()
    }
}

impl Timeline {
    /// Begins to count.
    pub fn new(clock: Clock) -> Self {
        let ring = |window: Window| Ring::new(window.point_ms(), window.points());
        let (minutes, day) = (ring(Window::Minutes), ring(Window::Day));
        Timeline { since: clock.now_ms(), clock, minutes, day, routes: Mutex::default() }
    }

    /// When it began to count, in milliseconds since the Unix epoch.
    pub fn since(&self) -> i64 {
        self.since
    }

    /// The counters of a route: the same ones for all tables that have it, one after another.
    pub fn route(&self, id: &str) -> Arc<RouteTimeline> {
        let mut routes = self.routes();
        if let Some(known) = routes.get(id).and_then(Weak::upgrade) {
            return known;
        }
        if routes.len() == routes.capacity() {
            // Before it would grow: routes that no table has any more give their places away.
            routes.retain(|_, route| route.strong_count() > 0);
        }
        let new = Arc::new(RouteTimeline::default());
        routes.insert(id.to_owned(), Arc::downgrade(&new));
        new
    }

    /// Counts a request. Of one that lasts as long as its client likes the time says nothing.
    pub fn note(&self, route: &RouteTimeline, is_error: bool, took: Option<Duration>) {
        let now = self.clock.now_ms();
        self.minutes.at(now).note(is_error, took);
        self.day.at(now).note(is_error, took);
        route.note(now, is_error, took);
    }

    /// The points of a window in which there were requests, by the time at which each began, in milliseconds since the Unix epoch.
    pub fn points(&self, window: Window) -> BTreeMap<i64, Traffic> {
        let now = self.clock.now_ms();
        match window {
            Window::Minutes => self.minutes.read(now),
            Window::Day => self.day.read(now),
        }
    }

    /// The sums of the routes that had requests in the last minutes.
    pub fn route_sums(&self) -> BTreeMap<String, RouteCounts> {
        let now = self.clock.now_ms();
        let sums = self.living().into_iter().map(|(id, route)| (id, route.minutes(now).values().sum::<RouteCounts>()));
        sums.filter(|(_, sum)| sum.requests > 0).collect()
    }

    /// The last minutes of these routes, as far as there were requests, by the time at which each began.
    pub fn route_minutes(&self, ids: &[String]) -> BTreeMap<String, BTreeMap<i64, RouteCounts>> {
        let now = self.clock.now_ms();
        let routes = self.routes();
        let known = ids.iter().filter_map(|id| Some((id.clone(), routes.get(id)?.upgrade()?.minutes(now))));
        known.filter(|(_, minutes)| !minutes.is_empty()).collect()
    }

    fn living(&self) -> Vec<(String, Arc<RouteTimeline>)> {
        self.routes().iter().filter_map(|(id, route)| Some((id.clone(), route.upgrade()?))).collect()
    }

    fn routes(&self) -> MutexGuard<'_, HashMap<String, Weak<RouteTimeline>>> {
        self.routes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

    const MS: fn(u64) -> Option<Duration> = |ms| Some(Duration::from_millis(ms));

    /// A timeline, and its clock.
    fn timeline() -> (Timeline, Arc<AtomicI64>) {
        let now = Arc::new(AtomicI64::new(1_000_000_800_000));
        let read = now.clone();
        (Timeline::new(Clock::from_fn(move || read.load(Relaxed))), now)
    }

    #[test]
    fn points_roll_over_with_the_clock_and_the_day_keeps_what_the_minutes_forget() {
        let (timeline, now) = timeline();
        let route = timeline.route("cars");
        let began = now.load(Relaxed);
        timeline.note(&route, false, MS(1));
        now.fetch_add(15_000, Relaxed);
        timeline.note(&route, true, MS(100));
        let points = timeline.points(Window::Minutes);
        assert_eq!(points.iter().map(|(at, traffic)| (at - began, traffic.errors)).collect::<Vec<_>>(), [(0, 0), (15_000, 1)]);
        now.fetch_add(60 * 15_000, Relaxed);
        assert!(timeline.points(Window::Minutes).is_empty());
        let day: u64 = timeline.points(Window::Day).values().map(|traffic| traffic.requests).sum();
        assert_eq!((day, timeline.since()), (2, began));
        now.fetch_add(24 * 3_600_000, Relaxed);
        assert!(timeline.points(Window::Day).is_empty());
    }

    #[test]
    fn a_route_keeps_its_numbers_over_a_new_table_and_loses_them_with_the_last_table_that_has_it() {
        let (timeline, _) = timeline();
        let old = timeline.route("cars");
        timeline.note(&old, false, MS(2));
        let new = timeline.route("cars");
        drop(old);
        assert_eq!(timeline.route_sums()["cars"].requests, 1);
        drop(new);
        assert!(timeline.route_sums().is_empty());
        assert_eq!(timeline.route("cars").minutes(0).len(), 0);
    }

    #[test]
    fn routes_that_are_gone_take_no_memory() {
        let (timeline, _) = timeline();
        for n in 0..10_000 {
            timeline.route(&format!("route-{n}"));
        }
        assert!(timeline.routes().capacity() < 100, "{}", timeline.routes().capacity());
    }

    #[test]
    fn sums_and_minutes_of_a_route_have_the_same_requests() {
        let (timeline, now) = timeline();
        let (cars, image) = (timeline.route("cars"), timeline.route("image"));
        for n in 0..3 {
            timeline.note(&cars, n == 0, MS(10));
            now.fetch_add(60_000, Relaxed);
        }
        timeline.note(&image, false, None);
        let sums = timeline.route_sums();
        assert_eq!((sums["cars"].requests, sums["cars"].errors, sums["cars"].mean_ms()), (3, 1, Some(10.0)));
        assert_eq!((sums["image"].requests, sums["image"].mean_ms()), (1, None), "a stream has no time");
        let minutes = timeline.route_minutes(&["cars".into(), "unknown".into()]);
        assert_eq!(minutes["cars"].values().map(|counts| counts.requests).collect::<Vec<_>>(), [1, 1, 1]);
        assert_eq!(minutes.len(), 1);
    }
}
