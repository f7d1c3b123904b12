//! What is asked: the same of every contender.

use serde_json::{Value, json};

/// Questions of one kind, with the p99 in milliseconds that fm-cars aims at.
pub(super) struct Kind {
    pub name: &'static str,
    pub goal: f64,
    pub questions: Vec<Value>,
}

const BERLIN: [f64; 2] = [52.52, 13.405];
const MUNICH: [f64; 2] = [48.1372, 11.5755];

pub(super) fn kinds() -> Vec<Kind> {
    let kind = |name, goal, questions| Kind { name, goal, questions };
    let words = |text: &str| json!({ "text": text, "page": ["price", 0] });
    let by_price = json!(["price", 0]);
    let seven = json!({
        "maker": ["audi", "bmw"], "color": ["black", "blue"], "engine": ["diesel"], "gearbox": ["manual"],
        "body": ["estate", "sedan"], "option": ["abs"],
    });
    let golf = json!({ "maker": ["volkswagen"], "model": ["golf"] });
    vec![
        kind("words, 20 by price", 25.0, ["audi", "volkswagen golf 2015", "word12", "bmw 2010 word1"].map(words).to_vec()),
        kind(
            "filters, 20 by price, all facets",
            25.0,
            vec![
                json!({ "filters": seven, "price_to": 20_000, "page": by_price, "facets": true }),
                json!({ "filters": golf, "page": by_price, "facets": true }),
                json!({ "price_to": 9_000, "page": by_price, "facets": true }),
                json!({ "text": "audi", "page": by_price, "facets": true }),
            ],
        ),
        kind("all facets of everything", 25.0, vec![json!({ "facets": true })]),
        kind(
            "within a radius, the nearest 20",
            25.0,
            vec![
                json!({ "near": BERLIN, "within": 50, "page": ["distance", 0] }),
                json!({ "near": MUNICH, "within": 100, "filters": golf, "page": ["distance", 0] }),
                json!({ "near": MUNICH, "within": 20, "price_to": 9_000, "page": ["distance", 0] }),
            ],
        ),
        kind(
            "20 by price",
            25.0,
            vec![
                json!({ "page": by_price }),
                json!({ "filters": golf, "page": by_price }),
                json!({ "filters": { "body": ["estate"], "engine": ["diesel"] }, "page": by_price }),
            ],
        ),
        kind("the newest 20 of everything", 25.0, vec![json!({ "page": ["newest", 0] })]),
        kind(
            "page 500 by price, by age",
            25.0,
            vec![
                json!({ "price_to": 9_000, "page": ["price", 10_000] }),
                json!({ "filters": { "body": ["estate"] }, "page": ["newest", 10_000] }),
            ],
        ),
        kind(
            "suggestions for mistyped words, with counts",
            15.0,
            ["volkswagn", "porshe", "renualt clio", "mitsubischi", "wolkswagen golf", "hundai"]
                .map(|text| json!({ "suggest": text }))
                .to_vec(),
        ),
    ]
}
