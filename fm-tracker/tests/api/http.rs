use crate::{car, market};
use fm_tracker::messages::{CarChanged, CarListed, CarSold};
use serde_json::json;

#[actix_rt::test]
async fn views_are_counted_and_make_a_car_popular() {
    let bus = market();
    for (id, second) in [("a", 1), ("b", 2)] {
        bus.deliver(CarListed { car: car(id, 100, "listed", second) }).await.acked();
    }
    for _ in 0..3 {
        assert_eq!(bus.post("/api/tracks/views", json!({"car_id": "a"})).await.status, 204);
    }
    bus.run_job("flush-views").await;
    let popular: serde_json::Value = bus.get("/api/tracks/popular?limit=1").await.json();
    assert_eq!((&popular["items"][0]["car_id"], &popular["items"][0]["views"]), (&json!("a"), &json!(3)));
    assert_eq!(popular["items"].as_array().unwrap().len(), 1);
}

#[actix_rt::test]
async fn a_car_tells_how_often_it_was_viewed_also_after_it_is_sold() {
    let bus = market();
    bus.deliver(CarListed { car: car("a", 100, "listed", 1) }).await.acked();
    let views = async || bus.get("/api/tracks/views/a").await.json::<serde_json::Value>();
    assert_eq!(views().await, json!({"car_id": "a", "views": 0}));
    for _ in 0..2 {
        bus.post("/api/tracks/views", json!({"car_id": "a"})).await;
    }
    bus.run_job("flush-views").await;
    assert_eq!(views().await["views"], 2);
    bus.deliver(CarSold { car: car("a", 100, "sold", 2) }).await.acked();
    assert_eq!(views().await["views"], 2);
    bus.deliver(CarChanged { car: car("b", 100, "draft", 1) }).await.acked();
    for never in ["b", "nope"] {
        let reply = bus.get(&format!("/api/tracks/views/{never}")).await;
        assert_eq!((reply.status, reply.code().as_str()), (404, "car-unknown"), "{never}");
    }
}

#[actix_rt::test]
async fn invalid_input_is_refused_with_a_code() {
    let bus = market();
    for (path, status, code) in [
        ("/api/tracks/latest?limit=0", 400, "invalid"),
        ("/api/tracks/latest?limit=101", 400, "invalid"),
        ("/api/tracks/latest?limit=x", 400, "malformed"),
        ("/api/tracks/popular?since=1", 400, "malformed"),
        ("/api/cars/nope/price-history", 404, "car-unknown"),
    ] {
        let reply = bus.get(path).await;
        assert_eq!((reply.status, reply.code().as_str()), (status, code), "{path}");
    }
    for (body, status, code) in [
        (json!({"car_id": "nope"}), 404, "car-unknown"),
        (json!({"car_id": 1}), 400, "malformed"),
        (json!({}), 400, "malformed"),
        (json!({"car_id": "a", "n": 5}), 400, "malformed"),
    ] {
        let reply = bus.post("/api/tracks/views", &body).await;
        assert_eq!((reply.status, reply.code().as_str()), (status, code), "{body}");
    }
}

#[actix_rt::test]
async fn the_api_description_names_every_route() {
    let api: serde_json::Value = market().get("/openapi.json").await.json();
    fm_sdk::testing::assert_routes_are_described(&api, include_str!("../../src/routes/mod.rs"));
}
