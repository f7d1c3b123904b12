//! What a run has shown, as lines and as a document.

use crate::{
    Options,
    compare::Kind,
    fault::{Manner, Part},
    run::Outcome,
};
use std::{collections::BTreeMap, fmt::Write, time::Duration};

/// A process of ours may grow by this part of what it had, and by this many KiB besides, from the first third of a soak to the last one:
/// there are more cars to know.
const GROWTH: (f64, u64) = (0.1, 8 * 1024);

pub struct Report<'a> {
    options: &'a Options,
    outcome: &'a Outcome,
}

impl<'a> Report<'a> {
    pub fn new(options: &'a Options, outcome: &'a Outcome) -> Self {
        Report { options, outcome }
    }

    fn count(&self, kind: Kind) -> usize {
        self.outcome.findings.iter().filter(|finding| finding.kind == kind).count()
    }

    /// Processes that grew more than they may.
    fn grown(&self) -> impl Iterator<Item = &(String, u64, u64)> {
        self.outcome.memory.iter().filter(|(name, before, after)| name.starts_with("fm-") && *after > grown_to(*before))
    }

    /// What was to be shown, and whether it was. (A market that does not recover from a fault ends the run.)
    fn tests(&self) -> Vec<(String, bool)> {
        let faults = self.outcome.injections.iter().map(|injection| (format!("{} ({})", injection.fault, injection.hit.join(", ")), true));
        let kinds = [
            ("nothing acknowledged is lost", Kind::Lost),
            ("nothing is doubled", Kind::Doubled),
            ("nothing is half done", Kind::Half),
            ("nobody is refused wrongly", Kind::Refused),
        ];
        let kinds = kinds.into_iter().map(|(name, kind)| (name.to_owned(), self.count(kind) == 0));
        let dead_letters = ("no message is a dead letter".to_owned(), self.outcome.dead_letters == 0);
        let routed = (!self.options.allow_unrouted).then(|| ("every event has a queue".to_owned(), self.outcome.unrouted == 0));
        let grown = self.options.soak.is_some().then(|| ("no process has grown".to_owned(), self.grown().next().is_none()));
        let falsified = self.outcome.falsified.iter().map(|(way, noticed)| (format!("the comparison notices {way}"), *noticed));
        faults.chain(kinds).chain([dead_letters]).chain(routed).chain(grown).chain(falsified).collect()
    }

    /// Nothing was lost, doubled, half done or wrongly refused; nothing has grown; the comparison would have noticed.
    pub fn passed(&self) -> bool {
        self.tests().iter().all(|(_, holds)| *holds)
    }

    /// One line per test, and the one that test runners count.
    pub fn result(&self) -> String {
        let (tests, mut text) = (self.tests(), String::new());
        for (name, holds) in &tests {
            let _ = writeln!(text, "test {name} ... {}", if *holds { "ok" } else { "FAILED" });
        }
        let passed = tests.iter().filter(|(_, holds)| *holds).count();
        let word = if passed == tests.len() { "ok" } else { "FAILED" };
        let _ = write!(text, "\ntest result: {word}. {passed} passed; {} failed; 0 ignored", tests.len() - passed);
        text
    }

    /// For a terminal.
    pub fn lines(&self) -> String {
        let mut text = String::new();
        for (name, value) in self.figures() {
            let _ = writeln!(text, "  {name:<44} {value}");
        }
        for (name, before, after) in &self.outcome.memory {
            let _ = writeln!(text, "  memory of {name:<34} {:.1} MiB, then {:.1} MiB", mib(*before), mib(*after));
        }
        for (name, before, after) in self.grown() {
            let _ =
                writeln!(text, "  GROWN {name} from {:.1} to {:.1} MiB; at most {:.1}", mib(*before), mib(*after), mib(grown_to(*before)));
        }
        for finding in self.outcome.findings.iter().take(50) {
            let _ = writeln!(text, "  {} {}", finding.kind, finding.what);
        }
        text
    }

    fn figures(&self) -> Vec<(String, String)> {
        let Outcome { record, counters, injections, .. } = self.outcome;
        let mut figures = vec![("seed".to_owned(), self.options.seed.to_string())];
        let mut figure = |name: &str, value: String| figures.push((name.into(), value));
        figure("market", self.market());
        let seconds = |d: Duration| format!("{:.0} s", d.as_secs_f64());
        figure(
            "duration; of it under load; until quiet",
            format!("{}; {}; {}", seconds(self.outcome.took), seconds(self.outcome.loaded), seconds(self.outcome.quiet_after)),
        );
        figure("people and cars", format!("{} accounts, {} cars", self.outcome.accounts, self.outcome.cars));
        for (verb, (acknowledged, given_up, attempts)) in record.counts() {
            figure(&format!("to {verb}"), format!("{acknowledged} acknowledged, {given_up} given up, {attempts} attempts"));
        }
        let (answered, failed) = record.reads();
        figure("searches by somebody who looks on", format!("{answered} answered, {failed} failed"));
        let sum = |name, label| counters.sum(name, label);
        figure("messages handled", sum("messages_handled_total", "").to_string());
        figure("messages published and confirmed", sum("messages_published_total", "outcome=\"ok\"").to_string());
        let (tried, confirmed) = (sum("messages_published_total", ""), sum("messages_published_total", "outcome=\"ok\""));
        figure("attempts to publish that failed", (tried - confirmed).to_string());
        figure(
            "attempts to handle that failed",
            (sum("messages_handled_total", "") - sum("messages_handled_total", "outcome=\"ok\"")).to_string(),
        );
        for (name, series) in BUS {
            figure(name, sum(series, "").to_string());
        }
        figure("dead letters", self.outcome.dead_letters.to_string());
        figure("unrouted events", self.outcome.unrouted.to_string());
        figure("faults", injections.len().to_string());
        figure(
            "processes killed",
            injections
                .iter()
                .filter(|i| i.fault.manner == Manner::Kill && i.fault.part != Part::MongoDb)
                .map(|i| i.hit.len())
                .sum::<usize>()
                .to_string(),
        );
        for kind in [Kind::Lost, Kind::Doubled, Kind::Half, Kind::Refused] {
            figure(&kind.to_string(), self.count(kind).to_string());
        }
        figures
    }

    /// Where it ran, and how.
    fn market(&self) -> String {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let (options, nodes) = (self.options, self.options.etcd_nodes);
        let programs = if options.release { "optimised" } else { "debug" };
        let store = if options.mongo { "MongoDB" } else { "SQLite" };
        format!(
            "all on one machine with {processors} processors; {programs} programs; {store}; nodes of etcd: {nodes}; two copies of fm-cars"
        )
    }

    /// Gives the report as a Markdown document, for docs/.
    pub fn markdown(&self) -> String {
        let conclusion = if self.passed() { "Nothing was lost, nothing was doubled." } else { "**This run failed.**" };
        let (title, what) = match self.options.soak {
            Some(_) => ("A steady load", "people trade through the gateway, and nothing is broken. Then the load ends"),
            None => (
                "What the market survives",
                "people trade through the gateway while one part after the other is killed, stopped or cut off. Then all is mended",
            ),
        };
        let mut text = format!(
            "# {title}\n\nWritten by `scripts/chaos {}`: {what}, the market becomes quiet, and what was acknowledged is compared with what each \
             service knows. {conclusion}\n\n| | |\n| --- | --- |\n",
            self.options.words()
        );
        for (name, value) in self.figures() {
            let _ = writeln!(text, "| {name} | {value} |");
        }
        text += "\n*Lost*: an acknowledged change is missing somewhere. *Doubled*: one key gave two cars, or one event two effects. *Half*: services \
                 disagree about a change that nobody acknowledged. *Refused*: an answer that nobody should have got.\n";
        text += &self.faults();
        text += &self.memory();
        if !self.outcome.findings.is_empty() {
            text += "\n## Findings\n\n";
            for finding in &self.outcome.findings {
                let _ = writeln!(text, "* {}: {}", finding.kind, finding.what);
            }
        }
        text
    }

    /// A table of the faults, where there were any.
    fn faults(&self) -> String {
        if self.outcome.injections.is_empty() {
            return String::new();
        }
        let mut text = "\n## Fault by fault\n\n\
                 `kill` is SIGKILL (for the MongoDB of the tests SIGTERM: what it is kept in survives no kill) and a start three seconds later; `stop` is \
                 SIGSTOP, `blackhole` a connection that swallows everything, `reset` one that is cut and refused. *All well after*: from the end of the \
                 fault until every instance said so. Longest waits of clients from the fault's beginning to the next one's: for a write until it was \
                 acknowledged, its own tries again included (each waits 8 s at most); for a read between two answers. What waited when a fault began \
                 counts for it too, whatever it waited for. Each the longest of all times.\n\n\
                 | fault | times | lasted | all well after | longest wait of a write | of a read |\n| --- | --- | --- | --- | --- | --- |\n"
            .to_owned();
        for (fault, injections) in self.by_fault() {
            let _ = writeln!(text, "| {fault} | {} |", self.row(&injections).join(" | "));
        }
        text
    }

    /// What happened, by fault; each with its number.
    fn by_fault(&self) -> BTreeMap<String, Vec<usize>> {
        let mut by_fault = BTreeMap::<_, Vec<usize>>::new();
        for (number, injection) in self.outcome.injections.iter().enumerate() {
            by_fault.entry(injection.fault.to_string()).or_default().push(number);
        }
        by_fault
    }

    fn row(&self, injections: &[usize]) -> [String; 5] {
        let (all, record) = (&self.outcome.injections, &self.outcome.record);
        let until = |n: usize| all.get(n + 1).map_or_else(|| all[n].ended + all[n].recovered, |next| next.began);
        let longest = |of: &dyn Fn(usize) -> Duration| {
            let longest = injections.iter().map(|n| of(*n)).max().unwrap_or_default();
            format!("{:.1} s", longest.as_secs_f64())
        };
        [
            injections.len().to_string(),
            longest(&|n| all[n].ended - all[n].began),
            longest(&|n| all[n].recovered),
            longest(&|n| record.longest_write(all[n].began, until(n))),
            longest(&|n| record.longest_gap(all[n].began, until(n))),
        ]
    }

    /// A table of the memory, of a soak alone.
    fn memory(&self) -> String {
        if self.outcome.memory.is_empty() {
            return String::new();
        }
        let mut text =
            "\n## Memory\n\nResident, in MiB; means of the first third of the time and of the last one, after a minute to warm up.\n\n\
                        | process | first third | last third |\n| --- | --- | --- |\n"
                .to_owned();
        for (name, first, last) in &self.outcome.memory {
            let _ = writeln!(text, "| {name} | {:.1} | {:.1} |", mib(*first), mib(*last));
        }
        text
    }
}

/// What the bus and the inbox of the services have counted.
const BUS: [(&str, &str); 5] = [
    ("connections to the broker opened anew", "bus_reconnects_total"),
    ("messages tried again later", "bus_retried_total"),
    ("messages sent again, unconfirmed", "bus_resent_total"),
    ("messages that came again from the broker", "bus_redelivered_total"),
    ("messages that had taken effect before, dropped", "messages_duplicate_total"),
];

fn grown_to(before: u64) -> u64 {
    before + (before as f64 * GROWTH.0) as u64 + GROWTH.1
}

fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{compare::Finding, metrics::Counters};
    use clap::Parser;

    fn outcome() -> Outcome {
        Outcome {
            took: Duration::from_secs(9),
            loaded: Duration::from_secs(5),
            injections: Vec::new(),
            record: Default::default(),
            counters: Counters::default(),
            dead_letters: 0,
            unrouted: 0,
            quiet_after: Duration::from_secs(3),
            cars: 1,
            accounts: 1,
            findings: Vec::new(),
            falsified: vec![("a price that is wrong", true)],
            memory: Vec::new(),
        }
    }
    fn passes(outcome: &Outcome, words: &[&str]) -> bool {
        let options = Options::parse_from(["market-chaos", "--folder", "f", "--scripts", "s"].iter().chain(words));
        let report = Report::new(&options, outcome);
        assert_eq!(report.passed(), report.result().contains("; 0 failed;"), "{}", report.result());
        assert_eq!(report.passed(), !report.markdown().contains("**This run failed.**"));
        report.passed()
    }

    #[test]
    fn a_run_passes_where_nothing_was_found() {
        assert!(passes(&outcome(), &[]));
    }

    #[test]
    fn each_finding_a_dead_letter_and_a_blind_comparison_fail() {
        for kind in [Kind::Lost, Kind::Doubled, Kind::Half, Kind::Refused] {
            assert!(!passes(&Outcome { findings: vec![Finding { kind, what: "x".into() }], ..outcome() }, &[]));
        }
        assert!(!passes(&Outcome { dead_letters: 1, ..outcome() }, &[]));
        assert!(!passes(&Outcome { falsified: vec![("a price that is wrong", false)], ..outcome() }, &[]));
    }

    #[test]
    fn an_unrouted_event_fails_a_run_unless_it_is_allowed() {
        let unrouted = || Outcome { unrouted: 1, ..outcome() };
        assert!(!passes(&unrouted(), &[]));
        assert!(passes(&unrouted(), &["--allow-unrouted"]));
        assert!(!passes(&Outcome { dead_letters: 1, ..unrouted() }, &["--allow-unrouted"]));
    }

    #[test]
    fn a_service_that_grows_fails_a_soak() {
        let memory = |last| Outcome { memory: vec![("fm-cars".into(), 100_000, last), ("rabbitmq".into(), 1, 9_000_000)], ..outcome() };
        assert!(passes(&memory(118_000), &["--soak", "1"]));
        assert!(!passes(&memory(119_000), &["--soak", "1"]));
    }
}
