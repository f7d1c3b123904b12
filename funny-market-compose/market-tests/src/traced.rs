//! A request that goes through the whole market, and the spans that the instances keep of it.

use crate::{Document, Market, wait_until};
use serde_json::{Value, json};
use std::{fs, time::Duration};

/// How long a message may be on its way to those who hear of it.
const TIMEOUT: Duration = Duration::from_secs(10);

/// All spans of a trace that running instances keep.
pub fn spans(market: &Market, trace: &str) -> Vec<Value> {
    let local = market.local();
    let urls = local.instances().into_iter().filter_map(|name| Some(format!("http://127.0.0.1:{}", local.operators_port(&name).ok()?)));
    let answers = urls.map(|url| market.at_url(&url).get(&format!("/traces/{trace}"))).filter(|answer| answer.status == 200);
    answers.flat_map(|answer| answer.json().as_array().cloned().unwrap_or_default()).collect()
}

/// Lists a car with two pictures for which somebody else has saved a search, waits for the alert, and gives the trace of the listing.
pub fn lists_a_car_that_somebody_waits_for(market: &Market) -> String {
    let (buyer, seller) = (market.someone(), market.someone());
    // A price of its own, so that no other car matches.
    let price = 10_000 + u64::from_str_radix(&seller.id[seller.id.len() - 4..], 16).unwrap_or_default();
    let filters = json!({ "maker": ["audi"], "price_from": price, "price_to": price });
    buyer.http.post("/api/me/searches", json!({ "name": "The one", "filters": filters })).expect(201);

    let fixtures = Document::read(market, "README.md").root.join("fm-image/tests/fixtures");
    let read = |name: &str| fs::read(fixtures.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let photos = ["progressive.jpg", "interlaced.png"].map(read);
    let car = text(seller.lists_a_car(json!({ "price": price, "status": "draft" }))["id"].as_str());
    seller.adds_pictures(&car, &photos.each_ref().map(Vec::as_slice));
    let path = format!("/api/cars/{car}");
    wait_until("the car has both pictures", TIMEOUT, || {
        seller.http.get(&path).expect(200).json()["images"].as_array().is_some_and(|images| images.len() == 2)
    });
    let listed = seller.http.patch(&path, json!({ "status": "listed" })).expect(200);
    wait_until("the buyer is told of the car", TIMEOUT, || buyer.http.get("/api/me/alerts").expect(200).text().contains(&car));
    text(listed.header("x-trace-id"))
}

fn text(given: Option<&str>) -> String {
    given.unwrap_or_else(|| panic!("an answer is not whole")).to_owned()
}
