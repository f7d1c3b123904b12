use crate::{car, market};
use fm_sdk::message::Subject;
use fm_tracker::{
    Track,
    messages::{CarChanged, CarListed, CarPriceChanged, CarRemoved, CarSold},
};

fn at(version: i64) -> Option<Subject> {
    Some(Subject { document: "cars/a".into(), version })
}

#[actix_rt::test]
async fn a_listed_car_is_the_last_added() {
    let bus = market();
    bus.deliver(CarListed { car: car("a", 100, "listed", 1) }).await.acked();
    bus.deliver(CarListed { car: car("b", 200, "listed", 2) }).await.acked();
    let latest: serde_json::Value = bus.get("/api/tracks/latest").await.json();
    assert_eq!(latest["items"][0]["car_id"], "b");
    assert_eq!(latest["items"][1]["price"], 100);
}

#[actix_rt::test]
async fn cars_that_were_listed_before_the_first_start_are_known_by_a_snapshot() {
    let bus = market();
    let listed = |id: &str, price| CarListed { car: car(id, price, "listed", 1) };
    // One that is known already keeps its history.
    bus.deliver_edited(listed("a", 100), |m| m.subject = at(1)).await.acked();
    bus.take_snapshot(&[("cars/a", 1, listed("a", 100)), ("cars/b", 2, listed("b", 200)), ("cars/c", 3, listed("c", 300))]).await;
    let latest: serde_json::Value = bus.get("/api/tracks/latest").await.json();
    assert_eq!(latest["items"].as_array().unwrap().len(), 3);
    for id in ["a", "b", "c"] {
        let history: serde_json::Value = bus.get(&format!("/api/cars/{id}/price-history")).await.json();
        assert_eq!(history["items"].as_array().unwrap().len(), 1, "{id}");
    }
}

#[actix_rt::test]
async fn a_sold_or_removed_car_is_shown_no_more() {
    let bus = market();
    for id in ["a", "b"] {
        bus.deliver_edited(CarListed { car: car(id, 100, "listed", 1) }, |m| m.subject = at(1)).await.acked();
    }
    bus.deliver_edited(CarSold { car: car("a", 100, "sold", 1) }, |m| m.subject = at(2)).await.acked();
    bus.deliver_edited(CarRemoved { id: "b".into() }, |m| m.subject = at(2)).await.acked();
    assert_eq!(bus.get("/api/tracks/latest").await.json::<serde_json::Value>()["items"], serde_json::json!([]));
    assert_eq!(bus.get("/api/cars/b/price-history").await.status, 404);
    assert_eq!(bus.get("/api/cars/a/price-history").await.status, 200);
}

#[actix_rt::test]
async fn a_late_change_neither_overwrites_a_newer_one_nor_revives_a_removed_car() {
    let bus = market();
    bus.deliver_edited(CarChanged { car: car("a", 300, "listed", 1) }, |m| m.subject = at(3)).await.acked();
    bus.deliver_edited(CarListed { car: car("a", 100, "listed", 1) }, |m| m.subject = at(1)).await.acked();
    assert_eq!(bus.work().doc::<Track>("a").need().await.unwrap().price, 300);
    bus.deliver_edited(CarRemoved { id: "a".into() }, |m| m.subject = at(4)).await.acked();
    bus.deliver_edited(CarChanged { car: car("a", 400, "listed", 1) }, |m| m.subject = at(5)).await.acked();
    assert!(bus.work().doc::<Track>("a").need().await.unwrap().removed);
}

#[actix_rt::test]
async fn the_price_history_has_each_price_once_in_order() {
    let bus = market();
    let changed = |price, from| CarPriceChanged { car: car("a", price, "listed", 1), from };
    bus.deliver_edited(CarListed { car: car("a", 100, "listed", 1) }, |m| m.at_ms = 1_000).await.acked();
    bus.deliver_edited(changed(80, 90), |m| m.at_ms = 3_000).await.acked();
    bus.deliver_edited(changed(90, 100), |m| m.at_ms = 2_000).await.acked();
    bus.redeliver().await.acked();
    let history: serde_json::Value = bus.get("/api/cars/a/price-history").await.json();
    let prices: Vec<_> = history["items"].as_array().unwrap().iter().map(|p| p["price"].as_i64().unwrap()).collect();
    assert_eq!(prices, [100, 90, 80]);
}

#[actix_rt::test]
async fn only_fm_cars_may_say_what_happened_to_cars() {
    let bus = market();
    let delivered = bus.from("fm-evil").deliver(CarListed { car: car("a", 1, "listed", 1) }).await;
    assert_eq!(delivered.dead_letter().code(), "sender-undeclared");
    assert!(bus.work().doc::<Track>("a").get().await.unwrap().is_none());
}

#[actix_rt::test]
async fn an_event_survives_a_crash_at_every_step() {
    for after in [false, true] {
        for step in 1..60 {
            let bus = market();
            bus.deliver(CarListed { car: car("a", 100, "listed", 1) }).await.acked();
            bus.crash_at(step, after);
            bus.deliver(CarPriceChanged { car: car("a", 80, "listed", 1), from: 100 }).await.acked();
            if !bus.crashed() {
                assert!(step > 3, "it crashed at {step} steps only");
                break;
            }
            let track = bus.work().doc::<Track>("a").need().await.unwrap();
            assert_eq!((track.price, track.prices.len()), (80, 2), "step {step}, after {after}");
        }
    }
}
