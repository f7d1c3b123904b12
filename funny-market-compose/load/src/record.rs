//! What came of each action.

use crate::{Action, Line, Report};
use hdrhistogram::Histogram;
use market::{Answer, Result};
use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

/// Microseconds that are told apart up to: ten minutes, with three digits.
const LONGEST: u64 = 600_000_000;
/// Kinds of failures of one action, at most: a target that says something else each time fills no memory.
const MAX_CODES: usize = 20;

struct ActionStats {
    times: Histogram<u32>,
    skipped: u64,
    failed: BTreeMap<String, u64>,
}

#[derive(Default)]
pub struct Record {
    stats: Mutex<BTreeMap<Action, ActionStats>>,
}

impl Record {
    fn of<T>(&self, action: Action, change: impl FnOnce(&mut ActionStats) -> T) -> Option<T> {
        let mut all = self.all();
        let stats = match all.entry(action) {
            Entry::Occupied(stats) => stats.into_mut(),
            Entry::Vacant(place) => {
                let times = Histogram::new_with_max(LONGEST, 3).ok()?;
                place.insert(ActionStats { times, skipped: 0, failed: BTreeMap::new() })
            }
        };
        Some(change(stats))
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<Action, ActionStats>> {
        self.stats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It succeeded now. Its time counts from when it was due, so that it has in it what it waited for its turn.
    pub fn done(&self, action: Action, due: Instant) {
        let micros = u64::try_from(due.elapsed().as_micros()).unwrap_or(LONGEST);
        self.of(action, |stats| stats.times.saturating_record(micros));
    }

    /// There was nothing to do it with, or somebody else was faster.
    pub fn skipped(&self, action: Action) {
        self.of(action, |stats| stats.skipped += 1);
    }

    /// It failed, by the status and code of the answer or by what was wrong with the connection.
    pub fn failed(&self, action: Action, answer: &Result<Answer>) {
        self.failed_by(action, code(answer));
    }

    pub fn failed_by(&self, action: Action, code: String) {
        self.of(action, |stats| {
            let code = if stats.failed.len() < MAX_CODES || stats.failed.contains_key(&code) { code } else { "others".to_owned() };
            *stats.failed.entry(code).or_default() += 1;
        });
    }

    pub fn report(&self) -> Report {
        let all = self.all();
        let lines = all.iter().map(|(action, stats)| Line {
            action: *action,
            done: stats.times.len(),
            skipped: stats.skipped,
            failed: stats.failed.clone(),
            millis: [0.5, 0.9, 0.99].map(|share| stats.times.value_at_quantile(share) as f64 / 1000.0),
        });
        Report { lines: lines.collect() }
    }
}

/// `503 overloaded`, `500`, `timeout: global`, `Connection refused`.
fn code(answer: &Result<Answer>) -> String {
    match answer {
        Ok(answer) => format!("{} {}", answer.status, answer.field("code")).trim_end().to_owned(),
        Err(error) => {
            let text = error.to_string();
            text.split(" (os error").next().unwrap_or_default().trim_start_matches("io: ").to_owned()
        }
    }
}
