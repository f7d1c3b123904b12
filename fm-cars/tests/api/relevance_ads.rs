//! The committed list of queries (`tests/relevance-ads.txt`) against ads as people write them: dirty, half filled in, in German.
//!
//! The ads are the file that `FM_MARKET_ADS` names, `../../shared/data/ads.csv` where it is there, else made up of what is asked for.

use crate::{
    import::{HEADER, dealer, import, report},
    relevance::{LOOKED_AT, assert_most, encoded},
};
use fm_cars::places;
use fm_sdk::text::{search_key, words};
use serde_json::Value;
use std::fs;

/// One query with what its results must be.
struct Query {
    typed: &'static str,
    wanted: Vec<(&'static str, Vec<&'static str>)>,
}

fn queries() -> Vec<Query> {
    let lines = include_str!("../relevance-ads.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let queries: Vec<Query> = lines
        .map(|line| {
            let (typed, wanted) = line.split_once(" => ").expect("a query and its results");
            let pair = |pair: &'static str| pair.split_once('=').map(|(field, values)| (field, values.split('|').collect()));
            Query { typed, wanted: wanted.split(' ').map(|text| pair(text).expect("a field and its values")).collect() }
        })
        .collect();
    assert!(queries.len() >= 100, "{} queries", queries.len());
    queries
}

/// The real ads, or ads of which some fit each query.
fn ads(queries: &[Query]) -> String {
    let real = std::env::var("FM_MARKET_ADS").unwrap_or_else(|_| "../../shared/data/ads.csv".into());
    fs::read_to_string(real).unwrap_or_else(|_| {
        let rows = (0..1_500).map(|n| row(if n % 3 == 0 { None } else { queries.get(n % queries.len()) }, n));
        format!("{HEADER}{}", rows.collect::<String>())
    })
}

/// A row of the file that fits a query, or any.
fn row(query: Option<&Query>, n: usize) -> String {
    let (mut maker, mut model, mut body, mut engine, mut gearbox) =
        (["fiat", "opel", "bmw"][n % 3], "andere", ["kombi", "suv", "bus"][n / 3 % 3], ["benzin", "diesel"][n / 9 % 2], "manuell");
    let (mut text, mut price, mut year, mut mileage, mut power, mut code) = ("", "9500", "2009", "90000", "95", "99084");
    for (field, values) in query.into_iter().flat_map(|query| &query.wanted) {
        let first = values[0];
        match *field {
            "maker" => maker = first,
            "model" => model = first,
            "body" => body = first,
            "engine" => engine = first,
            "gearbox" => gearbox = first,
            "says" => text = first,
            "price_from" | "price_to" => price = first,
            "year_from" | "year_to" => year = first,
            "mileage_to" => mileage = first,
            "power_from" => power = first,
            "within" => code = first.split('/').next().unwrap_or(first),
            other => panic!("{other}"),
        }
    }
    // What people type is what others write.
    let title = format!("{}_{text}_{n}", query.map_or("Auto", |query| query.typed)).replace([' ', ','], "_");
    format!("{title},{price},{body},{year},{gearbox},{power},{model},{mileage}km,3,{engine},{maker},nein,2016-03-26 00:00:00,{code}\n")
}

/// Whether a car is what was typed. What is told by its text alone is judged by its text, not by what the import made of it.
fn fits(car: &Value, query: &Query) -> bool {
    let number = |field: &str| car[field].as_i64();
    query.wanted.iter().all(|(field, values)| {
        let bound = || values[0].parse::<i64>().unwrap();
        match *field {
            "says" => {
                let text: Vec<String> = words(car["description"].as_str().unwrap_or_default()).map(search_key).collect();
                values.iter().any(|value| text.iter().any(|word| word.starts_with(&search_key(value))))
            }
            "price_from" => number("price") >= Some(bound()),
            "price_to" => number("price").is_some_and(|price| price <= bound()),
            "year_from" => number("year") >= Some(bound()),
            "year_to" => number("year").is_some_and(|year| year <= bound()),
            "mileage_to" => number("mileage").is_some_and(|mileage| mileage <= bound()),
            "power_from" => number("power_ps") >= Some(bound()),
            "within" => {
                let (code, km) = values[0].split_once('/').expect("a postal code and kilometres");
                let at = |code: &str| places::of_code(code).map(|place| place.position());
                let stands = car["location"]["postal_code"].as_str().and_then(at);
                // Of a town with several postal codes any is its middle.
                stands.zip(at(code)).is_some_and(|(a, b)| a.km_to(b) <= km.parse::<f64>().unwrap() + 10.0)
            }
            _ => car[*field].as_str().is_some_and(|value| values.contains(&value)),
        }
    })
}

#[actix_rt::test]
async fn the_first_results_among_real_ads_are_what_was_typed() {
    let bus = dealer();
    let queries = queries();
    let started = import(&bus, ads(&queries)).await;
    let report = report(&bus, &started).await;
    assert_eq!(report["state"], "done");
    println!("{} ads", report["accepted"]);
    let mut missed = Vec::new();
    for query in &queries {
        let answer: Value = bus.get(&format!("/api/cars/suggest?q={}", encoded(query.typed))).await.json();
        let read = answer["items"][0]["query"].as_str().unwrap_or_default();
        let found: Value = bus.get(&format!("/api/cars?{read}&per_page={LOOKED_AT}")).await.json();
        let cars = found["items"].as_array().unwrap();
        if cars.is_empty() || !cars.iter().all(|car| fits(car, query)) {
            let wrong = cars.iter().find(|car| !fits(car, query)).map(|car| [&car["title"], &car["description"]]);
            missed.push(format!("{}: {read} finds {} cars, {wrong:?}", query.typed, found["total"]));
        }
    }
    assert_most(queries.len(), &missed);
}
