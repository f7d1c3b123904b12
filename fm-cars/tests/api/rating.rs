use crate::{create, fields, ids, market};
use fm_cars::Cars;
use fm_sdk::testing::MockBus;
use serde_json::{Value, json};

/// So many cars of one kind at this price.
async fn peers(bus: &MockBus<Cars>, n: usize, price: i64) {
    for _ in 0..n {
        create(bus, json!({"price": price, "year": 2015, "mileage": 90_000})).await;
    }
}
async fn rating(bus: &MockBus<Cars>, id: &str) -> Value {
    bus.get(&format!("/api/cars/{id}/rating")).await.json()
}

#[actix_rt::test]
async fn a_price_is_rated_by_like_cars_and_follows_them_at_once() {
    let bus = market();
    peers(&bus, 7, 10_000).await;
    let id = create(&bus, json!({"price": 8_800, "year": 2015, "mileage": 90_000})).await;
    let few = rating(&bus, &id).await;
    assert_eq!((&few["rating"], &few["not_rated"], &few["min_peers"]), (&Value::Null, &json!("few-peers"), &json!(8)));
    peers(&bus, 1, 10_000).await;
    let rated = rating(&bus, &id).await;
    let expected = json!({"step": "good", "difference": -1_200, "expected_price": 10_000, "peers": 8, "too_cheap": false});
    assert_eq!((&rated["rating"], &rated["not_rated"]), (&expected, &Value::Null));
    assert!(rated["method"]["per_year"].as_f64().unwrap() > 0.0 && rated["method"]["per_10000_km"].as_f64().unwrap() < 0.0);
    let found: Value = bus.get("/api/cars?rating=good").await.json();
    assert_eq!((&found["total"], &found["items"][0]["id"], &found["items"][0]["rating"]), (&json!(1), &json!(id), &expected));
    assert_eq!(bus.get(&format!("/api/cars/batch?id={id}")).await.json::<Value>()["items"][0]["rating"], expected);
    bus.patch(&format!("/api/cars/{id}"), json!({"price": 12_500})).await;
    assert_eq!(rating(&bus, &id).await["rating"]["step"], "very_high");
    bus.post(&format!("/api/cars/{id}/sold"), json!(null)).await;
    assert_eq!(rating(&bus, &id).await["not_rated"], "not-listed");
}

#[actix_rt::test]
async fn cars_are_sorted_by_how_good_their_price_is() {
    let bus = market();
    peers(&bus, 9, 10_000).await;
    let good = create(&bus, json!({"price": 9_000, "year": 2015, "mileage": 90_000})).await;
    let best = create(&bus, json!({"price": 7_000, "year": 2015, "mileage": 90_000})).await;
    let unrated = create(&bus, json!({"price": 1_000, "maker": "bmw", "model": "3er"})).await;
    let sorted = ids(&bus.get("/api/cars?sort=deal&per_page=100").await);
    assert_eq!((&sorted[0], &sorted[1], sorted.last().unwrap()), (&best, &good, &unrated));
    let turned = ids(&bus.get("/api/cars?sort=-deal&per_page=100").await);
    assert_eq!((&turned[10], turned.last().unwrap()), (&best, &unrated), "what is not rated comes last either way");
    let both: Value = bus.get("/api/cars/count?rating=good&rating=very_good").await.json();
    assert_eq!(both["count"], 2);
    assert_eq!(bus.get("/api/cars/facets?rating=very_good").await.json::<Value>()["total"], 1);
}

#[actix_rt::test]
async fn a_car_without_comparison_has_a_reason() {
    let bus = market();
    peers(&bus, 12, 10_000).await;
    for (car, why) in [
        (json!({"price": 10_000, "year": 2015}), "incomplete"),
        (json!({"price": 10_000, "year": 2015, "mileage": 90_000, "model": null}), "incomplete"),
        (json!({"price": 10_000, "year": 1974, "mileage": 90_000}), "few-peers"),
        (json!({"price": 1, "year": 2015, "mileage": 90_000}), "few-peers"),
    ] {
        let id = create(&bus, car.clone()).await;
        assert_eq!(rating(&bus, &id).await["not_rated"], why, "{car}");
    }
    let cheap = create(&bus, json!({"price": 4_000, "year": 2015, "mileage": 90_000})).await;
    assert_eq!(rating(&bus, &cheap).await["rating"]["too_cheap"], true);
    assert_eq!(bus.get("/api/cars/nope/rating").await.code(), "car-unknown");
    let draft = create(&bus, json!({"status": "draft"})).await;
    assert_eq!(rating(&bus, &draft).await["not_rated"], "not-listed");
    bus.sign_in("u2", &[]);
    assert_eq!(bus.get(&format!("/api/cars/{draft}/rating")).await.code(), "car-unknown");
}

#[actix_rt::test]
async fn an_unknown_rating_is_refused_with_its_place() {
    let bus = market();
    let reply = bus.get("/api/cars?rating=good&rating=super").await;
    assert_eq!((reply.status, fields(&reply)), (400, vec!["rating[1]".to_owned()]));
}

#[actix_rt::test]
async fn a_price_is_estimated_before_there_is_an_ad_as_it_is_rated_afterwards() {
    let bus = market();
    peers(&bus, 8, 10_000).await;
    let asked = "/api/cars/estimate?maker=volkswagen&model=golf&year=2015&mileage=90000&price=8800";
    let told: Value = bus.get(asked).await.json();
    let rating = json!({"step": "good", "difference": -1_200, "expected_price": 10_000, "peers": 8, "too_cheap": false});
    assert_eq!(told["estimate"], json!({"expected_price": 10_000, "fair_from": 9_419, "fair_to": 10_618, "peers": 8}));
    assert_eq!((&told["rating"], &told["not_rated"]), (&rating, &Value::Null));
    let id = create(&bus, json!({"price": 8_800, "year": 2015, "mileage": 90_000})).await;
    assert_eq!(bus.get(&format!("/api/cars/{id}/rating")).await.json::<Value>()["rating"], rating);
    assert_eq!(bus.get(&format!("{asked}&without={id}")).await.json::<Value>()["rating"], rating, "a car is not compared with itself");
    assert_eq!(bus.get(asked).await.json::<Value>()["estimate"]["peers"], 9);
}

#[actix_rt::test]
async fn an_estimate_says_what_it_lacks_and_refuses_what_cannot_be() {
    let bus = market();
    peers(&bus, 7, 10_000).await;
    for (query, why) in [
        ("maker=volkswagen", "incomplete"),
        ("maker=volkswagen&model=golf&year=2015", "incomplete"),
        ("maker=volkswagen&model=golf&year=2015&mileage=90000", "few-peers"),
        ("maker=volkswagen&model=golf&year=1974&mileage=90000", "few-peers"),
        ("maker=bmw&model=3er&engine=diesel&year=2015&mileage=90000&price=1", "few-peers"),
    ] {
        let told: Value = bus.get(&format!("/api/cars/estimate?{query}")).await.json();
        assert_eq!((&told["not_rated"], &told["estimate"], &told["rating"]), (&json!(why), &Value::Null, &Value::Null), "{query}");
    }
    for (query, wrong) in [
        ("maker=wheels", vec!["maker"]),
        ("maker=bmw&engine=steam&year=1885&mileage=-1&price=0", vec!["engine", "year", "mileage", "price"]),
    ] {
        let reply = bus.get(&format!("/api/cars/estimate?{query}")).await;
        assert_eq!((reply.status, fields(&reply)), (400, wrong.into_iter().map(str::to_owned).collect()), "{query}");
    }
    let long = format!("/api/cars/estimate?maker=bmw&model={}", "x".repeat(61));
    assert_eq!(fields(&bus.get(&long).await), ["model"]);
    assert_eq!(bus.get("/api/cars/estimate").await.status, 400);
}
