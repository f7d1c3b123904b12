//! The committed list of queries (`tests/relevance.txt`) against the service.

use crate::{create, market};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Suggestions that people look at.
const LOOKED_AT: usize = 5;
/// Percent of the queries that must be understood.
const LEAST: usize = 95;

fn pairs(query: &str) -> BTreeSet<(String, String)> {
    query.split('&').filter_map(|pair| pair.split_once('=')).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
fn pair(filter: &Value) -> (String, String) {
    let text = |name: &str| filter[name].as_str().expect("a text").to_owned();
    (text("field"), text("value"))
}
fn encoded(text: &str) -> String {
    text.bytes().map(|b| format!("%{b:02x}")).collect()
}

#[actix_rt::test]
async fn typed_queries_are_among_the_first_suggestions() {
    let bus = market();
    create(&bus, json!({})).await;
    let lines: Vec<_> = include_str!("../relevance.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    assert!(lines.len() >= 150, "{} queries", lines.len());
    let mut missed = Vec::new();
    for line in &lines {
        let (typed, expected) = line.split_once(" => ").expect("a query and its filters");
        let answer: Value = bus.get(&format!("/api/cars/suggest?q={}", encoded(typed))).await.json();
        let read: Vec<BTreeSet<(String, String)>> = answer["items"]
            .as_array()
            .unwrap()
            .iter()
            .take(LOOKED_AT)
            .map(|item| item["filters"].as_array().unwrap().iter().map(pair).collect())
            .collect();
        if !read.contains(&pairs(expected)) {
            missed.push(format!("{typed}: {:?}", read.first()));
        }
    }
    let understood = lines.len() - missed.len();
    println!("{understood} of {} queries understood; missed:\n{}", lines.len(), missed.join("\n"));
    assert!(understood * 100 >= lines.len() * LEAST, "{understood} of {}; missed:\n{}", lines.len(), missed.join("\n"));
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
