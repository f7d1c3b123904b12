use crate::market::{CAR, Market, car, unavailable};
use serde_json::{Value, json};

fn rating(step: &str, difference: i64) -> Value {
    json!({"step": step, "difference": difference, "expected_price": 9_900 - difference, "peers": 38, "too_cheap": difference < -5_000})
}
fn list(step: &str, difference: i64) -> Value {
    let mut listed = car();
    listed["rating"] = rating(step, difference);
    json!({"items": [listed], "total": 1, "page": 1, "per_page": 24})
}
async fn rated(step: &str, difference: i64) -> Market {
    let market = Market::new().await;
    market.answers("GET", "/api/cars", 200, list(step, difference)).await;
    let answer =
        json!({"rating": rating(step, difference), "method": {"per_year": 9.5, "per_10000_km": -3.0}, "not_rated": null, "min_peers": 8});
    market.answers("GET", &format!("/api/cars/{CAR}/rating"), 200, answer).await;
    market
}

#[actix_web::test]
async fn a_price_is_rated_on_card_and_page_with_the_method() {
    let market = rated("good", -1_187).await;
    market.get("/cars").await.is(200).has("rate-good").has("Good price").has("€1,200 under 38 similar cars");
    let page = market.get(&format!("/cars/{CAR}")).await;
    page.is(200).has("€1,200 under 38 similar cars").has("cost about €11,087").has("+9.5\u{a0}%").has("\u{2212}3.0\u{a0}%");
    let german = market.browser().await.with_cookie("fm_lang", "de").get(&format!("/cars/{CAR}")).await;
    german.is(200).has("Guter Preis").has("1.200\u{a0}€ unter 38 ähnlichen Autos").has("+9,5\u{a0}%");
}

#[actix_web::test]
async fn every_step_has_its_words() {
    for (step, difference, said) in [
        ("very_good", -2_500, "€2,500 under 38"),
        ("fair", 20, "like 38 similar cars"),
        ("high", 800, "€800 over 38"),
        ("very_high", 4_040, "€4,000 over 38"),
    ] {
        rated(step, difference).await.get("/cars").await.is(200).has(&format!("rate-{step}")).has(said);
    }
    let market = Market::new().await;
    market.answers_undescribed("/api/cars", 200, list("stellar", -1)).await;
    market.get("/cars").await.is(200).has("BMW 3 Series 2015").lacks("rate-");
}

#[actix_web::test]
async fn a_suspiciously_low_price_shows_a_warning() {
    let path = format!("/cars/{CAR}");
    rated("very_good", -6_000).await.get(&path).await.is(200).has("Unusually cheap.");
    rated("very_good", -2_000).await.get(&path).await.is(200).lacks("Unusually cheap.");
}

#[actix_web::test]
async fn a_price_that_is_not_rated_says_why_and_an_outage_costs_the_panel() {
    let (market, path) = (Market::new().await, format!("/cars/{CAR}"));
    for (why, said) in [
        ("few-peers", "at least 8 similar cars"),
        ("incomplete", "the model and the mileage"),
        ("not-listed", "Only cars that are for sale"),
    ] {
        let answer = json!({"rating": null, "method": null, "not_rated": why, "min_peers": 8});
        market.answers("GET", &format!("/api/cars/{CAR}/rating"), 200, answer).await;
        market.get(&path).await.is(200).has("Not rated").has(said);
    }
    market.answers("GET", &format!("/api/cars/{CAR}/rating"), 503, unavailable()).await;
    market.get(&path).await.is(200).has("BMW 3 Series 2015").lacks("Not rated");
    market.get("/cars").await.is(200).lacks("class=\"rate ");
}

#[actix_web::test]
async fn ratings_filter_and_order() {
    let market = rated("good", -1_187).await;
    let page = market.get("/cars?rating=good&rating=very_good&sort=deal").await;
    page.is(200).has("<option value=\"deal\" selected>Best price first</option>").has("name=\"rating\" value=\"good\" checked");
    page.has("value=\"very_high\"").lacks("value=\"very_high\" disabled");
    let asked = market.asked("GET", "/api/cars").await;
    let query = asked[0].url.query().unwrap();
    assert!(query.contains("rating=good&rating=very_good") && query.contains("sort=deal"), "{query}");
    market.get("/cars?rating=super").await.is(200).has("super");
}
