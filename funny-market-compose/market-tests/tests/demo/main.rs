//! The demo fills a running market.
#![expect(clippy::unwrap_used, reason = "a test stops where the market answers something else")]

use market_tests::{Market, wait_until};
use std::{fs, time::Duration};

/// So many cars are made of each line as its seventh field says, and each 25th of them is sold.
const MODELS: &str = include_str!("../../../demo/models.tsv");

/// Cards of a page of results.
const CARDS: usize = 24;
/// What the pictures of all cards of a page may weigh, in bytes.
const PICTURES_OF_A_PAGE: usize = 400 * 1024;

fn cars_of_demo() -> u64 {
    let made: u64 = MODELS.lines().map(|line| line.split('\t').nth(6).unwrap().parse::<u64>().unwrap()).sum();
    made - made / 25
}

fn listed(market: &Market) -> u64 {
    market.anyone().get("/api/cars/count").expect(200).json()["count"].as_u64().unwrap()
}

/// Bytes of the pictures of the cards of the first page of results, as browsers that know WebP load them.
fn pictures_of_a_page(market: &Market) -> usize {
    let found = market.anyone().get(&format!("/api/cars?per_page={CARDS}")).expect(200).json();
    let keys: Vec<&str> = found["items"].as_array().unwrap().iter().filter_map(|car| car["images"][0]["key"].as_str()).collect();
    assert_eq!(keys.len(), CARDS, "cars with pictures come first");
    keys.iter().map(|key| market.anyone().get(&format!("/images/{key}/card.webp")).expect(200).body.len()).sum()
}

#[test]
fn the_demo_lists_cars_of_every_model_with_pictures_and_nothing_twice() {
    let market = Market::running();
    let (before, cars) = (listed(&market), cars_of_demo());
    market.script("demo", &[]);
    wait_until("every car of the demo is listed", Duration::from_secs(20), || listed(&market) == before + cars);
    for line in MODELS.lines() {
        let [maker, model, ..] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line:?}") };
        let found = market.anyone().get(&format!("/api/cars?maker={maker}&model={model}")).expect(200).json();
        let found_cars = found["items"].as_array().unwrap();
        assert!(found_cars.iter().any(|car| !car["images"].as_array().unwrap().is_empty()), "no {maker} {model} has pictures: {found}");
    }
    let bytes = pictures_of_a_page(&market);
    println!("{CARDS} cards have pictures of {bytes} bytes");
    assert!(bytes <= PICTURES_OF_A_PAGE, "{CARDS} cards with pictures of {bytes} bytes, {PICTURES_OF_A_PAGE} are allowed");

    assert!(market.script("demo", &[]).contains("in the market already"));
    // A demo that was cut off before its end begins again.
    let places = market.local().folder.join("places");
    let kept: String =
        fs::read_to_string(&places).unwrap().lines().filter(|line| !line.starts_with("demo=")).map(|line| format!("{line}\n")).collect();
    fs::write(&places, kept).unwrap();
    market.script("demo", &[]);
    assert_eq!(listed(&market), before + cars);
}
