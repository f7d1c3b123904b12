use market_tests::{Market, Person, wait_until};
use serde_json::{Value, json};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(1);

#[test]
fn a_seller_lists_a_car_that_everybody_finds_and_signs_out() {
    let market = Market::running();
    let word = market.unique("rarity");
    let seller = market.someone();
    let seller = Person::sign_in(&market, &seller.username, &seller.password);
    assert_eq!(seller.http.get("/api/me").expect(200).json()["username"], seller.username);

    let description = format!("One careful owner, {word}");
    let car = seller
        .lists_a_car(json!({ "maker": "bmw", "model": "3er", "price": 9_999, "year": 2017, "color": "blue", "description": description }));
    let id = car["id"].as_str().unwrap().to_owned();
    assert_eq!(car["title"], "BMW 3 Series 2017");

    let anyone = market.anyone();
    let found = |query: &str| {
        let list = anyone.get(&format!("/api/cars?{query}")).expect(200).json();
        list["items"].as_array().unwrap().iter().any(|c| c["id"] == id.as_str())
    };
    wait_until("found by filter", TIMEOUT, || found(&format!("maker=bmw&color=blue&price_from=9999&price_to=9999&seller={}", seller.id)));
    wait_until("found by text", TIMEOUT, || found(&format!("q={word}")));
    wait_until("among the latest", TIMEOUT, || {
        let latest = anyone.get("/api/tracks/latest?limit=50").expect(200).json();
        latest["items"].as_array().unwrap().iter().any(|t| t["car_id"] == id.as_str())
    });
    wait_until("on the web page of the car", TIMEOUT, || anyone.get(&format!("/cars/{id}")).expect(200).text().contains("BMW 3 Series"));
    wait_until("on the results page", TIMEOUT, || anyone.get(&format!("/cars?q={word}")).expect(200).text().contains("BMW 3 Series"));

    let changed = seller.http.patch(&format!("/api/cars/{id}"), json!({ "price": 8_888 })).expect(200);
    assert_eq!(changed.json()["price"], 8_888);
    wait_until("the price history has both prices", TIMEOUT, || {
        let history = anyone.get(&format!("/api/cars/{id}/price-history"));
        let prices = history.json()["items"].as_array().map(|items| items.iter().map(|p| p["price"].clone()).collect::<Vec<_>>());
        prices == Some(vec![json!(9_999), json!(8_888)])
    });

    seller.http.post("/api/auth/sign-out", json!({ "refresh_token": seller.refresh_token })).expect(204);
    wait_until("the old token is refused", TIMEOUT, || seller.http.get("/api/me").status == 401);
    wait_until("also by the service that owns cars", TIMEOUT, || {
        seller.http.patch(&format!("/api/cars/{id}"), json!({ "price": 1 })).status == 401
    });
    market.anyone().post("/api/auth/refresh", json!({ "refresh_token": seller.refresh_token })).expect(401);
}

#[test]
fn a_stranger_cannot_touch_somebody_elses_car() {
    let market = Market::running();
    let (owner, stranger) = (market.someone(), market.someone());
    let car = owner.lists_a_car(json!({}));
    let path = format!("/api/cars/{}", car["id"].as_str().unwrap());
    stranger.http.patch(&path, json!({ "price": 1 })).expect_problem(403, "not-owner");
    stranger.http.delete(&path).expect_problem(403, "not-owner");
    stranger.http.post(&format!("{path}/sold"), json!({})).expect(403);
    market.anyone().patch(&path, json!({ "price": 1 })).expect_problem(401, "token-missing");
    let forged = market.anyone().with("x-user-id", &owner.id).with("x-fm-identity", &owner.id).patch(&path, json!({ "price": 1 }));
    forged.expect(401);
    market.at("cars").bearing("not.a.token").patch(&path, json!({ "price": 1 })).expect(401);
    owner.http.delete(&path).expect(204);
    market.anyone().get(&path).expect(404);
}

#[test]
fn a_used_refresh_token_ends_the_whole_family() {
    let market = Market::running();
    let person = market.someone();
    let refresh = |token: &str| market.anyone().post("/api/auth/refresh", json!({ "refresh_token": token }));
    let successor = |answer: Value| answer["refresh_token"].as_str().unwrap().to_owned();
    let second = successor(refresh(&person.refresh_token).expect(200).json());
    let third = successor(refresh(&second).expect(200).json());
    refresh(&person.refresh_token).expect(401);
    refresh(&third).expect(401);
}

#[test]
fn two_tabs_that_use_one_refresh_token_get_the_same_successor() {
    let market = Market::running();
    let person = market.someone();
    let refresh = || market.anyone().post("/api/auth/refresh", json!({ "refresh_token": person.refresh_token })).expect(200).json();
    let successor = || refresh()["refresh_token"].as_str().unwrap().to_owned();
    let (first, second) = (successor(), successor());
    assert_eq!(first, second);
    assert_ne!(first, person.refresh_token);
}
