//! One of two instances is stopped in the middle of its work: it accepts connections and answers nothing.

use market_tests::{Instance, Market, wait_until};
use serde_json::json;
use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

/// Requests a second.
const RATE: u32 = 50;
/// Those who send them: as many as may wait at the same time, each until it gives up.
const READERS: usize = 100;
/// When a reader gives up.
const TIMEOUT: Duration = Duration::from_secs(2);
/// How long it may take until the instance is known to hang.
const NOTICED: Duration = Duration::from_secs(5);
/// How long the instance hangs: its lease ends in that time, so that it is also seen to come back.
const HANGS: Duration = Duration::from_secs(20);

/// What became of one request.
struct Read {
    sent: Instant,
    took: Duration,
    fault: Option<String>,
}

/// Goes on when it is dropped, also when the test fails.
struct Stopped(Instance);

impl Stopped {
    fn stop(instance: Instance) -> Self {
        instance.signal("STOP");
        Self(instance)
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        self.0.signal("CONT");
    }
}

/// Ends the load, also when the test fails.
struct EndOf<'a>(&'a AtomicBool);
impl Drop for EndOf<'_> {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

#[test]
fn readers_wait_for_no_instance_that_hangs_and_it_comes_back_unnoticed() {
    let _mine = crate::instances_are_mine();
    let market = Market::running();
    market.someone().lists_a_car(json!({}));
    market.script("scale", &["fm-cars", "2"]);
    wait_until("both are registered", Duration::from_secs(15), || market.registered("fm-cars").len() == 2);

    let readers = Market::running().patient(TIMEOUT).anyone();
    let (end, next, reads, begun) = (AtomicBool::new(false), AtomicUsize::new(0), Mutex::new(Vec::new()), Instant::now());
    let read = || {
        while !end.load(Relaxed) {
            let n = next.fetch_add(1, Relaxed);
            thread::sleep((Duration::from_secs(1) * n as u32 / RATE).saturating_sub(begun.elapsed()));
            let sent = Instant::now();
            let fault = match readers.try_send("GET", "/api/cars?per_page=1", None) {
                Ok(answer) if answer.status == 200 => None,
                Ok(answer) => Some(format!("{} {}", answer.status, answer.text())),
                Err(error) => Some(error.to_string()),
            };
            if let Ok(mut reads) = reads.lock() {
                reads.push(Read { sent, took: sent.elapsed(), fault });
            }
        }
    };
    let (stopped, went_on) = thread::scope(|scope| {
        let _end = EndOf(&end);
        (0..READERS).for_each(|_| drop(scope.spawn(read)));
        wait_until("the load runs", Duration::from_secs(20), || next.load(Relaxed) > 100 + READERS);
        let hangs = Stopped::stop(market.instance("fm-cars-2"));
        let stopped = Instant::now();
        wait_until("it has hung for long", HANGS * 2, || stopped.elapsed() >= HANGS);
        drop(hangs);
        let went_on = Instant::now();
        wait_until("it is registered again", Duration::from_secs(30), || market.registered("fm-cars").len() == 2);
        let had = next.load(Relaxed);
        wait_until("the load goes on", Duration::from_secs(30), || next.load(Relaxed) > had + 250);
        (stopped, went_on)
    });
    market.script("scale", &["fm-cars", "1"]);

    let reads = reads.into_inner().unwrap_or_default();
    let (early, later): (Vec<&Read>, Vec<&Read>) = reads.iter().partition(|read| (stopped..stopped + NOTICED).contains(&read.sent));
    let slowest = |of: &[&Read]| of.iter().map(|read| read.took).max().unwrap_or_default();
    println!("{} reads; slowest of the first {NOTICED:?} {:?}, otherwise {:?}", reads.len(), slowest(&early), slowest(&later));
    let faults = |of: &[&Read]| {
        let told = of.iter().filter_map(|read| Some((read.sent.saturating_duration_since(stopped), read.fault.clone()?)));
        told.collect::<Vec<_>>()
    };
    assert!(early.len() >= 200 && later.iter().any(|read| read.sent > went_on), "the load did not run");
    assert_eq!(faults(&later), [], "after {NOTICED:?}, or before or behind it all, somebody gave up or was refused");
    assert_eq!(faults(&early), [], "in the first {NOTICED:?} somebody gave up or was refused");
}
