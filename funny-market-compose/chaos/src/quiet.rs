//! Waiting until the market is whole again, and until it has nothing left to do.

use crate::{Result, caller, metrics};
use market::{LocalMarket, Request, poll};
use std::{
    thread,
    time::{Duration, Instant},
};

/// Between two looks at something that takes its time.
const POLL_INTERVAL: Duration = Duration::from_millis(200);
/// Longer than an instance takes to look for messages that another one left behind.
const STILL: Duration = Duration::from_secs(6);

/// Returns when every instance says that it and its parts are well.
///
/// # Errors
/// Not within the bound: who is not.
pub fn until_well(market: &LocalMarket, bound: Duration) -> Result<Duration> {
    let mut unhealthy = Vec::new();
    let recovered = poll(POLL_INTERVAL, bound, || {
        unhealthy = market.instances().into_iter().filter_map(|name| unhealthy_checks(market, &name)).collect();
        unhealthy.is_empty()
    });
    recovered.ok_or_else(|| format!("not well after {} s: {}", bound.as_secs(), unhealthy.join("; ")).into())
}

/// What an instance says is wrong with it.
fn unhealthy_checks(market: &LocalMarket, name: &str) -> Option<String> {
    let answer = market.operators_port(name).ok().and_then(|port| caller(port).call(&Request::new("GET", "/health/ready")).ok());
    match answer {
        Some(answer) if answer.status == 200 && answer.field("status") == "ok" => None,
        Some(answer) => Some(format!("{name}: {}", answer.text())),
        None => Some(format!("{name} does not answer")),
    }
}

/// Returns when no queue and no outbox holds a message, and nothing is handled or published while looking again and again.
///
/// # Errors
/// Not within the bound: what is left where.
pub fn until_quiet(market: &LocalMarket, bound: Duration) -> Result<Duration> {
    let began = Instant::now();
    let mut since: Option<(Instant, Vec<String>)> = None;
    loop {
        let (left, work) = (left(market)?, work(market));
        since = match since {
            Some((still, before)) if left.is_empty() && before == work => {
                if still.elapsed() >= STILL {
                    return Ok(began.elapsed());
                }
                Some((still, before))
            }
            _ => left.is_empty().then(|| (Instant::now(), work)),
        };
        if began.elapsed() > bound {
            return Err(format!("not quiet after {} s: {}", bound.as_secs(), left.join(", ")).into());
        }
        thread::sleep(POLL_INTERVAL);
    }
}

/// Whether this queue keeps dead letters.
pub fn holds_dead_letters(queue: &str) -> bool {
    queue.ends_with(".parking")
}

/// Whether this queue keeps the events that no other queue took.
pub fn holds_unrouted(queue: &str) -> bool {
    queue == "fm.unrouted"
}

/// Queues and outboxes that are not empty. What is kept for operators stays where it is: it is counted, not waited for.
fn left(market: &LocalMarket) -> Result<Vec<String>> {
    let mut left: Vec<_> = market
        .queues()?
        .into_iter()
        .filter(|(name, n)| *n > 0 && !holds_dead_letters(name) && !holds_unrouted(name))
        .map(|(name, n)| format!("{name}: {n}"))
        .collect();
    for name in market.instances() {
        let text = market.operators_port(&name).ok().and_then(metrics::metrics).ok_or_else(|| format!("{name} shows no metrics"))?;
        if let Some(n) = metrics::gauge(&text, "outbox_pending").filter(|n| *n > 0.0) {
            left.push(format!("outbox of {name}: {n}"));
        }
    }
    Ok(left)
}

/// What every instance has handled and published so far.
fn work(market: &LocalMarket) -> Vec<String> {
    let texts = market.instances().into_iter().filter_map(|name| metrics::metrics(market.operators_port(&name).ok()?));
    let counts = |text: String| text.lines().filter(|line| line.starts_with("messages_")).map(str::to_owned).collect::<Vec<_>>();
    texts.flat_map(counts).filter(|line| line.contains("_total")).collect()
}
