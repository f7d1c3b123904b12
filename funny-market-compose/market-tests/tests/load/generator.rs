//! The load generator in a market that is well.

use market_tests::{Market, wait_until};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(20);

fn cars_of_the_load(market: &Market) -> Vec<String> {
    let found = market.anyone().get("/api/cars?per_page=100").expect(200).json();
    let owners: Vec<_> = found["items"].as_array().unwrap().iter().map(|car| car["owner_id"].as_str().unwrap().to_owned()).collect();
    let name = |id: &String| market.anyone().get(&format!("/api/profiles/{id}")).json()["username"].to_string();
    owners.into_iter().filter(|id| name(id).contains("load-seller-")).collect()
}

#[test]
fn a_load_has_no_failures_and_leaves_no_data() {
    let market = Market::running();
    let printed = market.script("load", &["--for", "10s", "--rate", "5", "--think", "0.2", "--seed", "3"]);
    assert!(printed.trim_end().ends_with(" 0 failed"), "{printed}");
    for action in
        ["search", "facets", "open a car", "save a favourite", "list a car", "change the price", "upload a picture", "mark as sold"]
    {
        let line = printed.lines().find(|line| line.starts_with(&format!("{action}  "))).unwrap_or_else(|| panic!("{action}: {printed}"));
        let done = line.split_whitespace().find_map(|word| word.parse::<u64>().ok());
        assert!(done.is_some_and(|done| done > 0), "{line}");
    }
    wait_until("cars of the load are for sale", TIMEOUT, || !cars_of_the_load(&market).is_empty());
    market.script("load", &["--clean"]);
    wait_until("none of the load's cars is left", TIMEOUT, || cars_of_the_load(&market).is_empty());
}
