use crate::SEED;
use demo_pictures::Random;
use market::{Caller, Result};
use serde_json::{Value, json};

/// Maker, model, body, price when new (EUR), power (PS) and engine of each car; separated by tabs. Popular models say how many cars there
/// are of them, so that their prices can be compared.
const MODELS: &str = include_str!("../models.tsv");

const PLACES: [(&str, f64, f64); 6] = [
    ("10115", 52.53, 13.38),
    ("20095", 53.55, 10.0),
    ("80331", 48.14, 11.57),
    ("50667", 50.94, 6.96),
    ("04109", 51.34, 12.37),
    ("70173", 48.78, 9.18),
];
/// Some sellers ask much less than others, some more.
const BARGAINS: [f64; 11] = [1.0, 1.0, 1.0, 0.84, 1.0, 0.9, 1.0, 1.14, 1.0, 1.28, 1.0];
const COLORS: [&str; 15] =
    ["black", "grey", "white", "silver", "blue", "red", "green", "black", "grey", "white", "blue", "orange", "yellow", "brown", "beige"];
const DESCRIPTIONS: [&str; 8] = [
    "Garaged, serviced on time, both keys.",
    "Second owner, no accidents, winter tyres included.",
    "Long journeys only, runs like new.",
    "New brakes and battery this year.",
    "Inspection valid for two more years.",
    "Non-smoker, always parked inside.",
    "Selling because the family grows.",
    "Bought here, full history, viewing any evening.",
];

/// The demo's cars as fm-cars takes them, with equipment that this market knows.
///
/// # Errors
/// The market does not tell its equipment.
pub fn cars(gateway: &Caller) -> Result<Vec<Value>> {
    let options = gateway.try_send("GET", "/api/catalogue/options", None)?.require(200)?.json();
    let options: Vec<&str> = options["items"].as_array().into_iter().flatten().filter_map(|option| option["value"].as_str()).collect();
    cars_with(&options)
}

/// The demo's cars with some of this equipment.
///
/// # Errors
/// `models.tsv` is broken.
pub fn cars_with(options: &[&str]) -> Result<Vec<Value>> {
    let this_year = i32::from(jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).year());
    lines()?.into_iter().zip(0..).map(|(line, n)| car(line, n, options, this_year)).collect()
}

/// The line of each car.
fn lines() -> Result<Vec<&'static str>> {
    let mut all = Vec::new();
    for line in MODELS.lines().filter(|line| !line.is_empty()) {
        let cars = line.split('\t').nth(6).map_or(Ok(1), str::parse)?;
        all.resize(all.len() + cars, line);
    }
    Ok(all)
}

fn car(line: &str, n: u64, options: &[&str], this_year: i32) -> Result<Value> {
    let [maker, model, body, new, power, engine, ..] = line.split('\t').collect::<Vec<_>>()[..] else {
        return Err(format!("models.tsv: not six fields: {line:?}").into());
    };
    let (new, power): (f64, u32) = (new.parse()?, power.parse()?);
    let random = &mut Random::of(SEED, n);
    let age = random.between(0.0, 12.0).floor();
    let mileage = 4000.0 + age * random.between(7000.0, 18_000.0);
    let price = new * (1.25 - age * 0.065) * random.between(0.93, 1.08) * random.choose(&BARGAINS);
    let automatic = engine == "electric" || random.fraction() < 0.4;
    let (postal_code, lat, lon) = *random.choose(&PLACES);
    let fitted: Vec<&&str> = options.iter().filter(|_| random.fraction() < 0.3).collect();
    Ok(json!({
        "maker": maker,
        "model": model,
        "body": body,
        "engine": engine,
        "power_ps": power,
        "year": this_year - 1 - age as i32,
        "mileage": (mileage / 100.0).floor() as u64 * 100,
        "price": (price / 50.0).floor() as u64 * 50,
        "color": *random.choose(&COLORS),
        "gearbox": if automatic { "automatic" } else { "manual" },
        "options": fitted,
        "description": *random.choose(&DESCRIPTIONS),
        "location": { "postal_code": postal_code, "lat": lat, "lon": lon },
        "status": "listed",
    }))
}

#[cfg(test)]
mod tests {
    use super::{car, lines};

    #[test]
    fn every_model_gives_a_plausible_car_and_the_same_on_every_run() {
        for (line, n) in lines().unwrap().into_iter().zip(0..) {
            let made = car(line, n, &["abs", "towbar"], 2026).unwrap();
            assert_eq!(made, car(line, n, &["abs", "towbar"], 2026).unwrap());
            let between = |field: &str, low: u64, high: u64| {
                let value = made[field].as_u64().unwrap();
                assert!((low..=high).contains(&value), "{field} of {line:?}: {value}");
            };
            between("year", 2014, 2025);
            between("mileage", 4000, 202_000);
            between("price", 3000, 200_000);
            assert!(made["engine"] != "electric" || made["gearbox"] == "automatic");
        }
    }

    #[test]
    fn popular_models_have_enough_cars_to_be_rated() {
        let all = lines().unwrap();
        let golfs = all.iter().filter(|line| line.starts_with("volkswagen\tgolf\tsmall")).count();
        assert!(golfs > 8 && all.len() > 90, "{golfs} of {}", all.len());
    }

    #[test]
    fn a_broken_line_of_models_is_shown() {
        assert!(car("audi\ta1", 0, &[], 2026).unwrap_err().to_string().contains("audi"));
    }
}
