//! The read model of fm-cars beside Tantivy and SQLite: the same questions about the same cars, one after the other.

mod contender;
mod questions;

use crate::{
    Result,
    figure::{Figure, ms},
    rounds::{quantile, shuffled},
};
use contender::Contender;
use questions::{Kind, kinds};
use std::{collections::BTreeMap, fs, path::PathBuf, process::Command};

const PART: &str = "search-peers";
/// Bytes that a car may take in the read model, where it has so many that the words they share weigh little.
const BYTES: f64 = 200.0;
const MANY: usize = 1_000_000;

/// Settings of this part.
#[derive(clap::Args)]
pub struct SearchPeers {
    /// The example search_bench of fm-cars
    #[arg(long)]
    program: PathBuf,
    /// Folder with bench-peer-tantivy and bench-peer-sqlite
    #[arg(long)]
    peers: PathBuf,
    /// A folder for cars and indexes, made and removed
    #[arg(long)]
    folder: PathBuf,
    /// How many cars
    #[arg(long, default_value_t = 1_000_000)]
    cars: usize,
    /// How often each question is asked, at most
    #[arg(long, default_value_t = 60)]
    rounds: usize,
    /// Seconds after which a contender is not asked the same question again
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
}

/// What a contender took for one question, in microseconds.
#[derive(Default)]
struct Measured {
    wall: Vec<f64>,
    cpu: Vec<f64>,
}

/// By kind and contender, one for each question: slow ones are asked less often, and count as much.
type ByKind = BTreeMap<(usize, usize), Vec<Measured>>;

impl SearchPeers {
    /// Measures.
    ///
    /// # Errors
    /// A contender does not start, or two of them answer differently.
    pub fn run(self) -> Result<()> {
        fs::create_dir_all(&self.folder)?;
        let measured = self.measure();
        fs::remove_dir_all(&self.folder)?;
        measured
    }

    fn measure(&self) -> Result<()> {
        let cars = self.folder.join("cars.jsonl");
        eprintln!("{PART}: {} cars", self.cars);
        let status = Command::new(&self.program).arg("write").arg(&cars).arg(self.cars.to_string()).status()?;
        if !status.success() {
            return Err(format!("{} could not write cars", self.program.display()).into());
        }
        let mut own = Command::new(&self.program);
        own.args(["answer", &self.cars.to_string()]);
        let mut contenders = vec![Contender::start("fm-cars", own)?];
        for (name, program) in [("Tantivy", "bench-peer-tantivy"), ("SQLite", "bench-peer-sqlite")] {
            let mut command = Command::new(self.peers.join(program));
            command.arg(&cars).arg(self.folder.join(program));
            contenders.push(Contender::start(name, command)?);
            self.report_memory(contenders.last());
        }
        self.report_memory(contenders.first());
        let kinds = kinds();
        let mut measured = ByKind::new();
        for (kind, of) in kinds.iter().enumerate() {
            for question in &of.questions {
                for (contender, one) in self.ask(question, &mut contenders)?.into_iter().enumerate() {
                    measured.entry((kind, contender)).or_default().push(one);
                }
            }
        }
        self.report(&kinds, &contenders, &measured);
        Ok(())
    }

    /// Asks all of them the same question in each round, in another order; the first round compares their answers and does not count.
    fn ask(&self, question: &serde_json::Value, contenders: &mut [Contender]) -> Result<Vec<Measured>> {
        let first = contenders[0].ask(question)?;
        for contender in contenders.iter_mut().skip(1) {
            let answered = contender.ask(question)?;
            if answered.answer != first.answer {
                let (name, own) = (contender.name, &first.answer);
                return Err(format!("{question}: fm-cars answers {own}, {name} answers {}", answered.answer).into());
            }
        }
        let mut measured: Vec<Measured> = contenders.iter().map(|_| Measured::default()).collect();
        for order in shuffled(contenders.len(), self.rounds) {
            for n in order {
                if measured[n].wall.iter().sum::<f64>() < self.seconds * 1e6 {
                    let answered = contenders[n].ask(question)?;
                    measured[n].wall.push(answered.micros);
                    measured[n].cpu.push(answered.cpu);
                }
            }
        }
        Ok(measured)
    }

    fn report_memory(&self, contender: Option<&Contender>) {
        let Some(Contender { name, ready, .. }) = contender else { return };
        let (cars, resident) = (self.cars as f64, contender.map_or(0.0, Contender::resident));
        let per_car = ready.bytes / cars;
        let figure = |bytes: &str| {
            Figure::new(
                PART,
                format!("{} cars: {name}", self.cars),
                format!("taken in within {:.1} s, {resident:.0} MiB resident, {per_car:.0} bytes a car {bytes}", ready.seconds),
            )
        };
        match *name {
            "fm-cars" if self.cars < MANY => figure("in memory").print(),
            "fm-cars" => figure("in memory").goal(format!("<= {BYTES:.0} bytes a car"), per_car <= BYTES).print(),
            _ => figure("on disk").print(),
        }
    }

    fn report(&self, kinds: &[Kind], contenders: &[Contender], measured: &ByKind) {
        let mean = |values: &mut dyn Iterator<Item = f64>| {
            let all: Vec<f64> = values.collect();
            all.iter().sum::<f64>() / all.len().max(1) as f64
        };
        for ((kind, contender), questions) in measured {
            let (Kind { name, goal, .. }, by) = (&kinds[*kind], contenders[*contender].name);
            let p50 = mean(&mut questions.iter().map(|q| quantile(&q.wall, 0.5)));
            let p99 = questions.iter().map(|q| quantile(&q.wall, 0.99)).fold(0.0, f64::max);
            let cpu = mean(&mut questions.iter().map(|q| mean(&mut q.cpu.iter().copied())));
            let times: usize = questions.iter().map(|q| q.wall.len()).sum();
            let figure =
                Figure::new(PART, format!("{name}: {by}"), format!("CPU {}, p50 {}, p99 {} ({times} times)", ms(cpu), ms(p50), ms(p99)));
            match *contender {
                0 => figure.goal(format!("p99 <= {goal} ms"), p99 <= goal * 1e3).print(),
                _ => figure.print(),
            }
        }
        let questions: usize = kinds.iter().map(|kind| kind.questions.len()).sum();
        Figure::new(PART, "questions that all answered alike", format!("{questions} of {questions}")).print();
        for contender in contenders {
            Figure::new(PART, format!("memory after the questions: {}", contender.name), format!("{:.0} MiB", contender.resident()))
                .print();
        }
    }
}
