//! The committed list of queries (`tests/relevance.txt`) against the service.

use crate::{create, market};
use fm_cars::{Cars, places};
use fm_sdk::testing::MockBus;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Suggestions that people look at.
pub const LOOKED_AT: usize = 5;
/// Percent of the queries that must be understood.
const LEAST: usize = 95;

fn pairs(query: &str) -> BTreeSet<(String, String)> {
    query.split('&').filter_map(|pair| pair.split_once('=')).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
fn pair(filter: &Value) -> (String, String) {
    let text = |name: &str| filter[name].as_str().expect("a text").to_owned();
    (text("field"), text("value"))
}
pub fn encoded(text: &str) -> String {
    text.bytes().map(|b| format!("%{b:02x}")).collect()
}

/// What is typed, and the filters that are meant.
fn queries() -> Vec<(&'static str, BTreeSet<(String, String)>)> {
    let lines = include_str!("../relevance.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let queries: Vec<_> = lines.map(|line| line.split_once(" => ").expect("a query and its filters")).collect();
    assert!(queries.len() >= 150, "{} queries", queries.len());
    queries.into_iter().map(|(typed, expected)| (typed, pairs(expected))).collect()
}

/// Prints what was missed, and wants that it is little.
pub fn assert_most(queries: usize, missed: &[String]) {
    let hits = queries - missed.len();
    println!("{hits} of {queries}; missed:\n{}", missed.join("\n"));
    assert!(hits * 100 >= queries * LEAST, "{hits} of {queries}; missed:\n{}", missed.join("\n"));
}

#[actix_rt::test]
async fn typed_queries_are_among_the_first_suggestions() {
    let bus = market();
    create(&bus, json!({})).await;
    let queries = queries();
    let mut missed = Vec::new();
    for (typed, expected) in &queries {
        let answer: Value = bus.get(&format!("/api/cars/suggest?q={}", encoded(typed))).await.json();
        let read: Vec<BTreeSet<(String, String)>> = answer["items"]
            .as_array()
            .unwrap()
            .iter()
            .take(LOOKED_AT)
            .map(|item| item["filters"].as_array().unwrap().iter().map(pair).collect())
            .collect();
        if !read.contains(expected) {
            missed.push(format!("{typed}: {:?}", read.first()));
        }
    }
    assert_most(queries.len(), &missed);
}

/// The values of each filter.
fn by_field(filters: &BTreeSet<(String, String)>) -> BTreeMap<&str, Vec<&str>> {
    let mut fields = BTreeMap::<_, Vec<_>>::new();
    for (field, value) in filters {
        fields.entry(field.as_str()).or_default().push(value.as_str());
    }
    fields
}

/// Lists a car that somebody who types this looks for.
async fn list_wanted(bus: &MockBus<Cars>, wanted: &BTreeSet<(String, String)>) {
    let mut car = json!({"maker": "fiat", "model": "panda", "price": 7_000, "year": 2014, "mileage": 120_000, "power_ps": 90});
    for (field, values) in by_field(wanted) {
        let number = || json!(values[0].parse::<i64>().unwrap());
        match field {
            "option" => car["options"] = json!(values),
            "near" => car["location"] = json!({"postal_code": places::find(values[0]).expect(values[0]).postal_code}),
            "radius" => {}
            "q" => car["description"] = json!(values[0]),
            "price_from" | "price_to" => car["price"] = number(),
            "year_from" | "year_to" => car["year"] = number(),
            "mileage_from" | "mileage_to" => car["mileage"] = number(),
            "power_from" | "power_to" => car["power_ps"] = number(),
            _ => car[field] = json!(values[0]),
        }
    }
    if wanted.iter().any(|(field, _)| field == "maker") && wanted.iter().all(|(field, _)| field != "model") {
        car["model"] = json!(null);
    }
    create(bus, car).await;
}

/// Whether somebody who typed that wants this car.
fn fits(car: &Value, wanted: &BTreeSet<(String, String)>) -> bool {
    let within = |field: &str, from: bool, bound: &str| {
        let (n, bound) = (car[field].as_i64(), bound.parse::<i64>().unwrap());
        n.is_some_and(|n| if from { n >= bound } else { n <= bound })
    };
    by_field(wanted).into_iter().all(|(field, values)| match field {
        "option" => car["options"].as_array().unwrap().iter().any(|o| values.contains(&o.as_str().unwrap())),
        // How far it is, `radius` says.
        "near" => true,
        "radius" => within("distance_km", false, values[0]),
        "q" => car["description"].as_str().is_some_and(|text| text.contains(values[0])),
        _ => match field.split_once('_') {
            Some((field, bound @ ("from" | "to"))) => within(if field == "power" { "power_ps" } else { field }, bound == "from", values[0]),
            _ => car[field].as_str().is_some_and(|v| values.contains(&v)),
        },
    })
}

/// What a buyer sees who types and presses Enter: the results of the first reading.
#[actix_rt::test]
async fn the_first_results_of_typed_queries_are_what_was_looked_for() {
    let bus = market();
    let queries = queries();
    for (_, wanted) in &queries {
        list_wanted(&bus, wanted).await;
    }
    let mut missed = Vec::new();
    for (typed, wanted) in &queries {
        let answer: Value = bus.get(&format!("/api/cars/suggest?q={}", encoded(typed))).await.json();
        let read = answer["items"][0]["query"].as_str().unwrap_or_default();
        let found: Value = bus.get(&format!("/api/cars?{read}&per_page={LOOKED_AT}")).await.json();
        let cars = found["items"].as_array().unwrap();
        if cars.is_empty() || !cars.iter().all(|car| fits(car, wanted)) {
            missed.push(format!("{typed}: {read} finds {} cars", found["total"]));
        }
    }
    assert_most(queries.len(), &missed);
}

#[actix_rt::test]
async fn a_suggestion_says_how_many_cars_it_finds_and_how_to_ask_for_them() {
    let bus = market();
    create(&bus, json!({"price": 4_000})).await;
    create(&bus, json!({"price": 6_000})).await;
    let answer: Value = bus.get("/api/cars/suggest?q=golf+bis+5000").await.json();
    let first = &answer["items"][0];
    assert_eq!((&first["query"], &first["count"]), (&json!("maker=volkswagen&model=golf&price_to=5000"), &json!(1)));
    let found: Value = bus.get(&format!("/api/cars?{}", first["query"].as_str().unwrap())).await.json();
    assert_eq!(found["total"], 1);
}

#[actix_rt::test]
async fn any_typed_text_gets_an_answer() {
    let bus = market();
    for text in [
        "",
        " ",
        "🚗",
        "\u{202e}golf",
        "<script>alert(1)</script>",
        "%",
        "bis",
        "99999999999999999999",
        "- - -",
        "in",
        "50 km um",
        "a b c d e f g h i j k l m n o p q r s t",
    ] {
        let reply = bus.get(&format!("/api/cars/suggest?q={}", encoded(text))).await;
        assert_eq!(reply.status, 200, "{text:?}");
        for item in reply.json::<Value>()["items"].as_array().unwrap() {
            assert_eq!(bus.get(&format!("/api/cars?{}", item["query"].as_str().unwrap())).await.status, 200, "{text:?} {item}");
        }
    }
    assert_eq!(bus.get("/api/cars/suggest").await.status, 400);
    assert_eq!(bus.get(&format!("/api/cars/suggest?q={}", "x".repeat(201))).await.status, 400);
    assert_eq!(bus.get(&format!("/api/cars/suggest?q={}", encoded(&"bis 5000 ".repeat(22)))).await.status, 200);
}
