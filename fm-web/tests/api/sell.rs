//! The form of an ad: how numbers are read, what it costs like others, what it lacks.

use crate::market::{CAR, Market, Page, car, problem_of, unavailable};
use serde_json::{Value, json};

/// The page after a form with these numbers was refused, and what the API was sent.
async fn sell(lang: &str, price: &str, mileage: &str) -> (Page, Value) {
    let market = Market::new().await;
    let errors = json!([{"field": "price", "message": "1 to 10000000"}, {"field": "mileage", "message": "0 to 2000000"}]);
    market.answers("POST", "/api/cars", 422, problem_of(422, "invalid", errors)).await;
    let browser = market.signed_in().await.with_cookie("fm_lang", lang);
    let page = browser.post("/sell", &[("maker", "bmw"), ("year", "2015"), ("price", price), ("mileage", mileage)]).await;
    let sent: Value = market.asked("POST", "/api/cars").await[0].body_json().unwrap_or_else(|e| panic!("{e}"));
    (page, sent)
}

#[actix_web::test]
async fn numbers_are_read_as_the_readers_language_writes_them() {
    for (lang, price, mileage, read) in [
        ("de", "12.500,00", "1.250.000 km", (12_500, 1_250_000)),
        ("de", "12.500,- €", "1 250 000", (12_500, 1_250_000)),
        ("en", "€12,500.00", "1,250,000", (12_500, 1_250_000)),
        ("en", "12500", "1'250'000", (12_500, 1_250_000)),
        ("de", "12\u{202f}500", "150000KM", (12_500, 150_000)),
    ] {
        let (_, sent) = sell(lang, price, mileage).await;
        assert_eq!((&sent["price"], &sent["mileage"]), (&json!(read.0), &json!(read.1)), "{lang} {price} {mileage}");
    }
}

#[actix_web::test]
async fn a_number_that_cannot_be_read_is_refused_beside_its_field_with_the_reason() {
    for (lang, price, mileage, said) in [
        ("de", "5000,50", "123,4", "Nur ganze Zahlen"),
        ("en", "12.50", "1.5", "Whole numbers only"),
        ("en", "12.500", "150.000", "thousands or a fraction"),
        ("de", "12,500", "150,000", "Tausender oder Nachkommastellen"),
        ("de", "12.50.00", "1,23,456", "nicht in Dreiergruppen"),
        ("en", "5e3", "viel", "This is not a number"),
    ] {
        let (page, sent) = sell(lang, price, mileage).await;
        assert_eq!((&sent["price"], &sent["mileage"]), (&json!(i64::MIN), &json!(i64::MIN)), "{lang} {price} {mileage}");
        assert_eq!(page.is(422).html.matches(said).count(), 2, "{lang} {price} {mileage}");
        page.has(&format!("value=\"{price}\"")).has("inputmode=\"numeric\"").lacks("type=\"number\"");
    }
}

fn estimated(price: Option<(&str, i64)>) -> Value {
    let rating = price.map(|(step, difference)| {
        json!({"step": step, "difference": difference, "expected_price": 10_000, "peers": 38, "too_cheap": difference < -5_000})
    });
    json!({"estimate": {"expected_price": 10_000, "fair_from": 9_419, "fair_to": 10_618, "peers": 38}, "rating": rating,
        "method": {"per_year": 9.5, "per_10000_km": -3.0}, "not_rated": null, "min_peers": 8})
}
fn no_estimate(why: &str) -> Value {
    json!({"estimate": null, "rating": null, "method": null, "not_rated": why, "min_peers": 8})
}

#[actix_web::test]
async fn sellers_see_what_similar_cars_cost_before_they_publish() {
    let market = Market::new().await;
    market.answers("GET", "/api/cars/estimate", 200, estimated(Some(("good", -1_187)))).await;
    let browser = market.signed_in().await;
    browser.get("/sell").await.is(200).has("With maker, model, year and mileage you see here").has("name=\"status\" value=\"check\"");
    assert!(market.asked("GET", "/api/cars/estimate").await.is_empty());
    let typed = [("maker", "bmw"), ("model", "3 SERIES"), ("year", "2015"), ("mileage", "98,000"), ("price", "8,800"), ("power_ps", "x")];
    let said = |page: &crate::market::Page| {
        page.is(200).has("Similar cars cost €9,500 to €10,600").has("By 38 cars of this model").has("€1,200 under 38 similar cars");
    };
    let fragment = browser.post("/sell/guide", &typed).await;
    said(&fragment);
    fragment.lacks("<html").has("id=\"completeness\"");
    // Without scripts a button asks; nothing is saved and what was typed stays.
    let whole = browser.post("/sell", &[&typed[..], &[("status", "check")]].concat()).await;
    said(&whole);
    whole.has("value=\"8,800\"").lacks("class=\"failed\"");
    assert!(market.asked("POST", "/api/cars").await.is_empty());
    for asked in market.asked("GET", "/api/cars/estimate").await {
        assert_eq!(asked.url.query(), Some("maker=bmw&model=3er&year=2015&price=8800&mileage=98000"));
    }
    let edited = browser.get(&format!("/my/cars/{CAR}/edit")).await;
    said(&edited);
    let asked = market.asked("GET", "/api/cars/estimate").await;
    assert!(asked.last().unwrap().url.query().unwrap().contains(&format!("without={CAR}")), "a car is not compared with itself");
    let checked = [("maker", "bmw"), ("price", "1"), ("car", CAR), ("pictures", "1"), ("etag", "\"7\""), ("status", "check")];
    browser.post(&format!("/my/cars/{CAR}/edit"), &checked).await.is(200).has("value=\"&#34;7&#34;\"");
    assert!(market.asked("PATCH", &format!("/api/cars/{CAR}")).await.is_empty());
    let german = market.signed_in().await.with_cookie("fm_lang", "de").get(&format!("/my/cars/{CAR}/pictures")).await;
    german.is(200).has("Ähnliche Autos kosten 9.500\u{a0}€ bis 10.600\u{a0}€").has("Das sehen Käufer:");
}

#[actix_web::test]
async fn a_price_helper_that_knows_nothing_says_why() {
    let market = Market::new().await;
    let browser = market.signed_in().await;
    let typed = [("maker", "bmw"), ("model", "3 Series")];
    for (why, said) in [("incomplete", "you see here what similar cars cost"), ("few-peers", "fewer than 8 similar cars")] {
        market.answers("GET", "/api/cars/estimate", 200, no_estimate(why)).await;
        browser.post("/sell/guide", &typed).await.is(200).has(said).lacks("price-guide-range");
    }
    market.answers("GET", "/api/cars/estimate", 200, estimated(Some(("very_good", -6_000)))).await;
    browser.post("/sell/guide", &typed).await.is(200).has("Unusually cheap: buyers are warned.");
    let odd = problem_of(400, "invalid", json!([{"field": "year", "message": "1886 to 2027"}]));
    market.answers("GET", "/api/cars/estimate", 400, odd).await;
    browser.post("/sell/guide", &typed).await.is(200).has("you see here what similar cars cost");
    market.answers("GET", "/api/cars/estimate", 503, unavailable()).await;
    browser.post("/sell/guide", &typed).await.is(200).has("cannot be said right now");
    browser.get(&format!("/my/cars/{CAR}/edit")).await.is(200).has("cannot be said right now").has("value=\"9900\"");
    browser.without_token("/sell/guide", &typed).await.is(403);
    assert_eq!(browser.get("/sell/guide").await.is(303).header("location"), "/sell");
}

#[actix_web::test]
async fn a_meter_says_what_an_ad_lacks_and_where_it_is_added() {
    let market = Market::new().await;
    let browser = market.signed_in().await;
    browser.get("/sell").await.is(200).has("0 of 8").has("href=\"#i-description\"").has("complete-later\">Pictures, at least 5");
    let long = "Well kept. ".repeat(10);
    let mut typed = vec![("model", "x"), ("body", "suv"), ("color", "red"), ("mileage", "1"), ("engine", "petrol"), ("gearbox", "manual")];
    typed.extend([("postal_code", "04109"), ("options", "abs"), ("options", "esp"), ("description", long.as_str())]);
    browser.post("/sell/guide", &typed).await.is(200).has("6 of 8").has("href=\"#options\"").lacks("#i-description");
    typed.extend([("options", "tow_bar"), ("pictures", "5"), ("car", CAR)]);
    browser.post("/sell/guide", &typed).await.is(200).has("8 of 8").has("Everything is there that buyers ask for.");
    typed.retain(|(name, _)| *name != "color" && *name != "pictures");
    browser.post("/sell/guide", &typed).await.has("href=\"#i-color\"").has(&format!("href=\"/my/cars/{CAR}/pictures#add\""));
    // The pictures' page leads to the form.
    browser.get(&format!("/my/cars/{CAR}/pictures")).await.is(200).has(&format!("href=\"/my/cars/{CAR}/edit#i-description\""));
}

#[actix_web::test]
async fn what_buyers_also_ask_is_sent_as_it_was_meant_and_told_where_it_cannot_be() {
    let market = Market::new().await;
    market.answers("POST", "/api/cars", 201, car()).await;
    let german = market.signed_in().await.with_cookie("fm_lang", "de");
    let form = [
        ("maker", "bmw"),
        ("price", "9.900"),
        ("year", "2015"),
        ("month", "3"),
        ("trim", " Sport Line "),
        ("owners", "2"),
        ("inspection_until", "5/2027"),
        ("doors", "4"),
        ("seats", "5"),
        ("emission_class", "euro_6"),
        ("consumption", "5,6"),
        ("interior_color", "beige"),
        ("unrepaired_damage", "no"),
        ("status", "listed"),
    ];
    german.post("/sell", &form).await.is(303);
    let sent: Value = market.asked("POST", "/api/cars").await[0].body_json().unwrap();
    let more = json!({"month": 3, "trim": "Sport Line", "owners": 2, "inspection_until": "2027-05", "doors": 4, "seats": 5,
        "emission_class": "euro_6", "consumption": 5.6, "interior_color": "beige", "unrepaired_damage": false});
    for (field, value) in more.as_object().unwrap() {
        assert_eq!(&sent[field], value, "{field}");
    }
    let errors = json!([{"field": "inspection_until", "message": "a month"}, {"field": "consumption", "message": "0.1 to 99.9"}]);
    market.answers("POST", "/api/cars", 422, problem_of(422, "invalid", errors)).await;
    let odd = [("maker", "bmw"), ("price", "1"), ("year", "2015"), ("inspection_until", "bald"), ("consumption", "wenig")];
    let page = german.post("/sell", &odd).await;
    page.is(422)
        .has("id=\"e-inspection_until\"")
        .has("zum Beispiel 05/2027")
        .has("value=\"bald\"")
        .has("id=\"e-consumption\"")
        .has("value=\"wenig\"");
    let sent: Value = market.asked("POST", "/api/cars").await[1].body_json().unwrap();
    assert_eq!((&sent["inspection_until"], &sent["consumption"]), (&json!("bald"), &json!(-1)));
}

#[actix_web::test]
async fn a_form_has_what_an_ad_says_and_empties_what_is_taken_away() {
    let market = Market::new().await;
    let mut told = car();
    let more = json!({"month": 3, "inspection_until": "2027-05", "consumption": 5.6, "unrepaired_damage": true, "owners": 2});
    told.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    market.answers("GET", &format!("/api/cars/{CAR}"), 200, told).await;
    market.answers("PATCH", &format!("/api/cars/{CAR}"), 200, car()).await;
    let (browser, path) = (market.signed_in().await, format!("/my/cars/{CAR}/edit"));
    let page = browser.get(&path).await;
    page.is(200).has("value=\"05/2027\"").has("value=\"5.6\"").has("<option value=\"3\" selected>").has("<option value=\"yes\" selected>");
    browser.post(&path, &[("maker", "bmw"), ("price", "9900"), ("year", "2015"), ("owners", "3")]).await.is(303);
    let sent: Value = market.asked("PATCH", &format!("/api/cars/{CAR}")).await[0].body_json().unwrap();
    let sent = sent.as_object().unwrap();
    assert_eq!(sent["owners"], 3);
    for field in ["month", "trim", "inspection_until", "emission_class", "consumption", "interior_color", "unrepaired_damage"] {
        assert_eq!(sent.get(field), Some(&Value::Null), "{field}");
    }
}
