//! What a request costs: the gateway beside nginx and HAProxy, each pinned to one core, client and upstream on another one.

mod contender;
mod encrypted;
mod fm_gateway;
mod haproxy;
mod http_proxy;
mod memory;
mod nginx;
mod rivals;
pub(crate) mod tokens;

use crate::{
    Result,
    figure::{Figure, ms},
    load::Load,
    process::{core_time, processor_time, resident},
    rounds::{median, quantile, shuffled},
};
use contender::{Contender, Sample};
use fm_gateway::FmGateway;
use rivals::Rivals;
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

/// Percent of its core's time that others may use while an answer's time is taken.
const MAX_OTHERS: f64 = 10.0;

/// Settings of this part.
#[derive(clap::Args)]
pub struct Contest {
    /// The program fm-gateway
    #[arg(long)]
    program: PathBuf,
    /// Rounds; in each, everybody runs once
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Seconds per measurement
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// Requests per second
    #[arg(long, default_value_t = 2000.0)]
    rate: f64,
    /// The core of those who are measured; this process should be pinned to another one
    #[arg(long, default_value_t = 0)]
    core: usize,
    /// A folder of modules with npm's http-proxy, which is then measured too
    #[arg(long)]
    node_modules: Option<PathBuf>,
    /// How many different tokens somebody with many has
    #[arg(long, default_value_t = 10_000)]
    tokens: usize,
    /// Another build of fm-gateway, an earlier one perhaps, which is measured beside it
    #[arg(long)]
    beside: Option<PathBuf>,
    /// Only these parts
    #[arg(long, value_enum, value_delimiter = ',', value_name = "PARTS")]
    only: Vec<Part>,
}

/// A part of the measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// Everybody at a fixed rate
    Rate,
    /// As fast as connections can
    Saturation,
    /// TLS and HTTP/2
    Tls,
    /// What the gateway adds to the answer's time
    Added,
    /// Tokens that come for the first time
    Tokens,
    /// More routes
    Routes,
    /// Publishes under load
    Publishes,
    /// Resident memory
    Memory,
}

/// Where those who are measured run, and what they lead to.
struct Ring {
    core: usize,
    folder: tempfile::TempDir,
    upstream: std::net::SocketAddr,
}

impl Contest {
    /// Measures.
    ///
    /// # Errors
    /// Something is not installed or does not start.
    pub fn run(self) -> Result<()> {
        eprintln!(
            "gateway: {} rounds of {} s each, shuffled, {} requests/s; measured on core {}, client and upstream elsewhere",
            self.rounds, self.seconds, self.rate, self.core
        );
        let folder = tempfile::Builder::new().prefix("market-bench-").tempdir()?;
        let upstream = nginx::upstream(folder.path())?;
        let ring = Ring { core: self.core, folder, upstream: upstream.address };
        let rivals = Rivals::start(&ring, self.node_modules.as_deref())?;
        let gateway = FmGateway::start(&ring, &self)?;
        let mut all = vec![Contender::nobody(&ring)];
        all.extend(rivals.contenders());
        all.extend(gateway.contenders());
        if self.measures(Part::Rate) {
            self.fixed_rate(&all)?;
        }
        if self.measures(Part::Saturation) {
            self.saturation(&all)?;
        }
        if self.measures(Part::Tls) {
            encrypted::measure(&self, &ring, &gateway)?;
        }
        if self.measures(Part::Added) {
            self.half_load(&all)?;
        }
        if self.measures(Part::Tokens) {
            gateway.first_times(&self)?;
        }
        if self.measures(Part::Routes) {
            gateway.routes(&self)?;
        }
        if self.measures(Part::Publishes) {
            gateway.publishes(&self)?;
        }
        if self.measures(Part::Memory) {
            let memory = resident(&gateway.pids);
            Figure::new("gateway", "memory of fm-gateway after all this", format!("{memory:.0} MiB")).print();
            memory::measure(&ring, &gateway)?;
        }
        Ok(())
    }

    fn measures(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }

    /// What everybody costs at the same rate, and how long answers take.
    fn fixed_rate(&self, all: &[Contender]) -> Result<()> {
        let samples = self.rounds_of(all.len(), |i| all[i].measure(self.rate, self.time()))?;
        for (contender, samples) in all.iter().zip(&samples) {
            let latency = |share: f64| median(&samples.iter().map(|s| quantile(&s.micros, share)).collect::<Vec<_>>());
            let cost = if contender.pids.is_empty() { String::new() } else { format!("{:.1} us CPU, ", median(&costs(samples))) };
            let value = format!("{cost}p50 {}, p99 {}", ms(latency(0.5)), ms(latency(0.99)));
            Figure::new("gateway", format!("{} at {} requests/s", contender.name, self.rate), value).print();
        }
        let samples_of = |name: &str| all.iter().position(|c| c.name == name).map_or(&[][..], |i| &samples[i]);
        let share = |name: &str, of: &str, most: Option<f64>| print_share("CPU", (name, samples_of(name)), (of, samples_of(of)), most);
        share(fm_gateway::FULL, rivals::RS256, Some(1.0));
        share(fm_gateway::MANY, rivals::RS256, Some(1.0));
        share(fm_gateway::FULL, rivals::NGINX, Some(1.1));
        share(fm_gateway::MANY, fm_gateway::FULL, Some(1.2));
        share(fm_gateway::BARE, rivals::NGINX, None);
        share(fm_gateway::SAMPLED_OUT, fm_gateway::NO_SPANS, Some(1.03));
        share(fm_gateway::FULL, fm_gateway::NO_SPANS, Some(1.1));
        share(fm_gateway::LOGGED, fm_gateway::FULL, None);
        share(rivals::RS256, rivals::NGINX, None);
        if self.beside.is_some() {
            share(fm_gateway::FULL, fm_gateway::BESIDE, None);
        }
        Ok(())
    }

    /// What a request costs when 32 connections send as fast as they are answered.
    fn saturation(&self, all: &[Contender]) -> Result<()> {
        let mut names = vec![rivals::NGINX, rivals::RS256, fm_gateway::FULL];
        names.extend(self.beside.as_ref().map(|_| fm_gateway::BESIDE));
        let all: Vec<&Contender> = all.iter().filter(|c| names.contains(&c.name)).collect();
        // All requests are due at once.
        let at_once = Duration::from_millis(1);
        let samples = self.rounds_of(all.len(), |i| all[i].measure(self.count() as f64 / at_once.as_secs_f64(), at_once))?;
        let of = |name| all.iter().position(|c| c.name == name).map_or((name, &[][..]), |i| (name, &samples[i][..]));
        for (name, samples) in names.into_iter().map(of) {
            Figure::new("gateway", format!("{name}, as fast as 32 connections can"), format!("{:.1} us CPU", median(&costs(samples))))
                .print();
        }
        print_share("CPU at saturation", of(fm_gateway::FULL), of(rivals::NGINX), Some(1.15));
        print_share("CPU at saturation", of(fm_gateway::FULL), of(rivals::RS256), Some(0.4));
        if self.beside.is_some() {
            print_share("CPU at saturation", of(fm_gateway::FULL), of(fm_gateway::BESIDE), None);
        }
        Ok(())
    }

    /// The samples of each contender.
    fn rounds_of(&self, contenders: usize, measure: impl Fn(usize) -> Result<Sample>) -> Result<Vec<Vec<Sample>>> {
        let mut samples: Vec<Vec<Sample>> = (0..contenders).map(|_| Vec::new()).collect();
        // The first round warms up and does not count.
        for (round, order) in shuffled(contenders, self.rounds + 1).enumerate() {
            for i in order {
                let sample = measure(i)?;
                if round > 0 {
                    samples[i].push(sample);
                }
            }
            eprintln!("  round {round} of {} done", self.rounds);
        }
        Ok(samples)
    }

    /// What the gateway adds to the answer's time while its core is half busy, and what the others add at the same rate. Where others use
    /// that core too, the time says more about them: then it is no answer to the goal.
    fn half_load(&self, all: &[Contender]) -> Result<()> {
        let names = [contender::NOBODY, rivals::NGINX, rivals::RS256, fm_gateway::FULL];
        let found: Vec<&Contender> = names.iter().filter_map(|name| all.iter().find(|c| c.name == *name)).collect();
        let [nobody, nginx, haproxy, full] = found[..] else { return Err("a contender is missing".into()) };
        let micros = full.measure(self.rate, self.time())?.cost;
        let rate = (0.5e6 / micros.max(1.0)).min(6000.0).round();
        let (mut p99, mut others) = ([const { Vec::new() }; 4], Vec::new());
        for order in shuffled(p99.len(), self.rounds) {
            for i in order {
                let contender = [nobody, nginx, haproxy, full][i];
                let (begun, busy, own) = (Instant::now(), core_time(self.core)?, processor_time(&contender.pids)?);
                p99[i].push(quantile(&contender.measure(rate, self.time())?.micros, 0.99));
                let (busy, own) = (core_time(self.core)? - busy, processor_time(&contender.pids)? - own);
                others.push(busy.saturating_sub(own) as f64 / begun.elapsed().as_nanos() as f64 * 100.0);
            }
        }
        let [direct, nginx, haproxy, full] = p99.map(|p99| median(&p99));
        let (added, others) = (full - direct, median(&others));
        let at = format!("at {rate} requests/s (the gateway's core {:.0} % busy)", rate * micros / 1e4);
        let what = format!("p99 added by {} {at}", fm_gateway::FULL);
        if others > MAX_OTHERS {
            let value = format!("{}, but others kept its core busy for {others:.0} % of the time", ms(added));
            Figure::new("gateway", what, value).print();
        } else {
            let goal = "<= 1 ms, and not above nginx's";
            Figure::new("gateway", what, ms(added)).goal(goal, added <= 1000.0 && full <= nginx).print();
        }
        let value = format!("{}, {}", ms(nginx - direct), ms(haproxy - direct));
        Figure::new("gateway", format!("the same by {}, by {}", rivals::NGINX, rivals::RS256), value).print();
        Ok(())
    }

    fn time(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }

    /// Requests per measurement.
    fn count(&self) -> usize {
        (self.rate * self.seconds) as usize
    }

    fn load<'a>(&self, contender: &'a Contender, seconds: f64) -> Load<'a> {
        contender.load(self.rate, Duration::from_secs_f64(seconds))
    }
}

/// What one costs as a share of what another one costs.
fn print_share(what: &str, (name, samples): (&str, &[Sample]), (of, others): (&str, &[Sample]), most: Option<f64>) {
    let ratios = ratios(samples, others);
    let (middle, least, greatest) = (median(&ratios), quantile(&ratios, 0.0), quantile(&ratios, 1.0));
    let value = format!("{middle:.2} ({least:.2} to {greatest:.2})");
    let figure = Figure::new("gateway", format!("{what}: {name} / {of}, median of {} rounds (least to greatest)", ratios.len()), value);
    match most {
        Some(most) => figure.goal(format!("<= {most}"), middle <= most).print(),
        None => figure.print(),
    }
}

fn costs(samples: &[Sample]) -> Vec<f64> {
    samples.iter().map(|s| s.cost).collect()
}

/// What one costs as a share of what another one costs, round by round: a round that the machine disturbs does so to both.
fn ratios(of: &[Sample], to: &[Sample]) -> Vec<f64> {
    of.iter().zip(to).map(|(a, b)| a.cost / b.cost).collect()
}
