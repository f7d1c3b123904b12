//! What an editor allows the changed routes, and whether they keep to it.

use crate::traffic::Traffic;
use fm_sdk::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;

/// With fewer requests nothing is said about errors, and nothing about times.
const MIN_REQUESTS: u64 = 20;
const MIN_TIMED: u64 = 100;
/// The longest watch, in seconds.
const MAX_SECONDS: i64 = 86_400;

/// What a publish asks of the watchdog.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WatchRequest {
    pub seconds: i64,
    #[serde(default)]
    pub error_percent: Option<f64>,
    #[serde(default)]
    pub p99_ms: Option<u64>,
}

/// What each changed route may have at most.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WatchLimits {
    /// Answers with 5xx, of a hundred.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_percent: Option<f64>,
    /// Milliseconds in which 99 of 100 requests must end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p99_ms: Option<u64>,
}

impl WatchRequest {
    /// The JSON Schema.
    pub fn schema() -> Value {
        json!({"type": "object", "required": ["seconds"], "description": "Roll back by itself if a changed route gets worse than this", "properties": {
            "seconds": {"type": "integer", "minimum": 1, "maximum": MAX_SECONDS},
            "error_percent": {"type": "number", "minimum": 0, "maximum": 100, "description": "Answers with 5xx, of a hundred"},
            "p99_ms": {"type": "integer", "minimum": 1, "description": "Milliseconds in which 99 of 100 requests must end"}}})
    }

    /// Checks it.
    ///
    /// # Errors
    /// `Invalid`, with the field.
    pub fn check(&self) -> Result<()> {
        let refuse = |field: &str, why: String| Err(Error::field(format!("watchdog.{field}"), why));
        if !(1..=MAX_SECONDS).contains(&self.seconds) {
            return refuse("seconds", format!("must be from 1 to {MAX_SECONDS}"));
        }
        if self.error_percent.is_some_and(|percent| !(0.0..=100.0).contains(&percent)) {
            return refuse("error_percent", "must be from 0 to 100".into());
        }
        if self.p99_ms == Some(0) {
            return refuse("p99_ms", "must be at least 1".into());
        }
        if self.error_percent.is_none() && self.p99_ms.is_none() {
            return refuse("error_percent", "say what to watch: error_percent, p99_ms, or both".into());
        }
        Ok(())
    }

    pub fn limits(&self) -> WatchLimits {
        WatchLimits { error_percent: self.error_percent, p99_ms: self.p99_ms }
    }
}

impl WatchLimits {
    /// What is worse than allowed about a route, if anything is.
    pub fn exceeded(&self, route: &str, traffic: &Traffic) -> Option<String> {
        let (requests, percent) = (traffic.requests, traffic.error_percent());
        if let Some(most) = self.error_percent
            && requests >= MIN_REQUESTS
            && percent > most
        {
            return Some(format!("route {route}: {percent:.1} % of {requests} requests failed, {most} % are allowed"));
        }
        let p99 = traffic.p99()?;
        let most = Duration::from_millis(self.p99_ms?);
        (traffic.timed() >= MIN_TIMED && p99 > most).then(|| {
            format!("route {route}: the p99 of {} requests is {} ms, {} ms are allowed", traffic.timed(), p99.as_millis(), most.as_millis())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::traffic::TrafficCounter;

    fn traffic(fine: usize, failed: usize, ms: u64) -> Traffic {
        let traffic = TrafficCounter::default();
        (0..fine + failed).for_each(|n| traffic.note(n >= fine, Some(Duration::from_millis(ms))));
        traffic.read()
    }

    fn exceeded(error_percent: Option<f64>, p99_ms: Option<u64>, traffic: &Traffic) -> bool {
        WatchLimits { error_percent, p99_ms }.exceeded("r", traffic).is_some()
    }

    #[test]
    fn errors_beyond_the_limit_are_named_once_there_are_enough_requests() {
        assert!(!exceeded(Some(5.0), None, &traffic(0, 19, 1)), "too few to say");
        assert!(exceeded(Some(5.0), None, &traffic(18, 2, 1)));
        assert!(!exceeded(Some(5.0), None, &traffic(95, 5, 1)), "as many as are allowed");
        assert!(exceeded(Some(0.0), None, &traffic(99, 1, 1)));
        assert!(!exceeded(None, Some(1000), &traffic(0, 200, 1)), "errors are not watched");
        let why = WatchLimits { error_percent: Some(5.0), p99_ms: None }.exceeded("r", &traffic(18, 2, 1)).unwrap();
        assert_eq!(why, "route r: 10.0 % of 20 requests failed, 5 % are allowed");
    }

    #[test]
    fn times_beyond_the_limit_are_named_once_there_are_enough_requests() {
        assert!(!exceeded(None, Some(100), &traffic(99, 0, 500)), "too few to say");
        assert!(exceeded(None, Some(100), &traffic(100, 0, 500)));
        assert!(!exceeded(None, Some(1000), &traffic(1000, 0, 500)));
        assert!(!exceeded(Some(5.0), None, &traffic(1000, 0, 500)), "times are not watched");
    }

    #[test]
    fn a_watch_without_limits_or_without_an_end_is_refused() {
        let request = |seconds, error_percent, p99_ms| WatchRequest { seconds, error_percent, p99_ms }.check();
        assert!(request(60, Some(5.0), None).is_ok() && request(1, Some(0.0), Some(1)).is_ok());
        for (seconds, error_percent, p99_ms) in [
            (60, None, None),
            (0, Some(5.0), None),
            (86_401, Some(5.0), None),
            (60, Some(101.0), None),
            (60, Some(f64::NAN), None),
            (60, None, Some(0)),
        ] {
            assert!(request(seconds, error_percent, p99_ms).is_err(), "{seconds} {error_percent:?} {p99_ms:?}");
        }
    }
}
