use crate::{instances_are_mine, prometheus::Prometheus};
use market_tests::{Market, wait_until};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(20);

#[test]
fn a_new_instance_is_scraped_and_a_deregistered_one_is_not_missed() {
    let _mine = instances_are_mine();
    let market = Market::running();
    let prometheus = Prometheus::watch(&market);
    let count = || prometheus.numbers(r#"count(up{job="market", service="fm-tracker"} == 1)"#);
    let before = count()[0];
    market.script("scale", &["fm-tracker", &(before + 1.0).to_string()]);
    wait_until("the new instance is scraped", TIMEOUT, || count() == [before + 1.0]);
    assert_eq!(prometheus.numbers(r#"count(service_info{exported_service="fm-tracker"})"#), [before + 1.0]);
    market.script("scale", &["fm-tracker", &before.to_string()]);
    wait_until("it is a target no more", TIMEOUT, || count() == [before]);
    wait_until("and none is missed", TIMEOUT, || prometheus.query(r#"up{job="market"} == 0"#).is_ok_and(|missed| missed.is_empty()));
}
