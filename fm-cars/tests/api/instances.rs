//! Two instances on one store.

use crate::{create, ids};
use fm_cars::{
    Cars, cars,
    messages::{CarChanged, CarListed, CarPriceChanged, CarRemoved, CarSold},
};
use fm_sdk::{
    store::Sqlite,
    testing::{MockBus, TestIdentities},
};
use serde_json::{Value, json};
use std::sync::Arc;

fn two() -> (MockBus<Cars>, MockBus<Cars>) {
    let (store, identities) = (Arc::new(Sqlite::in_memory().unwrap()), Arc::new(TestIdentities::new()));
    let instance = || {
        let bus = MockBus::with(cars(Cars::default()), store.clone(), identities.clone()).user("u1", &["cars:write"]);
        bus.from("fm-cars");
        bus
    };
    (instance(), instance())
}

#[actix_rt::test]
async fn another_instance_finds_a_car_when_its_event_arrives() {
    let (a, b) = two();
    assert!(ids(&b.get("/api/cars").await).is_empty());
    let id = create(&a, json!({})).await;
    let listed = a.published::<CarListed>().one();
    b.deliver(listed.clone()).await.acked();
    assert_eq!(ids(&b.get("/api/cars").await), [id.as_str()]);
    let path = format!("/api/cars/{id}");
    a.patch(&path, json!({"price": 1, "color": "red"})).await;
    b.deliver(a.published::<CarPriceChanged>().one()).await.acked();
    b.deliver(a.published::<CarChanged>().one()).await.acked();
    assert_eq!(ids(&b.get("/api/cars?color=red&price_to=1").await), [id.as_str()]);
    a.post(&format!("{path}/sold"), json!({})).await;
    b.deliver(a.published::<CarSold>().one()).await.acked();
    assert!(ids(&b.get("/api/cars").await).is_empty());
    b.deliver(listed).await.acked();
    assert!(ids(&b.get("/api/cars").await).is_empty(), "an old event brings nothing back");
}

#[actix_rt::test]
async fn a_removed_car_stays_removed_whatever_order_the_events_come_in() {
    let (a, b) = two();
    b.get("/api/cars").await;
    let id = create(&a, json!({})).await;
    a.delete(&format!("/api/cars/{id}")).await;
    b.deliver(a.published::<CarRemoved>().one()).await.acked();
    b.deliver(a.published::<CarListed>().one()).await.acked();
    assert_eq!(b.get("/api/cars/count").await.json::<Value>()["count"], 0);
}

#[actix_rt::test]
async fn an_instance_fills_its_search_before_it_serves_and_again_after_a_gap() {
    let (a, b) = two();
    let first = create(&a, json!({"price": 1})).await;
    create(&a, json!({"status": "draft"})).await;
    assert_eq!(ids(&b.get("/api/cars").await), [first.as_str()], "filled at the start");
    let second = create(&a, json!({"price": 2})).await;
    a.delete(&format!("/api/cars/{first}")).await;
    b.gap().await;
    assert_eq!(ids(&b.get("/api/cars").await), [second.as_str()]);
    b.run_job("tidy-search").await;
    assert_eq!(ids(&b.get("/api/cars").await), [second.as_str()]);
}

#[actix_rt::test]
async fn events_of_an_undeclared_sender_are_dead_lettered() {
    let (a, b) = two();
    create(&a, json!({})).await;
    b.from("fm-evil");
    assert_eq!(b.deliver(a.published::<CarListed>().one()).await.dead_letter().code(), "sender-undeclared");
}
