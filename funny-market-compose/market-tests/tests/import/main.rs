//! Real ads, as dirty as they are: every row is accepted or refused, and what the market counts is what the file holds.
//! On its own, since thousands of new ads at once push everything else out of what is latest.

use market_tests::{Market, Person, wait_until};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// The real ads where they are at hand, and some lines of our own otherwise.
fn ads() -> String {
    let real = std::env::var("FM_MARKET_ADS").map(std::fs::read_to_string);
    if let Ok(Ok(text)) = real {
        // The reader below counts lines by line feeds alone.
        return text.replace("\r\n", "\n");
    }
    let head = "name,price,vehicleType,yearOfRegistration,gearbox,powerPS,model,odometer,monthOfRegistration,fuelType,brand,notRepairedDamage,dateCreated,postalCode";
    let row = |n: u32, price: &str, year: u32| {
        let body = ["limousine", "kombi", "cabrio", ""][n as usize % 4];
        let fuel = ["benzin", "diesel", "elektro", ""][n as usize / 4 % 4];
        let brand = ["bmw", "audi", "volkswagen"][n as usize % 3];
        format!(
            "Ad_{n},\"{price}\",{body},{year},manuell,{},andere,\"150,000km\",3,{fuel},{brand},nein,2016-03-26 00:00:00,{}",
            n % 300,
            1067 + n
        )
    };
    let mut lines = vec![head.to_owned()];
    lines.extend((0..400).map(|n| row(n, if n % 17 == 0 { "$0" } else { "$5,000" }, if n % 23 == 0 { 9999 } else { 2008 })));
    lines.join("\n")
}

fn dealer(market: &Market) -> Person {
    let person = market.someone();
    market.admin().http.put(&format!("/api/admin/users/{}/roles", person.id), json!({ "roles": ["user", "dealer"] })).expect(200);
    // The new role is in tokens issued from now on.
    Person::sign_in(market, &person.username, &person.password)
}

#[test]
fn every_row_is_accepted_or_refused_and_the_facets_count_the_accepted_ones() {
    let market = Market::running();
    let (dealer, ads) = (dealer(&market), ads());
    let mut reader = csv::Reader::from_reader(ads.as_bytes());
    let columns: Vec<String> = reader.headers().unwrap().iter().map(Into::into).collect();
    let column = |name: &str| columns.iter().position(|c| c == name).unwrap();
    let rows: Vec<(u64, csv::StringRecord)> = reader.records().map(|r| r.unwrap()).map(|r| (r.position().unwrap().line(), r)).collect();

    let begun = dealer.http.send("POST", "/api/cars/import", Some(("text/csv", ads.as_bytes()))).expect(202).json();
    let status_url = begun["status_url"].as_str().unwrap().to_owned();
    let mut status = Value::Null;
    let took = wait_until("the import ends", Duration::from_secs(240), || {
        status = dealer.http.get(&status_url).expect(200).json();
        status["state"] == "done"
    });
    let (accepted, refused) = (status["accepted"].as_u64().unwrap(), status["refused"].as_u64().unwrap());
    println!("{} rows: {accepted} accepted, {refused} refused, in {took:?}", rows.len());
    assert_eq!(accepted + refused, rows.len() as u64);
    assert_eq!(status["read"], rows.len());
    let refusals = status["refusals"].as_array().unwrap();
    assert_eq!(refusals.len() as u64, refused);
    assert!(refusals.iter().all(|r| !r["reason"].as_str().unwrap().is_empty()));
    let lines: BTreeSet<u64> = refusals.iter().map(|r| r["line"].as_u64().unwrap()).collect();
    assert_eq!(lines.len() as u64, refused, "each refusal names a line of its own");

    let kept: Vec<&csv::StringRecord> = rows.iter().filter(|(line, _)| !lines.contains(line)).map(|(_, r)| r).collect();
    let count = |name: &str, words: &[(&str, &str)]| {
        let mut counts = BTreeMap::<String, u64>::new();
        for row in &kept {
            let word = &row[column(name)];
            if !word.is_empty() {
                let value = words.iter().find(|w| w.0 == word).map_or(word, |w| w.1);
                *counts.entry(value.into()).or_default() += 1;
            }
        }
        counts
    };
    let bodies = [
        ("limousine", "sedan"),
        ("kleinwagen", "small"),
        ("kombi", "estate"),
        ("bus", "van"),
        ("cabrio", "convertible"),
        ("andere", "other"),
    ];
    let engines = [("benzin", "petrol"), ("elektro", "electric"), ("andere", "other")];
    let gearboxes = [("manuell", "manual"), ("automatik", "automatic")];

    let query = format!("seller={}", dealer.id);
    wait_until("all are found", Duration::from_secs(10), || {
        market.anyone().get(&format!("/api/cars/count?{query}")).expect(200).json()["count"] == accepted
    });
    let facets = market.anyone().get(&format!("/api/cars/facets?{query}")).expect(200).json();
    assert_eq!(facets["total"], accepted);
    for (facet, expected) in [
        ("maker", count("brand", &[("sonstige_autos", "other")])),
        ("body", count("vehicleType", &bodies)),
        ("engine", count("fuelType", &engines)),
        ("gearbox", count("gearbox", &gearboxes)),
    ] {
        let items = facets["facets"][facet].as_array().unwrap();
        let counted: BTreeMap<String, u64> =
            items.iter().map(|i| (i["value"].as_str().unwrap().to_owned(), i["count"].as_u64().unwrap())).filter(|(_, n)| *n > 0).collect();
        assert_eq!(counted, expected, "{facet}");
    }
}

#[test]
fn only_dealers_can_import() {
    let market = Market::running();
    let person = market.someone();
    person.http.send("POST", "/api/cars/import", Some(("text/csv", b"name\n"))).expect_problem(403, "scope-missing");
}
