//! Answers questions of standard input, one per line, as `funny-market-compose/bench/peers/search` does.

use crate::cars::{cars, number};
use fm_cars::{
    catalogue::{Choice, Maker, OptionSet},
    places::{self, Position},
    search::{Criteria, Facets, Index, Near, Range, ReadModel, Sort, SortBy, ValueCount},
    understand::{Reading, understand},
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    error::Error,
    io::{self, Write},
    time::Instant,
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Cars of a page.
const PAGE: usize = 20;
/// Suggestions, as many as the service gives.
const SUGGESTIONS: usize = 8;

#[derive(Deserialize)]
struct Question {
    #[serde(default)]
    filters: BTreeMap<String, Vec<String>>,
    text: Option<String>,
    price_to: Option<u32>,
    near: Option<(f64, f64)>,
    within: Option<u32>,
    page: Option<(String, usize)>,
    #[serde(default)]
    facets: bool,
    suggest: Option<String>,
}

/// Takes so many cars in, says so in one line, and answers.
pub fn run(n: u64) -> Result<()> {
    let begun = Instant::now();
    let mut index = Index::new();
    cars(n).for_each(|car| index.put(car.listing, 1));
    say(&json!({ "seconds": begun.elapsed().as_secs_f64(), "bytes": index.bytes() }))?;
    for line in io::stdin().lines() {
        let question: Question = serde_json::from_str(&line?)?;
        let begun = Instant::now();
        let answer = answer(&index, &question)?;
        say(&json!({ "micros": begun.elapsed().as_secs_f64() * 1e6, "answer": answer }))?;
    }
    Ok(())
}

fn say(line: &Value) -> Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

fn answer(index: &Index, question: &Question) -> Result<Value> {
    if let Some(text) = &question.suggest {
        let counts: Vec<u64> = understand(text, SUGGESTIONS).iter().map(|reading| index.count(&meant(reading))).collect();
        return Ok(json!({ "total": counts.first(), "ids": [], "facets": {} }));
    }
    let criteria = criteria(question)?;
    let (mut total, mut ids, mut facets) = (None, Vec::new(), BTreeMap::new());
    if let Some((order, offset)) = &question.page {
        let sort = match order.as_str() {
            "price" => Sort { by: SortBy::Price, descending: false },
            "distance" => Sort { by: SortBy::Distance, descending: false },
            _ => Sort::default(),
        };
        let found = index.page(&criteria, sort, *offset, PAGE);
        (total, ids) = (Some(found.total), found.ids.into_iter().map(number).collect());
    }
    if question.facets {
        let Facets { total: fitting, maker, model, color, engine, gearbox, body, option } = index.facets(&criteria);
        total = Some(fitting);
        let counts = |of: Vec<ValueCount>| of.into_iter().map(|value| (value.value, value.count)).collect::<BTreeMap<_, _>>();
        let all = [("maker", maker), ("model", model), ("color", color), ("engine", engine), ("gearbox", gearbox), ("body", body)];
        facets = all.into_iter().chain([("option", option)]).map(|(name, values)| (name, counts(values))).collect();
    }
    let total = total.unwrap_or_else(|| index.count(&criteria));
    Ok(json!({ "total": total, "ids": ids, "facets": facets }))
}

fn criteria(question: &Question) -> Result<Criteria> {
    let mut criteria = Criteria {
        text: question.text.clone(),
        price: Range { from: None, to: question.price_to },
        near: question.near.map(|(lat, lon)| Near { position: Position::of(lat, lon), within: question.within }),
        ..Criteria::default()
    };
    for (field, value) in question.filters.iter().flat_map(|(field, values)| values.iter().map(move |value| (field, value))) {
        if !filter(&mut criteria, field, value) {
            return Err(format!("unknown filter {field}={value}").into());
        }
    }
    Ok(criteria)
}

/// Adds a value of the catalogue; `false` if there is none.
fn filter(criteria: &mut Criteria, field: &str, value: &str) -> bool {
    fn add<C: Choice>(to: &mut Vec<C>, value: &str) -> bool {
        C::parse(value).map(|value| to.push(value)).is_some()
    }
    match field {
        "maker" => Maker::parse(value).map(|maker| criteria.makers.push(maker)).is_some(),
        "model" => {
            criteria.models.push(value.into());
            true
        }
        "color" => add(&mut criteria.colors, value),
        "engine" => add(&mut criteria.engines, value),
        "gearbox" => add(&mut criteria.gearboxes, value),
        "body" => add(&mut criteria.bodies, value),
        "option" => OptionSet::bit(value).map(|_| criteria.options.insert(value)).is_some(),
        _ => false,
    }
}

/// The search that a reading proposes.
fn meant(reading: &Reading) -> Criteria {
    let (mut criteria, mut radius) = (Criteria::default(), None);
    let pairs = reading.pairs();
    for (field, value) in &pairs {
        let number = value.parse().ok();
        match *field {
            "q" => criteria.text = Some(value.clone()),
            "radius" => radius = number,
            "price_from" => criteria.price.from = number,
            "price_to" => criteria.price.to = number,
            "year_from" => criteria.year.from = number,
            "year_to" => criteria.year.to = number,
            "mileage_from" => criteria.mileage.from = number,
            "mileage_to" => criteria.mileage.to = number,
            "power_from" => criteria.power.from = number,
            "power_to" => criteria.power.to = number,
            field => {
                filter(&mut criteria, field, value);
            }
        }
    }
    let place = pairs.iter().find(|(field, _)| *field == "near").and_then(|(_, text)| places::find(text));
    criteria.near = place.map(|place| Near { position: place.position(), within: radius });
    criteria
}
