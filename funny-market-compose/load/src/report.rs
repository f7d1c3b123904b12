use crate::Action;
use std::{collections::BTreeMap, fmt};

/// What came of one kind of action.
#[derive(Clone, Debug)]
pub struct Line {
    pub action: Action,
    pub done: u64,
    /// There was nothing to do it with, or the car was sold or removed meanwhile.
    pub skipped: u64,
    /// By status and code, or by what was wrong with the connection.
    pub failed: BTreeMap<String, u64>,
    /// p50, p90 and p99 of those that were done, from when they were due, in milliseconds.
    pub millis: [f64; 3],
}

/// What came of a load; shown as a table.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub lines: Vec<Line>,
}

impl Report {
    pub fn done(&self) -> u64 {
        self.lines.iter().map(|line| line.done).sum()
    }

    pub fn failed(&self) -> u64 {
        self.lines.iter().flat_map(|line| line.failed.values()).sum()
    }

    /// The failures of one action, or of all, by their codes.
    pub fn codes(&self) -> BTreeMap<String, u64> {
        let mut codes = BTreeMap::new();
        for (code, count) in self.lines.iter().flat_map(|line| &line.failed) {
            *codes.entry(code.clone()).or_default() += count;
        }
        codes
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<20} {:>8} {:>8} {:>8} {:>9} {:>9} {:>9}", "action", "done", "skipped", "failed", "p50 ms", "p90 ms", "p99 ms")?;
        for line in &self.lines {
            let failed: u64 = line.failed.values().sum();
            let [p50, p90, p99] = line.millis;
            let name = line.action.name();
            write!(f, "{name:<20} {:>8} {:>8} {failed:>8} {p50:>9.1} {p90:>9.1} {p99:>9.1}", line.done, line.skipped)?;
            let codes: Vec<_> = line.failed.iter().map(|(code, count)| format!("{count} x {code}")).collect();
            writeln!(f, "{}{}", if codes.is_empty() { "" } else { "  " }, codes.join(", "))?;
        }
        write!(f, "{} requests done, {} failed", self.done(), self.failed())
    }
}
