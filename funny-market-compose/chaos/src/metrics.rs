//! The services' own counters, kept over their deaths.

use crate::caller;
use market::{LocalMarket, Request};
use std::collections::BTreeMap;

/// Sums of counters by instance; a process that was started again begins at zero, what it had counted before stays counted.
#[derive(Debug, Default)]
pub struct Counters {
    /// By instance and series: what earlier processes had, and the last value.
    values: BTreeMap<(String, String), (f64, f64)>,
}

impl Counters {
    /// Asks every running instance.
    pub fn scrape(&mut self, market: &LocalMarket) {
        for name in market.instances() {
            let Ok(port) = market.operators_port(&name) else { continue };
            if let Some(text) = metrics(port) {
                self.take(&name, &text);
            }
        }
    }

    fn take(&mut self, instance: &str, text: &str) {
        for (series, value) in series(text).filter(|(series, _)| name_of(series).ends_with("_total")) {
            let (before, last) = self.values.entry((instance.into(), series.into())).or_default();
            if value < *last {
                *before += *last;
            }
            *last = value;
        }
    }

    /// The sum over all instances of the series with this name and this text in its labels.
    pub fn sum(&self, name: &str, label: &str) -> u64 {
        let fits = |series: &str| name_of(series) == name && series.contains(label);
        let sum: f64 = self.values.iter().filter(|((_, series), _)| fits(series)).map(|(_, (before, last))| before + last).sum();
        sum as u64
    }
}

/// The text of an instance's metrics, if it answers.
pub fn metrics(port: u16) -> Option<String> {
    let answer = caller(port).call(&Request::new("GET", "/metrics")).ok().filter(|answer| answer.status == 200)?;
    String::from_utf8(answer.body).ok()
}

/// A gauge without labels.
pub fn gauge(text: &str, name: &str) -> Option<f64> {
    series(text).find(|(series, _)| *series == name).map(|(_, value)| value)
}

fn series(text: &str) -> impl Iterator<Item = (&str, f64)> {
    text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let (series, value) = line.rsplit_once(' ')?;
        Some((series, value.parse().ok()?))
    })
}

fn name_of(series: &str) -> &str {
    series.split('{').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_a_killed_process_are_kept() {
        let mut counters = Counters::default();
        let text = |n: u32| format!("# HELP x y\nmessages_handled_total{{name=\"car.listed\",outcome=\"ok\"}} {n}\noutbox_pending 3\n");
        for (instance, n) in [("a", 5), ("b", 1), ("a", 9), ("a", 2), ("a", 4)] {
            counters.take(instance, &text(n));
        }
        assert_eq!(counters.sum("messages_handled_total", ""), 9 + 4 + 1);
        assert_eq!(counters.sum("messages_handled_total", "outcome=\"ok\""), 14);
        assert_eq!(counters.sum("messages_handled_total", "outcome=\"late\""), 0);
        assert_eq!(gauge(&text(1), "outbox_pending"), Some(3.0));
    }
}
