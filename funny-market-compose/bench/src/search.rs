//! Search and facets of a market, by people who click at random.

use crate::{
    Result,
    figure::{Figure, ms},
    load::{Load, Outcome, Request},
    rounds::quantile,
};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use std::{net::SocketAddr, time::Duration};

const KINDS: [&str; 4] = ["search", "facets", "count", "suggestions"];
/// The p99 in milliseconds that suggestions aim at, wherever they are asked for.
const SUGGESTIONS_GOAL: f64 = 15.0;
/// What people type: mistyped, unfinished, in words.
const TYPED: [&str; 8] = [
    "volkswagn",
    "golf%20die",
    "porshe%20911",
    "renualt%20clio%20bis%205000",
    "mecedes%20c%20klase%20in%20munchen",
    "audi%20a4%20avant%202.0%20tdi",
    "klimaa",
    "golf%20in%20hambrug",
];

/// Settings of this part.
#[derive(clap::Args)]
pub struct Search {
    /// The gateway, or fm-cars itself, as HOST:PORT
    #[arg(long)]
    to: SocketAddr,
    /// What stands behind it, for the table
    #[arg(long, default_value = "through the gateway")]
    name: String,
    /// Requests per second
    #[arg(long, default_value_t = 100.0)]
    rate: f64,
    /// For how long
    #[arg(long, default_value_t = 30.0)]
    seconds: f64,
    /// The p99 that is aimed at, in milliseconds
    #[arg(long, default_value_t = 10.0)]
    goal: f64,
}

impl Search {
    /// Measures.
    ///
    /// # Errors
    /// Nobody answers, or somebody answers with anything but 200.
    pub fn run(self) -> Result<()> {
        eprintln!(
            "search {}: {} requests/s for {} s, open loop: searches, facets, counts and suggestions in turn with random filters",
            self.name, self.rate, self.seconds
        );
        let outcome = ask(self.to, self.rate, Duration::from_secs_f64(self.seconds))?;
        report("search", &self.name, self.rate, self.goal, &outcome);
        Ok(())
    }
}

/// Asks a market or a single fm-cars; the first seconds warm up and do not count.
///
/// # Errors
/// Nobody answers, or somebody answers with anything but 200.
pub fn ask(to: SocketAddr, rate: f64, time: Duration) -> Result<Outcome> {
    let requests = questions(to);
    let load = |time| Load { to, requests: &requests, first: 0, rate, time, connections: 32 }.run();
    load(time.div_f64(5.0))?;
    let outcome = load(time)?;
    match &outcome.fault {
        None => Ok(outcome),
        Some(fault) => {
            Err(format!("{} of {} requests failed; the first: {fault}", outcome.failed, outcome.failed + outcome.answered()).into())
        }
    }
}

/// Prints p50 and p99 of each kind.
pub fn report(part: &'static str, name: &str, rate: f64, goal: f64, outcome: &Outcome) {
    for (kind, micros) in KINDS.iter().zip(&outcome.micros) {
        let goal = if *kind == "suggestions" { SUGGESTIONS_GOAL } else { goal };
        let (p50, p99) = (quantile(micros, 0.5), quantile(micros, 0.99));
        Figure::new(part, format!("{kind} {name}, {rate} requests/s, p50 / p99"), format!("{} / {}", ms(p50), ms(p99)))
            .goal(format!("p99 <= {goal} ms"), p99 <= goal * 1000.0)
            .print();
    }
}

/// Some hundred questions, the same on every run.
fn questions(to: SocketAddr) -> Vec<Request> {
    let mut rng = StdRng::seed_from_u64(7);
    (0..600)
        .map(|n| {
            let (kind, filters) = (n % KINDS.len(), filters(&mut rng));
            let sort = ["-added", "price", "mileage", "-year"].choose(&mut rng).unwrap_or(&"price");
            let path = match kind {
                0 => format!("/api/cars?{filters}&sort={sort}&page={}", rng.random_range(1..=3)),
                1 => format!("/api/cars/facets?{filters}"),
                3 => format!("/api/cars/suggest?q={}", TYPED.choose(&mut rng).unwrap_or(&"golf")),
                _ => format!("/api/cars/count?{filters}"),
            };
            Request::get(to, &path, kind, &[])
        })
        .collect()
}

/// Up to four filters, as somebody sets them who looks for a car.
fn filters(rng: &mut StdRng) -> String {
    const FILTERS: [&str; 14] = [
        "maker=volkswagen",
        "maker=bmw&maker=audi",
        "maker=volkswagen&model=golf",
        "maker=opel&model=corsa",
        "body=estate",
        "body=small&body=sedan",
        "engine=diesel",
        "gearbox=automatic",
        "color=black&color=silver",
        "power_from=100",
        "mileage_to=100000",
        "q=golf",
        "q=bmw%20touring",
        "year_from=2000&year_to=2012",
    ];
    let price = rng.random_range(5..300) * 100;
    let mut all = vec![format!("price_to={price}")];
    for _ in 0..rng.random_range(0..4) {
        all.extend(FILTERS.choose(rng).map(ToString::to_string));
    }
    all.sort();
    // What may be given once is given once; other parameters given twice are an OR.
    all.dedup_by(|a, b| a == b || (a.starts_with("q=") && b.starts_with("q=")));
    all.join("&")
}
