use crate::{Market, PASSWORD, Person};
use fm_profile::{
    Alert, SavedSearch,
    messages::{CarListed, CarNow, CarPriceChanged, UserDeleted},
};
use serde_json::{Value, json};

const PATH: &str = "/api/me/searches";

async fn save(market: &Market, who: &Person, filters: Value) -> Value {
    let reply = market.with_token(who, "POST", PATH, json!({"name": "Mine", "filters": filters})).await;
    assert_eq!(reply.status, 201, "{}", String::from_utf8_lossy(&reply.body));
    reply.json()
}
async fn alerts(market: &Market, who: &Person, query: &str) -> Vec<Value> {
    let found: Value = market.with_token(who, "GET", &format!("/api/me/alerts{query}"), Value::Null).await.json();
    assert_eq!(found["total"], found["items"].as_array().unwrap().len());
    found["items"].as_array().unwrap().clone()
}
fn bmw(id: &str, price: i64) -> CarNow {
    let (maker, model) = ("bmw".into(), Some("3er".into()));
    CarNow {
        id: id.into(),
        owner: "seller".into(),
        title: "BMW 3 Series 2015".into(),
        maker,
        model,
        year: 2015,
        price,
        status: "listed".into(),
        ..CarNow::default()
    }
}
/// A car is listed, as fm-cars tells it.
async fn list(market: &Market, car: CarNow) {
    market.bus.sign_out();
    market.bus.deliver(CarListed { car }).await.acked();
}

#[actix_rt::test]
async fn a_car_that_matches_is_told_once_however_often_its_event_comes() {
    let market = Market::open();
    let (ann, ben) = (market.sign_up("ann").await, market.sign_up("ben").await);
    let search = save(&market, &ann, json!({"maker": ["bmw"], "price_to": 10_000})).await;
    save(&market, &ben, json!({"maker": ["audi"]})).await;
    list(&market, bmw("c1", 9_900)).await;
    market.bus.redeliver().await.acked();
    list(&market, bmw("c1", 9_900)).await;
    list(&market, bmw("c2", 10_100)).await;
    let told = alerts(&market, &ann, "").await;
    assert_eq!(told.len(), 1);
    assert_eq!((&told[0]["kind"], &told[0]["car_id"], &told[0]["search_id"]), (&json!("new_match"), &json!("c1"), &search["id"]));
    assert!(alerts(&market, &ben, "").await.is_empty());
}

#[actix_rt::test]
async fn a_thousand_searches_give_a_thousand_alerts_whenever_the_process_dies() {
    let market = Market::open();
    let filters = serde_json::from_value::<SavedSearch>(
        json!({"id": "", "user": "", "name": "", "filters": {"maker": ["bmw"]}, "anchor": "", "at": 0}),
    )
    .unwrap();
    let one = |n: usize| SavedSearch::new(&format!("u{n}"), "Mine".into(), filters.filters.clone(), 0);
    market.bus.given(&(0..1000).map(one).collect::<Vec<_>>()).await;
    for step in [1, 3, 500, 999] {
        market.bus.crash_at(step, true);
        list(&market, bmw("c1", 9_900)).await;
    }
    let told = market.bus.work().docs::<Alert>().filter(Alert::seen.eq(false)).list().await.unwrap();
    let users: std::collections::BTreeSet<_> = told.iter().map(|a| a.user.clone()).collect();
    assert_eq!((told.len(), users.len()), (1000, 1000));
}

#[actix_rt::test]
async fn a_fallen_price_is_told_to_who_searches_or_remembers() {
    let market = Market::open();
    let (ann, ben) = (market.sign_up("ann").await, market.sign_up("ben").await);
    save(&market, &ann, json!({"model": ["3er"]})).await;
    save(&market, &ben, json!({"model": ["3er"]})).await;
    market.car("c1", &ann, "listed");
    market.with_token(&ben, "PUT", "/api/me/favourites/c1", Value::Null).await;
    market.bus.sign_out();
    for (price, from) in [(9_000, 9_900), (9_500, 9_000)] {
        market.bus.deliver(CarPriceChanged { car: bmw("c1", price), from }).await.acked();
    }
    for (who, search) in [(&ann, true), (&ben, false)] {
        let told = alerts(&market, who, "").await;
        assert_eq!(told.len(), 1, "one that rose is not told, and one that fell once");
        assert_eq!((&told[0]["kind"], &told[0]["price"], &told[0]["from"]), (&json!("price_drop"), &json!(9_000), &json!(9_900)));
        assert_eq!(told[0]["search_id"].is_string(), search);
    }
}

#[actix_rt::test]
async fn words_match_as_in_the_search_and_nobody_is_told_of_their_own_car() {
    let market = Market::open();
    let ann = market.sign_up("ann").await;
    save(&market, &ann, json!({"q": "kaefer anhaenger"})).await;
    save(&market, &ann, json!({"q": "kombi"})).await;
    list(&market, bmw("c1", 1)).await;
    list(&market, CarNow { owner: ann.id.clone(), ..bmw("c2", 1) }).await;
    assert_eq!(alerts(&market, &ann, "").await.len(), 1);
}

#[actix_rt::test]
async fn a_search_around_a_place_is_told_of_cars_within_its_radius() {
    let market = Market::open();
    let ann = market.sign_up("ann").await;
    save(&market, &ann, json!({"maker": ["bmw"], "near": "Berlin", "radius": 50})).await;
    let at = |id: &str, place: Option<(f64, f64)>| CarNow { lat: place.map(|p| p.0), lon: place.map(|p| p.1), ..bmw(id, 9_000) };
    for car in [at("potsdam", Some((52.39, 13.06))), at("munich", Some((48.14, 11.58))), at("nowhere", None)] {
        list(&market, car).await;
    }
    let told = alerts(&market, &ann, "").await;
    assert_eq!(told.iter().map(|a| &a["car_id"]).collect::<Vec<_>>(), ["potsdam"]);
}

#[actix_rt::test]
async fn a_search_around_nowhere_is_refused_at_its_field() {
    let market = Market::open();
    let ann = market.sign_up("ann").await;
    for (filters, field) in [
        (json!({"near": "Atlantis", "radius": 50}), "near"),
        (json!({"near": "Berlin"}), "radius"),
        (json!({"maker": ["bmw"], "radius": 50}), "radius"),
        (json!({"near": "Berlin", "radius": 0}), "radius"),
        (json!({"near": "Berlin", "radius": 1_001}), "radius"),
        (json!({"near": "x".repeat(201), "radius": 50}), "near"),
    ] {
        let reply = market.with_token(&ann, "POST", PATH, json!({"name": "Mine", "filters": filters})).await;
        assert_eq!((reply.status, reply.json::<Value>()["errors"][0]["field"].clone()), (422, json!(field)), "{filters}");
    }
    assert_eq!(market.with_token(&ann, "GET", PATH, Value::Null).await.json::<Value>()["total"], 0);
}

#[actix_rt::test]
async fn events_of_other_services_than_fm_cars_are_refused() {
    let market = Market::open();
    let ann = market.sign_up("ann").await;
    save(&market, &ann, json!({"maker": ["bmw"]})).await;
    market.bus.sign_out();
    market.bus.from("fm-evil");
    assert_eq!(market.bus.deliver(CarListed { car: bmw("c1", 1) }).await.dead_letter().code(), "sender-undeclared");
    assert!(alerts(&market, &ann, "").await.is_empty());
}

#[actix_rt::test]
async fn a_search_is_saved_once_and_removed_by_its_owner_only() {
    let market = Market::open();
    let (ann, ben) = (market.sign_up("ann").await, market.sign_up("ben").await);
    let id = save(&market, &ann, json!({"maker": ["bmw", "audi"]})).await["id"].as_str().unwrap().to_owned();
    for _ in 0..3 {
        assert_eq!(save(&market, &ann, json!({"maker": ["audi", "bmw", "audi"]})).await["id"], json!(id));
    }
    let of = async |who: &Person| market.with_token(who, "GET", PATH, Value::Null).await.json::<Value>()["total"].clone();
    assert_eq!((of(&ann).await, of(&ben).await), (json!(1), json!(0)));
    for (who, left) in [(&ben, 1), (&ann, 0), (&ann, 0)] {
        assert_eq!(market.with_token(who, "DELETE", &format!("{PATH}/{id}"), Value::Null).await.status, 204);
        assert_eq!(of(&ann).await, json!(left));
    }
}

#[actix_rt::test]
async fn searches_that_make_no_sense_and_too_many_are_refused() {
    let market = Market::open();
    let ann = market.sign_up("ann").await;
    for (filters, field) in [
        (json!({}), "filters"),
        (json!({"price_from": 5, "price_to": 4}), "price"),
        (json!({"year_from": -1}), "year"),
        (json!({"maker": ["x".repeat(61)]}), "maker"),
        (json!({"q": "x".repeat(201)}), "q"),
    ] {
        let reply = market.with_token(&ann, "POST", PATH, json!({"name": "Mine", "filters": filters})).await;
        assert_eq!((reply.status, reply.json::<Value>()["errors"][0]["field"].clone()), (422, json!(field)));
    }
    for body in [json!({"name": "Mine", "filters": {"colour": ["red"]}}), json!({"filters": {"maker": ["bmw"]}})] {
        assert_eq!(market.with_token(&ann, "POST", PATH, body).await.status, 400);
    }
    let unnamed = market.with_token(&ann, "POST", PATH, json!({"name": " ", "filters": {"maker": ["bmw"]}})).await;
    assert_eq!(unnamed.status, 422);
    for n in 0..50 {
        save(&market, &ann, json!({"price_to": n + 1})).await;
    }
    let full = market.with_token(&ann, "POST", PATH, json!({"name": "Mine", "filters": {"price_to": 99}})).await;
    assert_eq!((full.status, full.code().as_str()), (409, "searches-full"));
    save(&market, &ann, json!({"price_to": 7})).await;
}

#[actix_rt::test]
async fn alerts_are_new_until_they_are_seen_and_go_with_the_account() {
    let market = Market::open();
    let (ann, ben) = (market.sign_up("ann").await, market.sign_up("ben").await);
    save(&market, &ann, json!({"maker": ["bmw"]})).await;
    list(&market, bmw("c1", 1)).await;
    list(&market, bmw("c2", 1)).await;
    let first = alerts(&market, &ann, "?unseen=true").await[0]["id"].as_str().unwrap().to_owned();
    for who in [&ben, &ann] {
        assert_eq!(market.with_token(who, "PUT", "/api/me/alerts/seen", json!({"alerts": [first, "none"]})).await.status, 204);
    }
    assert_eq!((alerts(&market, &ann, "?unseen=true").await.len(), alerts(&market, &ann, "").await.len()), (1, 2));
    let searches: Value = market.with_token(&ann, "GET", PATH, Value::Null).await.json();
    assert_eq!(searches["items"][0]["unseen"], 1);
    market.with_token(&ann, "DELETE", "/api/me", json!({"password": PASSWORD})).await;
    market.bus.sign_out();
    market.bus.deliver(UserDeleted { user: ann.id.clone(), count: 0 }).await.acked();
    let work = market.bus.work();
    let left = work.docs::<Alert>().filter(Alert::user.eq(&ann.id)).count().await.unwrap()
        + work.docs::<SavedSearch>().filter(SavedSearch::user.eq(&ann.id)).count().await.unwrap();
    assert_eq!(left, 0);
}
