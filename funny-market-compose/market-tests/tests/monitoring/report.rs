//! The table of faults and alerts.

use crate::{
    alerts::Observation,
    faults::{FAULTS, Fault},
    files,
    prometheus::FASTER,
};
use std::{collections::BTreeSet, fs};

/// What was seen of a fault, as a row of the table.
pub fn line(seen: &Observation) -> String {
    let after = seen.told_after.map_or("never".to_owned(), |after| format!("{:.1} s", after.as_secs_f64()));
    let names = |names: &BTreeSet<String>| match names.is_empty() {
        true => "none".to_owned(),
        false => names.iter().map(String::as_str).collect::<Vec<_>>().join(", "),
    };
    let (name, alert) = (seen.fault.name, seen.fault.alert);
    format!("| {name} | [{alert}](runbooks/{alert}.md) | {after} | {} | {} |", names(&seen.others), names(&seen.inhibited))
}

/// Writes the table of all faults. Those that were not made keep the row that they have there.
pub fn write(file: &str, observations: &[Observation]) {
    let before = fs::read_to_string(file).unwrap_or_default();
    let row = |fault: &Fault| {
        let seen = observations.iter().find(|seen| seen.fault.name == fault.name).map(line);
        seen.or_else(|| before.lines().find(|row| row.starts_with(&format!("| {} |", fault.name))).map(str::to_owned))
    };
    let rows = FAULTS.iter().filter_map(row).collect::<Vec<_>>().join("\n");
    let rules = files::read("alerts.yml");
    let alerts = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: "));
    let others: Vec<_> = alerts.filter(|alert| FAULTS.iter().all(|fault| fault.alert != *alert)).collect();
    let text = format!(
        "# Faults and their alerts

Written by `scripts/alerts`: a market is broken in one way after the other while a real Prometheus and Alertmanager watch it, with the rules and
inhibitions of [monitoring](../funny-market-compose/monitoring/README.md). All times of the rules (`for`, windows) are 1/{FASTER} of what is there, and
metrics are read every second instead of every 15 s. What does not scale: the lease of an instance (10 s), and what starting a process takes.

*Told after*: from when the fault began until Alertmanager had the alert. *Others told*: alerts that operators would have got besides, until 10 s
after it. *Inhibited*: alerts that fired besides as its consequence, of which Alertmanager tells nobody.

| fault | alert | told after | others told | inhibited |
| --- | --- | --- | --- | --- |
{rows}

No fault is made that raises {}: `alerts_test.yml` tests their rules with numbers.
",
        others.join(", ")
    );
    fs::write(file, text).unwrap_or_else(|error| panic!("{file}: {error}"));
}
