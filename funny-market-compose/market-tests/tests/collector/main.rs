//! The spans of one request in an OpenTelemetry collector: `monitoring/collector/check` builds it, starts a market that exports to it, and
//! runs this.

#[cfg(test)]
mod collector;

use collector::Collector;
use market_tests::{
    Market,
    traced::{lists_a_car_that_somebody_waits_for, spans},
    wait_until,
};
use serde_json::Value;
use std::{collections::BTreeMap, env, time::Duration};

/// Instances export once a second, and messages have to arrive.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Name and cause of each span, by its id.
type Spans = BTreeMap<String, (String, String)>;

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run monitoring/collector/check"))
}

#[test]
fn the_collector_gets_every_span_that_the_instances_keep_of_a_request() {
    let market = Market::running();
    let otlp = variable("FM_OTLP");
    let collector = Collector::start(&market, otlp.trim_start_matches("http://"));
    let trace = lists_a_car_that_somebody_waits_for(&market);
    let kept = || -> Spans {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let spans = spans(&market, &trace);
        spans.iter().map(|span| (text(&span["span_id"]), (text(&span["name"]), text(&span["parent_span_id"])))).collect()
    };
    wait_until("the alert is part of the trace", TIMEOUT, || kept().values().any(|(name, _)| name == "insert alerts"));
    wait_until("the collector has as many spans", TIMEOUT, || collector.spans(&trace).len() >= kept().len());
    let kept = kept();
    assert_eq!(collector.spans(&trace), kept);
    println!("{} spans of one request, the same in the collector", kept.len());
}
