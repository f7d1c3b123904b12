//! Ads expire, their sellers are told before, and may renew them.

use crate::{ad, create, ids, import};
use fm_cars::{
    Cars,
    car::{Car, CarId, CarInput, Lifetime, Limits, Status},
    cars,
    messages::{CarChanged, CarExpiring, CarListed, CarRemoved},
};
use fm_sdk::{
    Envelope,
    store::Sqlite,
    testing::{FakeClock, MockBus, TestIdentities},
};
use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::Arc, time::Duration};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Two instances on one store and one clock, with the lifetime that ads have by default: 60 days, a notice of 7, kept for 60 more.
fn two() -> (MockBus<Cars>, MockBus<Cars>, FakeClock) {
    let clock = FakeClock::at("2026-05-01T09:30:00Z");
    let (store, identities) = (Arc::new(Sqlite::in_memory().unwrap()), Arc::new(TestIdentities::new()));
    let instance = || {
        MockBus::with(cars(Cars::with_clock(clock.clock())), store.clone(), identities.clone()).user("u1", &["cars:write", "cars:import"])
    };
    (instance(), instance(), clock)
}
fn one() -> (MockBus<Cars>, FakeClock) {
    let (bus, _, clock) = two();
    (bus, clock)
}
async fn pass(bus: &MockBus<Cars>, clock: &FakeClock, days: u32) {
    clock.advance(days * DAY);
    bus.run_job("expire-ads").await;
}
async fn car(bus: &MockBus<Cars>, id: &str) -> Value {
    let reply = bus.get(&format!("/api/cars/{id}")).await;
    assert_eq!(reply.status, 200);
    reply.json()
}

#[actix_rt::test]
async fn an_ad_expires_leaves_the_results_and_is_kept_for_its_seller() {
    let (bus, clock) = one();
    let id = create(&bus, json!({})).await;
    assert_eq!(car(&bus, &id).await["expires"], "2026-06-30T09:30:00.000Z");
    pass(&bus, &clock, 59).await;
    assert_eq!(ids(&bus.get("/api/cars").await), [id.as_str()]);
    pass(&bus, &clock, 1).await;
    assert!(ids(&bus.get("/api/cars").await).is_empty());
    let told = bus.published::<CarChanged>().one().car;
    assert_eq!((told.status, told.expires.as_deref()), (Status::Expired, Some("2026-06-30T09:30:00.000Z")));
    for path in ["/api/me/cars".to_owned(), format!("/api/cars/batch?id={id}")] {
        assert_eq!(bus.get(&path).await.json::<Value>()["items"][0]["status"], "expired", "{path}");
    }
    let changed: Value = bus.patch(&format!("/api/cars/{id}"), json!({"price": 4000})).await.json();
    assert_eq!((&changed["status"], &changed["price"]), (&json!("expired"), &json!(4000)), "a change does not renew it");
    pass(&bus, &clock, 59).await;
    assert_eq!(car(&bus, &id).await["status"], "expired");
    pass(&bus, &clock, 1).await;
    assert_eq!((bus.get(&format!("/api/cars/{id}")).await.status, bus.published::<CarRemoved>().one().id), (404, id));
}

#[actix_rt::test]
async fn the_seller_is_told_once_for_each_time_and_of_nothing_that_is_not_listed() {
    let (bus, clock) = one();
    let id = create(&bus, json!({})).await;
    let (draft, sold) = (create(&bus, json!({"status": "draft"})).await, create(&bus, json!({})).await);
    assert_eq!(bus.post(&format!("/api/cars/{sold}/sold"), json!(null)).await.status, 200);
    for expires in [&car(&bus, &draft).await["expires"], &car(&bus, &sold).await["expires"]] {
        assert_eq!(expires, &json!(null));
    }
    pass(&bus, &clock, 52).await;
    bus.published::<CarExpiring>().none();
    pass(&bus, &clock, 1).await;
    pass(&bus, &clock, 1).await;
    let told = bus.published::<CarExpiring>().one().car;
    assert_eq!((told.id.as_str(), told.owner.as_str(), told.expires.as_deref()), (id.as_str(), "u1", Some("2026-06-30T09:30:00.000Z")));
    assert_eq!(bus.post(&format!("/api/cars/{id}/renew"), json!(null)).await.status, 200);
    pass(&bus, &clock, 52).await;
    assert_eq!(bus.published::<CarExpiring>().all().len(), 1);
    pass(&bus, &clock, 1).await;
    assert_eq!(bus.published::<CarExpiring>().all().len(), 2);
    pass(&bus, &clock, 400).await;
    pass(&bus, &clock, 0).await;
    assert_eq!((car(&bus, &draft).await["status"].clone(), car(&bus, &sold).await["status"].clone()), (json!("draft"), json!("sold")));
}

#[actix_rt::test]
async fn an_expired_ad_is_renewed_by_its_owner_and_is_not_announced_as_new() {
    let (bus, clock) = one();
    let id = create(&bus, json!({})).await;
    let renew = format!("/api/cars/{id}/renew");
    pass(&bus, &clock, 61).await;
    bus.sign_in("u2", &["cars:write"]);
    assert_eq!(bus.post(&renew, json!(null)).await.code(), "not-owner");
    bus.sign_in("u1", &["cars:read"]);
    assert_eq!(bus.post(&renew, json!(null)).await.code(), "scope-missing");
    bus.sign_out();
    assert_eq!(bus.post(&renew, json!(null)).await.status, 401);
    bus.sign_in("u1", &["cars:write"]);
    for _ in 0..2 {
        let renewed: Value = bus.post(&renew, json!(null)).await.json();
        assert_eq!((&renewed["status"], &renewed["expires"]), (&json!("listed"), &json!("2026-08-30T09:30:00.000Z")));
    }
    assert_eq!(ids(&bus.get("/api/cars").await), [id.as_str()]);
    assert_eq!(bus.published::<CarListed>().all().len(), 1, "it is not new");
    assert_eq!(bus.published::<CarChanged>().all().last().unwrap().car.status, Status::Listed);
    assert_eq!(bus.post("/api/cars/nope/renew", json!(null)).await.code(), "car-unknown");
    let draft = create(&bus, json!({"status": "draft"})).await;
    assert_eq!(bus.post(&format!("/api/cars/{draft}/renew"), json!(null)).await.code(), "car-not-listed");
    assert_eq!(bus.post(&format!("/api/cars/{id}/sold"), json!(null)).await.status, 200);
    assert_eq!(bus.post(&renew, json!(null)).await.code(), "car-sold");
}

#[actix_rt::test]
async fn whatever_brings_a_car_to_the_market_gives_it_the_whole_time_of_an_ad() {
    let (bus, clock) = one();
    let id = create(&bus, json!({"status": "draft"})).await;
    let path = format!("/api/cars/{id}");
    clock.advance(100 * DAY);
    let listed: Value = bus.patch(&path, json!({"status": "listed"})).await.json();
    assert_eq!(listed["expires"], "2026-10-08T09:30:00.000Z");
    assert_eq!(bus.post(&format!("{path}/sold"), json!(null)).await.status, 200);
    clock.advance(100 * DAY);
    assert_eq!(bus.delete(&format!("{path}/sold")).await.json::<Value>()["expires"], "2027-01-16T09:30:00.000Z");
    assert_eq!(bus.patch(&path, json!({"status": "draft"})).await.json::<Value>()["expires"], json!(null));
    let row = "Golf,\"$5,000\",kombi,2009,manuell,75,golf,\"70,000km\",3,benzin,volkswagen,nein,2016-03-26 00:00:00,1067\n";
    let started = import::import(&bus, format!("{}{row}", import::HEADER)).await;
    assert_eq!(import::report(&bus, &started).await["accepted"], 1);
    pass(&bus, &clock, 60).await;
    assert_eq!(bus.published::<CarChanged>().all().iter().filter(|m| m.car.status == Status::Expired).count(), 1, "imported ads expire");
}

/// An ad as it was stored before ads expired.
fn old(owner: &str) -> Car {
    let input: CarInput = serde_json::from_value(ad(json!({}))).unwrap();
    let facts = input.check(None, Limits::at(1_780_000_000_000)).unwrap();
    let id = CarId::new().to_string();
    Car { expires: None, ..Car::new(id, owner, facts, Status::Listed, 1_000_000_000_000, Lifetime::default()) }
}

#[actix_rt::test]
async fn ads_that_were_listed_before_ads_expired_have_their_whole_time_from_now_on() {
    let (bus, clock) = one();
    bus.given(&[old("u1"), old("u1")]).await;
    bus.run_job("expire-ads").await;
    for item in bus.get("/api/me/cars").await.json::<Value>()["items"].as_array().unwrap() {
        assert_eq!((&item["status"], &item["expires"]), (&json!("listed"), &json!("2026-06-30T09:30:00.000Z")));
    }
    pass(&bus, &clock, 60).await;
    assert_eq!((bus.published::<CarExpiring>().all().len(), bus.published::<CarChanged>().all().len()), (2, 2));
}

#[actix_rt::test]
async fn two_instances_that_look_at_once_tell_each_seller_once() {
    let (a, b, clock) = two();
    for _ in 0..5 {
        create(&a, json!({})).await;
    }
    clock.advance(53 * DAY);
    futures::join!(a.run_job("expire-ads"), b.run_job("expire-ads"));
    clock.advance(7 * DAY);
    futures::join!(a.run_job("expire-ads"), b.run_job("expire-ads"));
    // Either instance may relay a message, and both may; then it has one id.
    let told = |of: fn(&MockBus<Cars>) -> Vec<Envelope>| [of(&a), of(&b)].concat().into_iter().map(|m| m.id).collect::<BTreeSet<_>>().len();
    assert_eq!((told(|bus| bus.published::<CarExpiring>().envelopes()), told(|bus| bus.published::<CarChanged>().envelopes())), (5, 5));
}
