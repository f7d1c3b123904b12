use crate::{
    SEED,
    people::{SELLERS, Seller, seller_of},
};
use demo_pictures::Random;
use market::{Caller, Result};
use serde_json::{Value, json};

/// Maker, model, body, usual price of a young one (EUR), power (PS), engine, number of cars, years of manufacture and versions; separated by
/// tabs. Of popular models there are so many that their prices can be compared.
const MODELS: &str = include_str!("../models.tsv");

/// Lines between one car and the next: lists of the newest show one of each model, not all of one.
const STRIDE: usize = 89;
/// Years of the oldest cars.
const OLDEST: i32 = 12;
/// Some sellers ask much less than others, some more.
const BARGAINS: [f64; 11] = [1.0, 1.0, 1.0, 0.84, 1.0, 0.9, 1.0, 1.14, 1.0, 1.28, 1.0];
const COLORS: [&str; 15] =
    ["black", "grey", "white", "silver", "blue", "red", "green", "black", "grey", "white", "blue", "orange", "yellow", "brown", "beige"];
const INTERIORS: [&str; 6] = ["black", "black", "black", "grey", "beige", "brown"];
const DESCRIPTIONS: [&str; 14] = [
    "Garaged, serviced on time, both keys.",
    "Second owner, no accidents, winter tyres included.",
    "Long journeys only, runs like new.",
    "New brakes and battery this year.",
    "Inspection valid for two more years.",
    "Non-smoker, always parked inside.",
    "Selling because the family grows.",
    "Bought here, full history, viewing any evening.",
    "Garagenwagen, scheckheftgepflegt, beide Schlüssel vorhanden.",
    "Langstreckenfahrzeug, Bremsen und Reifen sind neu.",
    "Nichtraucher, unfallfrei, Besichtigung gern nach Feierabend.",
    "Wir verkaufen, weil wir auf das Fahrrad umsteigen.",
    "Mit 12 Monaten Garantie, Inzahlungnahme möglich.",
    "Kleine Kratzer an der hinteren Stoßstange, sonst ohne Mängel.",
];

/// A car of the demo.
#[derive(Clone, Debug, PartialEq)]
pub struct DemoCar {
    /// As fm-cars takes it, for what is asked today.
    pub car: Value,
    /// What was asked before, the oldest first.
    pub asked: Vec<u64>,
    /// It has found a buyer.
    pub sold: bool,
}

/// The demo's cars with equipment that this market knows.
///
/// # Errors
/// The market does not tell its equipment.
pub fn cars(gateway: &Caller) -> Result<Vec<DemoCar>> {
    let options = gateway.try_send("GET", "/api/catalogue/options", None)?.require(200)?.json();
    let options: Vec<&str> = options["items"].as_array().into_iter().flatten().filter_map(|option| option["value"].as_str()).collect();
    cars_with(&options)
}

/// The demo's cars with some of this equipment.
///
/// # Errors
/// `models.tsv` is broken.
pub fn cars_with(options: &[&str]) -> Result<Vec<DemoCar>> {
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC);
    let (this_year, this_month) = (i32::from(today.year()), i32::from(today.month()));
    let mut lines = Vec::new();
    for line in MODELS.lines().filter(|line| !line.is_empty()) {
        let model = Model::parse(line).ok_or_else(|| format!("models.tsv: {line:?}"))?;
        lines.resize(lines.len() + model.cars, model);
    }
    let mixed = (0..lines.len()).map(|n| &lines[n * STRIDE % lines.len()]);
    Ok(mixed.zip(0..).map(|(model, n)| car(model, n, options, (this_year, this_month))).collect())
}

/// A line of `models.tsv`.
#[derive(Clone, Debug)]
struct Model {
    maker: &'static str,
    model: &'static str,
    body: &'static str,
    price: f64,
    power: u32,
    engine: &'static str,
    cars: usize,
    since: i32,
    until: i32,
    trims: Vec<&'static str>,
}

impl Model {
    fn parse(line: &'static str) -> Option<Self> {
        let [maker, model, body, price, power, engine, cars, years, trims] = line.split('\t').collect::<Vec<_>>()[..] else { return None };
        let (since, until) = years.split_once('-')?;
        let until = if until.is_empty() { i32::MAX } else { until.parse().ok()? };
        let (price, power, cars, since) = (price.parse().ok()?, power.parse().ok()?, cars.parse().ok()?, since.parse().ok()?);
        Some(Model { maker, model, body, price, power, engine, cars, since, until, trims: trims.split(',').collect() })
    }
    fn doors(&self) -> u32 {
        match self.body {
            "convertible" => 2,
            "coupe" => 3,
            "sedan" => 4,
            _ if matches!(self.model, "fortwo" | "500" | "jimny") => 3,
            _ => 5,
        }
    }
    fn seats(&self) -> u32 {
        match self.model {
            "fortwo" | "mx_reihe" | "z_reihe" => 2,
            "touran" => 7,
            "500" | "tt" | "911" | "mustang" | "cooper" | "jimny" => 4,
            _ => 5,
        }
    }
    /// Litres, kilograms of gas or kilowatt-hours per 100 km.
    fn consumption(&self) -> f64 {
        let power = f64::from(self.power);
        match self.engine {
            "electric" => 13.0 + power * 0.02,
            "diesel" => 3.6 + power * 0.011,
            "hybrid" => 3.0 + power * 0.012,
            "cng" => 3.0 + power * 0.009,
            "lpg" => 5.6 + power * 0.019,
            _ => 3.9 + power * 0.016,
        }
    }
}

fn car(model: &Model, n: u64, options: &[&str], (this_year, this_month): (i32, i32)) -> DemoCar {
    let random = &mut Random::of(SEED, n);
    let youngest = (this_year - 1).min(model.until);
    let oldest = (this_year - OLDEST).max(model.since).min(youngest);
    let year = oldest + random.between(0.0, f64::from(youngest - oldest + 1)).floor() as i32;
    let age = f64::from(this_year - 1 - year);
    let mileage = 4000.0 + age * random.between(7000.0, 18_000.0);
    let price = model.price * (1.25 - age * 0.065) * random.between(0.93, 1.08) * random.choose(&BARGAINS);
    let price = (price / 50.0).floor() as u64 * 50;
    let automatic = matches!(model.engine, "electric" | "hybrid") || random.fraction() < 0.4;
    let fitted: Vec<&&str> = options.iter().filter(|_| random.fraction() < 0.3).collect();
    let Seller { postal_codes, .. } = &SELLERS[seller_of(n as usize)];
    // Every two years: the months that are left are one to 24.
    let inspected = this_year * 12 + this_month + random.between(0.0, 24.0).floor() as i32;
    let mut car = json!({
        "maker": model.maker,
        "model": model.model,
        "trim": *random.choose(&model.trims),
        "body": model.body,
        "engine": model.engine,
        "power_ps": model.power,
        "year": year,
        "month": 1 + random.between(0.0, 12.0).floor() as u32,
        "mileage": (mileage / 100.0).floor() as u64 * 100,
        "price": price,
        "color": *random.choose(&COLORS),
        "interior_color": *random.choose(&INTERIORS),
        "gearbox": if automatic { "automatic" } else { "manual" },
        "doors": model.doors(),
        "seats": model.seats(),
        "owners": 1 + (age * random.between(0.05, 0.3)).floor() as u32,
        "inspection_until": format!("{:04}-{:02}", inspected / 12, inspected % 12 + 1),
        "consumption": (model.consumption() * random.between(0.95, 1.05) * 10.0).round() / 10.0,
        "unrepaired_damage": false,
        "options": fitted,
        "description": *random.choose(&DESCRIPTIONS),
        "location": { "postal_code": *random.choose(postal_codes) },
        "status": "listed",
    });
    if model.engine != "electric" {
        car["emission_class"] = if year >= 2015 { "euro_6".into() } else { "euro_5".into() };
    }
    DemoCar { car, asked: asked(price, n), sold: n % 25 == 24 }
}

/// Every third car was dearer before, every ninth twice.
fn asked(price: u64, n: u64) -> Vec<u64> {
    let dearer = |percent: u64| (price * percent / 100).next_multiple_of(50);
    match n % 9 {
        1 => vec![dearer(112), dearer(106)],
        4 | 7 => vec![dearer(105)],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Model, cars_with};
    use std::collections::BTreeMap;

    #[test]
    fn every_car_is_plausible_and_the_same_on_every_run() {
        let cars = cars_with(&["abs", "tow_bar"]).unwrap();
        assert_eq!(cars, cars_with(&["abs", "tow_bar"]).unwrap());
        let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC);
        let (this_year, this_month) = (i64::from(today.year()), i64::from(today.year()) * 12 + i64::from(today.month()));
        for demo in &cars {
            let car = &demo.car;
            let between = |field: &str, low: i64, high: i64| {
                let value = car[field].as_i64().unwrap();
                assert!((low..=high).contains(&value), "{field}: {car}");
            };
            between("year", this_year - 16, this_year - 1);
            between("mileage", 4000, 4000 + (this_year - car["year"].as_i64().unwrap()) * 18_000);
            between("price", 3000, 120_000);
            between("owners", 1, 5);
            between("month", 1, 12);
            let inspected: Vec<i64> = car["inspection_until"].as_str().unwrap().split('-').map(|part| part.parse().unwrap()).collect();
            let left = inspected[0] * 12 + inspected[1] - this_month;
            assert!((1..=24).contains(&left), "{left} months until the next inspection: {car}");
            assert!(car["engine"] != "electric" || (car["gearbox"] == "automatic" && car.get("emission_class").is_none()), "{car}");
            assert!(demo.asked.is_sorted_by(|a, b| a > b) && demo.asked.last().is_none_or(|last| *last > car["price"].as_u64().unwrap()));
        }
    }

    #[test]
    fn there_are_two_hundred_cars_and_some_of_each_kind() {
        let cars = cars_with(&[]).unwrap();
        let (sold, cheaper) = (cars.iter().filter(|c| c.sold).count(), cars.iter().filter(|c| !c.asked.is_empty()).count());
        assert!(cars.len() - sold >= 200 && sold >= 5 && cheaper >= 60, "{} cars, {sold} sold, {cheaper} cheaper", cars.len());
        let mut counts = BTreeMap::<&str, usize>::new();
        for car in &cars {
            for field in ["body", "engine", "color"] {
                *counts.entry(car.car[field].as_str().unwrap()).or_default() += 1;
            }
        }
        for value in ["convertible", "coupe", "van", "suv", "electric", "hybrid", "cng", "lpg", "yellow", "black"] {
            assert!(counts.get(value).is_some_and(|n| *n >= 3), "{value}: {counts:?}");
        }
        let makers: Vec<&str> = cars.iter().map(|car| car.car["maker"].as_str().unwrap()).collect();
        assert!(makers.windows(2).filter(|two| two[0] == two[1]).count() < 10, "makers take turns: {makers:?}");
        let golfs = cars.iter().filter(|c| c.car["model"] == "golf" && c.car["engine"] == "petrol").count();
        assert!(golfs > 8, "eight others rate a car: {golfs}");
    }

    #[test]
    fn no_car_is_from_a_year_in_which_its_model_was_not_made() {
        let cars = cars_with(&[]).unwrap();
        let year_of =
            |model: &str| cars.iter().filter(|c| c.car["model"] == model).map(|c| c.car["year"].as_i64().unwrap()).collect::<Vec<_>>();
        assert!(year_of("v70").iter().all(|year| (2010..=2016).contains(year)), "{:?}", year_of("v70"));
        assert!(year_of("corolla").iter().all(|year| *year >= 2019));
    }

    #[test]
    fn a_broken_line_of_models_is_no_model() {
        assert!(Model::parse("audi\ta1").is_none() && Model::parse("a\tb\tsmall\t1\t1\tpetrol\tmany\t2010-\tx").is_none());
    }
}
