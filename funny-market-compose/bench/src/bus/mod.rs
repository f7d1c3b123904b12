//! The bus: what the SDK adds to bare loops over the same broker, in the same run.

mod bare_calls;
mod bare_publish;
mod broker;
mod cost;
mod envelope;
mod peers;
mod sdk;

use crate::{
    Result,
    figure::{Figure, ms},
    rounds::{median, shuffled},
};
use amiquip::AmqpProperties;
use broker::Broker;
use cost::{Cost, Meter};
use peers::Peer;
use sdk::Pair;
use std::{path::PathBuf, time::Duration};

const CONCURRENCIES: [usize; 3] = [1, 16, 64];
/// Publishes that wait for their confirm at any time.
const WINDOW: usize = 64;
/// About what a car's event carries.
const PAYLOAD: usize = 300;

/// Settings of this part.
#[derive(clap::Args)]
pub struct Bus {
    /// Rounds; in each, every measurement runs once
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Seconds per measurement
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// Folder with what people would use instead (`scripts/bench` fills it); without it they are left out
    #[arg(long)]
    peers: Option<PathBuf>,
    /// Only these measurements, for a profiler: `sdk-calls-1`, `bare-calls-16`, `like-calls-64`, `sdk-publish`, `like-publish`, `bare-publish`
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
}

/// What one measurement found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Run {
    /// Done per second.
    pub rate: f64,
    /// How long each took, in microseconds.
    pub micros: Vec<f64>,
    /// What each cost.
    pub cost: Cost,
}

#[derive(Clone, Copy, PartialEq)]
enum What {
    BareCalls(usize),
    LikeCalls(usize),
    SdkCalls(usize),
    /// Of the peer at this place.
    PeerCalls(usize, usize),
    BarePublish,
    LikePublish,
    SdkPublish,
}

impl What {
    /// What `--only` calls it.
    fn name(self) -> String {
        match self {
            What::BareCalls(n) => format!("bare-calls-{n}"),
            What::LikeCalls(n) => format!("like-calls-{n}"),
            What::SdkCalls(n) => format!("sdk-calls-{n}"),
            What::PeerCalls(peer, n) => format!("peer-{peer}-calls-{n}"),
            What::BarePublish => "bare-publish".into(),
            What::LikePublish => "like-publish".into(),
            What::SdkPublish => "sdk-publish".into(),
        }
    }
}

impl Bus {
    /// Measures.
    ///
    /// # Errors
    /// RabbitMQ is not installed, or the broker refused something.
    pub fn run(self) -> Result<()> {
        eprintln!(
            "bus: {} rounds of {} s each, shuffled; a private RabbitMQ, {PAYLOAD} bytes, TCP_NODELAY on both sides",
            self.rounds, self.seconds
        );
        let broker = Broker::start()?;
        let pair = Pair::start(&broker)?;
        broker.declare()?;
        let peers = self.peers.as_deref().map_or_else(|| Ok(Vec::new()), Peer::installed)?;
        let of_peers = CONCURRENCIES.iter().flat_map(|n| (0..peers.len()).map(|peer| What::PeerCalls(peer, *n)));
        let all: Vec<What> = CONCURRENCIES
            .iter()
            .flat_map(|n| [What::BareCalls(*n), What::LikeCalls(*n), What::SdkCalls(*n)])
            .chain(of_peers)
            .chain([What::BarePublish, What::LikePublish, What::SdkPublish])
            .filter(|what| self.only.is_empty() || self.only.contains(&what.name()))
            .collect();
        if all.is_empty() {
            return Err(format!("there is no measurement {}", self.only.join(", ")).into());
        }
        let time = Duration::from_secs_f64(self.seconds);
        let (nothing, call, event) = (AmqpProperties::default(), envelope::of_call(pair.token()), envelope::of_event(pair.message_token()));
        let mut runs: Vec<Vec<Run>> = vec![Vec::new(); all.len()];
        // The first round warms up and does not count.
        for (round, order) in shuffled(all.len(), self.rounds + 1).enumerate() {
            for i in order {
                let meter = Meter::start()?;
                let mut run = match all[i] {
                    What::BareCalls(n) => bare_calls::measure(&broker, n, time, bare_calls::ALL, &nothing)?,
                    What::LikeCalls(n) => bare_calls::measure(&broker, n, time, bare_calls::FAIR, &call)?,
                    What::SdkCalls(n) => pair.call(n, time)?,
                    What::PeerCalls(peer, n) => peers[peer].measure(&broker, n, time)?,
                    What::BarePublish => bare_publish::publish(&broker, WINDOW, time, &nothing)?,
                    What::LikePublish => bare_publish::publish(&broker, WINDOW, time, &event)?,
                    What::SdkPublish => pair.publish(WINDOW, time)?,
                };
                run.cost = meter.stop(run.micros.len())?;
                if matches!(all[i], What::BarePublish | What::LikePublish | What::SdkPublish) {
                    broker.purge()?;
                }
                if round > 0 {
                    runs[i].push(run);
                }
            }
            eprintln!("  round {round} of {} done", self.rounds);
        }
        let of = |what: What| all.iter().position(|w| *w == what).map(|i| &runs[i][..]).unwrap_or_default();
        for n in CONCURRENCIES {
            let (what, sdk) = (format!("calls at concurrency {n}"), of(What::SdkCalls(n)));
            print(&what, "SDK", sdk);
            compare(&what, "bare amiquip", of(What::BareCalls(n)), sdk, (n < 64).then_some(0.7));
            compare(&what, LIKE, of(What::LikeCalls(n)), sdk, Some(0.85));
            for (at, peer) in peers.iter().enumerate() {
                compare(&what, peer.name, of(What::PeerCalls(at, n)), sdk, Some(1.0));
            }
        }
        let what = format!("persistent confirmed publishes to a quorum queue, {WINDOW} unconfirmed at once");
        print(&what, "SDK", of(What::SdkPublish));
        compare(&what, "bare amiquip", of(What::BarePublish), of(What::SdkPublish), Some(0.8));
        compare(&what, "bare amiquip with the same envelope", of(What::LikePublish), of(What::SdkPublish), None);
        for (what, sides) in [
            ("a call at concurrency 1", [What::SdkCalls(1), What::LikeCalls(1), What::BareCalls(1)]),
            ("a call at concurrency 16", [What::SdkCalls(16), What::LikeCalls(16), What::BareCalls(16)]),
            ("a confirmed publish", [What::SdkPublish, What::LikePublish, What::BarePublish]),
        ] {
            for (who, side) in ["SDK", "bare amiquip with the same envelope", "bare amiquip"].iter().zip(sides) {
                print_cost(&format!("cost of {what}: {who}"), of(side));
            }
        }
        Ok(())
    }
}

/// The bare loop that carries what the SDK's calls carry, and holds as few of them as its services do.
const LIKE: &str = "bare amiquip with the same envelope and prefetch";

/// Prints the medians of one side.
fn print(what: &str, who: &str, runs: &[Run]) {
    if runs.is_empty() {
        return;
    }
    let rate = median(&runs.iter().map(|r| r.rate).collect::<Vec<_>>());
    let middle = median(&runs.iter().map(|r| median(&r.micros)).collect::<Vec<_>>());
    Figure::new("bus", format!("{what}: {who}"), format!("{rate:.0}/s (p50 {})", ms(middle))).print();
}

/// Prints the medians of a peer of the SDK, and the median of the rounds' ratios.
fn compare(what: &str, peer: &str, theirs: &[Run], sdk: &[Run], goal: Option<f64>) {
    print(what, peer, theirs);
    if theirs.is_empty() || sdk.is_empty() {
        return;
    }
    let ratio = median(&theirs.iter().zip(sdk).map(|(t, s)| s.rate / t.rate).collect::<Vec<_>>());
    let figure = Figure::new("bus", format!("{what}: SDK / {peer}"), format!("{ratio:.2}"));
    match goal {
        Some(goal) => figure.goal(format!(">= {goal}"), ratio >= goal).print(),
        None => figure.print(),
    }
}

/// Prints the medians of what one operation cost.
fn print_cost(what: &str, runs: &[Run]) {
    if runs.is_empty() {
        return;
    }
    let middle = |of: fn(&Cost) -> f64| median(&runs.iter().map(|r| of(&r.cost)).collect::<Vec<_>>());
    let (client, broker, waits) = (middle(|c| c.client), middle(|c| c.broker), middle(|c| c.waits));
    Figure::new("bus", what, format!("{client:.0} us CPU, broker {broker:.0} us CPU, {waits:.1} waits")).print();
}
