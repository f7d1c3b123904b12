use crate::{create, fields, ids, market};
use fm_cars::messages::{FindPlace, ShowCar};
use serde_json::{Value, json};

#[actix_rt::test]
async fn a_radius_finds_the_cars_around_a_place_with_their_distances() {
    let bus = market();
    let berlin = create(&bus, json!({"location": {"postal_code": "10115"}})).await;
    let potsdam = create(&bus, json!({"location": {"postal_code": "14467"}})).await;
    let munich = create(&bus, json!({"location": {"postal_code": "10115", "lat": 48.137, "lon": 11.575}})).await;
    let abroad = create(&bus, json!({"location": {"postal_code": "SW1A 1AA"}})).await;
    let nowhere = create(&bus, json!({})).await;
    for (query, expected) in [
        ("near=10115&radius=5", vec![&berlin]),
        ("near=10115&radius=50&sort=distance", vec![&berlin, &potsdam]),
        ("near=potsdam&radius=50&sort=distance", vec![&potsdam, &berlin]),
        ("near=Muenchen&radius=100", vec![&munich]),
        ("near=M%C3%BCnchen&radius=1000&sort=distance", vec![&munich, &potsdam, &berlin]),
        ("near=hamburg&radius=10", vec![]),
        ("near=10115&radius=50&price_to=1", vec![]),
        ("near=&radius=&sort=-added&price_to=5000&seller=u2", vec![]),
    ] {
        let found = ids(&bus.get(&format!("/api/cars?{query}")).await);
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{query}");
    }
    let all: Value = bus.get("/api/cars?near=10115&sort=distance").await.json();
    assert_eq!(all["place"]["town"], "Berlin");
    let told: Vec<_> = all["items"].as_array().unwrap().iter().map(|car| (car["id"].clone(), car["distance_km"].clone())).collect();
    assert_eq!(told[0], (json!(berlin), json!(0)));
    assert_eq!((&told[1].0, &told[2].0), (&json!(potsdam), &json!(munich)));
    assert!((25..=30).contains(&told[1].1.as_u64().unwrap()) && (495..=515).contains(&told[2].1.as_u64().unwrap()), "{told:?}");
    assert!(told[3..].iter().all(|(id, km)| (*id == json!(abroad) || *id == json!(nowhere)) && km.is_null()), "{told:?}");
    assert_eq!(bus.get("/api/cars/count?near=10115&radius=50").await.json::<Value>()["count"], 2);
    assert_eq!(bus.get("/api/cars/facets?near=10115&radius=50").await.json::<Value>()["total"], 2);
    let plain: Value = bus.get("/api/cars").await.json();
    assert!(plain.get("place").is_none() && plain["items"][0].get("distance_km").is_none());
}

#[actix_rt::test]
async fn a_radius_around_nowhere_is_refused_with_its_parameter() {
    let bus = market();
    for (query, wrong) in [
        ("near=Atlantis&radius=50", vec!["near"]),
        ("near=00000", vec!["near"]),
        ("near=%F0%9F%9A%97&radius=50", vec!["near"]),
        ("radius=50", vec!["radius"]),
        ("near=10115&radius=0", vec!["radius"]),
        ("near=10115&radius=1001", vec!["radius"]),
        ("sort=distance", vec!["sort"]),
    ] {
        for path in ["/api/cars", "/api/cars/count", "/api/cars/facets"] {
            let reply = bus.get(&format!("{path}?{query}")).await;
            assert_eq!((reply.status, fields(&reply)), (400, wrong.iter().map(ToString::to_string).collect()), "{path}?{query}");
        }
    }
    assert_eq!(fields(&bus.get(&format!("/api/cars?near={}", "Berlin".repeat(40))).await), ["near"]);
    assert_eq!(bus.get("/api/cars?near=10115&radius=-1").await.code(), "malformed");
}

#[actix_rt::test]
async fn a_car_shows_its_town_and_gives_other_services_its_position() {
    let bus = market();
    let id = create(&bus, json!({"location": {"postal_code": "04109"}})).await;
    let car: Value = bus.get(&format!("/api/cars/{id}")).await.json();
    assert_eq!(car["location"], json!({"postal_code": "04109", "town": "Leipzig"}));
    let now = bus.call(ShowCar { car: id }).await.unwrap();
    assert!((51.0..52.0).contains(&now.lat.unwrap()) && (12.0..13.0).contains(&now.lon.unwrap()));
    let place = bus.call(FindPlace { text: "koeln".into() }).await.unwrap();
    assert_eq!(place.town, "Köln");
    assert_eq!(bus.call(FindPlace { text: "Atlantis".into() }).await.unwrap_err().code(), "place-unknown");
}

#[actix_rt::test]
async fn places_are_suggested_by_code_and_name() {
    let bus = market();
    let towns = async |query: &str| -> Vec<String> {
        let found: Value = bus.get(&format!("/api/catalogue/places?q={query}")).await.json();
        found["items"].as_array().unwrap().iter().map(|p| p["town"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(towns("hamb").await[0], "Hamburg");
    assert_eq!(towns("0410").await[0], "Leipzig");
    assert!(towns("xyzzy").await.is_empty() && towns("b").await.len() == 8);
    assert_eq!(bus.get("/api/catalogue/places").await.status, 400);
    assert_eq!(fields(&bus.get(&format!("/api/catalogue/places?q={}", "x".repeat(101))).await), ["q"]);
}
