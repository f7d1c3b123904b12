//! One whole run: a market, a load, faults one after the other, quiet, the comparison.

use crate::{
    Options, Result, caller,
    compare::{self, Finding},
    fault::{Fault, Possible},
    injection::{Injection, Injector},
    ledger::Seller,
    metrics::Counters,
    observe::{self, Observer},
    quiet,
    record::Record,
    seen::Seen,
    trader::{Trader, from_address_of},
};
use market::{LocalMarket, Request, proxy::Proxy};
use rand::{SeedableRng, rngs::StdRng};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

/// After a fault, before the next one.
const CALM: Duration = Duration::from_secs(3);
/// Until caches and pools are filled.
const WARM_UP: Duration = Duration::from_secs(60);
/// Between two looks at the memory.
const SAMPLE: Duration = Duration::from_secs(2);
/// The longest wait of a message that is tried again is ten minutes; who has to wait for that has been unreachable too long.
const QUIET: Duration = Duration::from_secs(180);

/// What a run has shown.
pub struct Outcome {
    pub took: Duration,
    pub loaded: Duration,
    pub injections: Vec<Injection>,
    pub record: Arc<Record>,
    pub counters: Counters,
    pub dead_letters: u64,
    /// Events in the queue of those that no other queue took.
    pub unrouted: u64,
    pub quiet_after: Duration,
    pub cars: usize,
    pub accounts: usize,
    pub findings: Vec<Finding>,
    /// Ways to falsify what the services said, and whether the comparison noticed.
    pub falsified: Vec<(&'static str, bool)>,
    /// Of a soak: memory by process, in KiB, in the first third and in the last one.
    pub memory: Vec<(String, u64, u64)>,
}

/// Runs it.
///
/// # Errors
/// The market does not start, does not recover, does not become quiet or does not answer.
pub fn run(options: &Options) -> Result<Outcome> {
    let began = Instant::now();
    let mut market = LocalMarket {
        folder: options.folder.clone(),
        scripts: options.scripts.clone(),
        settings: vec![("FM_DEV_PORTS".into(), "random".into())],
    };
    if options.etcd_nodes > 1 {
        market.settings.push(("FM_ETCD_NODES".into(), options.etcd_nodes.to_string()));
    }
    if options.mongo {
        market.settings.push(("FM_STORE".into(), "mongodb".into()));
    }
    let proxies = proxies(&market)?;
    let mut words = vec!["--no-build", "--no-demo", "--instances", "fm-cars=2"];
    if options.release {
        words.push("--release");
    }
    say(options, &format!("starting a market ({} proxies)", proxies.len()));
    market.script("up", &words)?;
    quiet::until_well(&market, Duration::from_secs(60))?;

    let record = Arc::new(Record::default());
    let counters = Mutex::new(Counters::default());
    let gateway = market.port("fm-gateway-proxy")?;
    let mut injector = Injector { market: &market, proxies: &proxies, etcd_nodes: options.etcd_nodes, hold: options.hold() };
    let every = Duration::from_secs_f64(options.traders as f64 / options.rate());
    let loading = Instant::now();
    let (injections, sellers, memory) = thread::scope(|scope| -> Result<_> {
        let traders: Vec<_> = (0..options.traders)
            .map(|number| {
                let name = format!("s{:x}t{number}", options.seed);
                let seed = options.seed.wrapping_add(number as u64 * 7919);
                let trader = Trader::new(name, seed, from_address_of(number, caller(gateway)), options.patience(), record.clone());
                scope.spawn(move || trader.trade(every))
            })
            .collect();
        scope.spawn(|| read_on(&record, gateway));
        scope.spawn(|| {
            while !record.is_over() {
                counters.lock().unwrap_or_else(PoisonError::into_inner).scrape(&market);
                thread::sleep(Duration::from_millis(500));
            }
        });
        let done = break_things(options, &mut injector, &counters, loading);
        record.end();
        let mut sellers = Vec::new();
        for trader in traders {
            sellers.extend(trader.join().map_err(|_| "a trader panicked")?);
        }
        let (injections, memory) = done?;
        Ok((injections, sellers, memory))
    })?;
    let loaded = loading.elapsed();
    say(options, &format!("the load has ended after {} s; waiting until all is quiet", loaded.as_secs()));
    quiet::until_well(&market, Duration::from_secs(60))?;
    let quiet_after = quiet::until_quiet(&market, QUIET)?;
    let mut counters = counters.into_inner().unwrap_or_else(PoisonError::into_inner);
    counters.scrape(&market);
    let queues = market.queues()?;
    let held = |wanted: fn(&str) -> bool| queues.iter().filter(|(name, _)| wanted(name)).map(|(_, n)| n).sum();
    let (dead_letters, unrouted) = (held(quiet::holds_dead_letters), held(quiet::holds_unrouted));
    say(options, "comparing what was acknowledged with what the services know");
    let seen = look(&market, &sellers)?;
    let mut findings = held_against(&sellers, &seen, &Observer::new(&market)?.latest()?);
    findings.extend(record.refusals());
    Ok(Outcome {
        took: began.elapsed(),
        loaded,
        injections,
        record,
        counters,
        dead_letters,
        unrouted,
        quiet_after,
        cars: sellers.iter().map(|seller| seller.cars.len()).sum(),
        accounts: sellers.len(),
        findings,
        falsified: compare::falsified(&sellers, &seen),
        memory,
    })
}

pub fn say(options: &Options, text: &str) {
    if !options.silent {
        println!("{text}");
    }
}

/// Opens the proxies that the script has chosen ports for.
fn proxies(market: &LocalMarket) -> Result<BTreeMap<String, Proxy>> {
    let mut proxies = BTreeMap::new();
    for (name, port) in market.proxies()? {
        let (market, part) = (market.clone(), name.clone());
        proxies.insert(name, Proxy::listen(port, Box::new(move || market.port(&part)))?);
    }
    Ok(proxies)
}

type Broken = (Vec<Injection>, Vec<(String, u64, u64)>);

/// Breaks one part after the other until there was enough of it.
fn break_things(options: &Options, injector: &mut Injector, counters: &Mutex<Counters>, loading: Instant) -> Result<Broken> {
    let mut rng = StdRng::seed_from_u64(options.seed);
    let possible = Possible { etcd_nodes: options.etcd_nodes, mongodb: options.mongo };
    let market = injector.market;
    let handled = || counters.lock().unwrap_or_else(PoisonError::into_inner).sum("messages_handled_total", "");
    let over = |limit: Duration| loading.elapsed() >= limit;
    let mut injections = Vec::new();
    if let Some(minutes) = options.soak {
        return Ok((injections, soak(market, Duration::from_secs(minutes * 60))));
    }
    thread::sleep(CALM);
    loop {
        let faults: Vec<Fault> = match (&options.faults, options.long) {
            (Some(list), _) => possible.named(list)?,
            (None, true) => possible.every(&mut rng),
            (None, false) => possible.few(&mut rng),
        };
        for &fault in &faults {
            let injection = injector.inject(fault, &mut rng)?;
            say(
                options,
                &format!(
                    "{:>4} s  {:<22} {:<12} mended after {:>4.1} s, all well {:>4.1} s later; {} messages",
                    loading.elapsed().as_secs(),
                    injection.fault.to_string(),
                    injection.hit.join(" "),
                    (injection.ended - injection.began).as_secs_f64(),
                    injection.recovered.as_secs_f64(),
                    handled()
                ),
            );
            injections.push(injection);
            thread::sleep(CALM);
            // Each fault once, and then until there were enough messages.
            let enough = injections.len() > faults.len() && handled() >= options.messages();
            if enough || over(options.limit()) {
                return Ok((injections, Vec::new()));
            }
        }
        if handled() >= options.messages() {
            return Ok((injections, Vec::new()));
        }
    }
}

/// Breaks nothing, and looks at the memory.
fn soak(market: &LocalMarket, time: Duration) -> Vec<(String, u64, u64)> {
    let began = Instant::now();
    let mut samples = BTreeMap::<String, Vec<u64>>::new();
    thread::sleep(WARM_UP.min(time / 5));
    while began.elapsed() < time {
        for (name, _) in market.processes() {
            samples.entry(name.clone()).or_default().extend(market.memory(&name));
        }
        thread::sleep(SAMPLE);
    }
    let mean = |samples: &[u64]| samples.iter().sum::<u64>() / (samples.len() as u64).max(1);
    let thirds = |samples: &[u64]| (mean(&samples[..samples.len() / 3]), mean(&samples[samples.len() - samples.len() / 3..]));
    samples.into_iter().map(|(name, samples)| (name, thirds(&samples).0, thirds(&samples).1)).collect()
}

/// Reads ten times a second, as somebody who looks on.
fn read_on(record: &Record, gateway: u16) {
    let client = caller(gateway);
    let request = Request::new("GET", "/api/cars?per_page=1");
    while !record.is_over() {
        let began = Instant::now();
        let answered = client.call(&request).is_ok_and(|answer| answer.status == 200);
        record.read(Instant::now(), answered);
        thread::sleep(Duration::from_millis(100).saturating_sub(began.elapsed()));
    }
}

/// Asks every service about each seller.
fn look(market: &LocalMarket, sellers: &[Seller]) -> Result<Vec<Seen>> {
    let observer = Observer::new(market)?;
    sellers.iter().enumerate().map(|(number, seller)| observer.see(number, seller)).collect()
}

/// Compares each seller's things, then the list that all share.
fn held_against(sellers: &[Seller], seen: &[Seen], latest: &[(String, i64)]) -> Vec<Finding> {
    let mut findings: Vec<_> = sellers.iter().zip(seen).flat_map(|(seller, seen)| compare::compare(seller, seen)).collect();
    let added = sellers.iter().flat_map(|seller| &seller.cars).filter_map(|car| Some((car.id.as_deref()?, car.added.as_str())));
    findings.extend(compare::latest(latest, &observe::all_cars(seen), &added.collect()));
    findings
}
