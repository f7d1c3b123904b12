use crate::{ad, create, ids, market};
use fm_cars::{
    Cars, DeletedOwner, cars,
    messages::{CarListed, CarRemoved, DeleteAll, UserDeleted},
};
use fm_sdk::testing::MockBus;
use serde_json::{Value, json};

fn delete_u1() -> DeleteAll {
    DeleteAll { user: "u1".into() }
}
async fn stocked() -> MockBus<Cars> {
    let bus = market();
    bus.sign_in("u2", &["cars:write"]);
    create(&bus, json!({})).await;
    bus.sign_in("u1", &["cars:write"]);
    create(&bus, json!({})).await;
    create(&bus, json!({"status": "draft"})).await;
    create(&bus, json!({"price": 7})).await;
    bus.from("fm-profile");
    bus
}

#[actix_rt::test]
async fn all_cars_of_the_user_are_deleted_and_no_others() {
    let bus = stocked().await;
    bus.command(delete_u1()).await.acked();
    assert_eq!(bus.published::<UserDeleted>().one(), UserDeleted { user: "u1".into(), count: 3 });
    assert_eq!(bus.published::<CarRemoved>().all().len(), 3);
    assert_eq!(ids(&bus.get("/api/cars").await).len(), 1);
    assert_eq!(bus.get("/api/me/cars").await.json::<Value>()["total"], 0);
    let reply = bus.post("/api/cars", ad(json!({}))).await;
    assert_eq!((reply.status, reply.code().as_str()), (403, "account-deleted"));
}

#[actix_rt::test]
async fn only_fm_profile_may_ask_and_only_for_the_user_it_acts_for() {
    let bus = stocked().await;
    assert_eq!(bus.command(DeleteAll { user: "u2".into() }).await.dead_letter().code(), "other-user");
    bus.from("fm-image");
    assert_eq!(bus.command(delete_u1()).await.dead_letter().code(), "sender-undeclared");
    bus.published::<CarRemoved>().none();
}

#[actix_rt::test]
async fn a_deletion_survives_a_crash_at_every_step_and_counts_each_car_once() {
    let mut crashes = 0;
    for after in [false, true] {
        for step in 1..200 {
            let bus = stocked().await;
            bus.crash_at(step, after);
            bus.command(delete_u1()).await.acked();
            bus.redeliver().await.acked();
            assert_eq!(bus.published::<UserDeleted>().one().count, 3, "step {step} after {after}");
            assert_eq!(bus.published::<CarRemoved>().all().len(), 3, "step {step} after {after}");
            assert_eq!(ids(&bus.get("/api/cars").await).len(), 1);
            if !bus.crashed() {
                break;
            }
            crashes += 1;
        }
    }
    assert!(crashes > 20, "{crashes}");
}

#[actix_rt::test]
async fn a_car_that_was_made_in_between_does_not_stay() {
    // The instance that makes the car dies at any step; meanwhile its owner is deleted by another one.
    let store = std::sync::Arc::new(fm_sdk::store::Sqlite::in_memory().unwrap());
    let identities = std::sync::Arc::new(fm_sdk::testing::TestIdentities::new());
    let instance = || MockBus::with(cars(Cars::default()), store.clone(), identities.clone()).user("u1", &["cars:write"]);
    let (a, b) = (instance(), instance());
    b.from("fm-profile");
    for status in ["listed", "draft"] {
        let id = create(&a, json!({"status": status})).await;
        // What the insert would have met, had the deletion come between look and insert.
        a.given(&[DeletedOwner { id: "u1".into(), at: 0, counted: true }]).await;
        a.from("fm-cars");
        let path = format!("/api/cars/{id}");
        assert_eq!(a.get(&path).await.status, 200);
        match status {
            "listed" => {
                let told = a.published::<fm_cars::messages::CarListed>().one();
                a.deliver(told).await.acked();
            }
            _ => {
                let told = a.published::<fm_cars::messages::CarDrafted>().one();
                a.deliver(told).await.acked();
            }
        }
        assert_eq!(a.get(&path).await.status, 404, "{status}");
        a.work().doc::<DeletedOwner>("u1").remove(|_, _| Ok(())).await.unwrap();
    }
    b.command(delete_u1()).await.acked();
    assert_eq!(b.published::<UserDeleted>().one().count, 0);
}

#[actix_rt::test]
async fn a_car_whose_event_comes_late_is_counted_with_the_others() {
    let bus = stocked().await;
    let listed = bus.published::<CarListed>().all().into_iter().find(|m| m.car.owner == "u1").unwrap();
    // The deletion has begun and not come to this car yet.
    bus.given(&[DeletedOwner { id: "u1".into(), at: 0, counted: false }]).await;
    let early = bus.from("fm-cars").deliver(listed.clone()).await;
    early.acked();
    assert_eq!(early.attempts(), 1, "it waits for nothing");
    bus.from("fm-profile").command(delete_u1()).await.acked();
    assert_eq!(bus.published::<UserDeleted>().one().count, 3);
    let done = UserDeleted { user: "u1".into(), count: 3 };
    assert_eq!(bus.from("fm-image").deliver(done.clone()).await.dead_letter().code(), "sender-undeclared");
    bus.from("fm-cars").deliver(done).await.acked();
    bus.deliver(listed).await.acked();
    assert_eq!(bus.published::<CarRemoved>().all().len(), 3);
}

#[actix_rt::test]
async fn cars_that_the_count_did_not_meet_are_removed_at_its_end() {
    let mut crashes = 0;
    for after in [false, true] {
        for step in 1..200 {
            let bus = stocked().await;
            let listed = bus.published::<CarListed>().all().into_iter().find(|m| m.car.owner == "u1").unwrap();
            // The count has met none of the three; the event of one is handled before that is written down.
            bus.given(&[DeletedOwner { id: "u1".into(), at: 0, counted: false }]).await;
            bus.from("fm-cars").deliver(listed).await.acked();
            bus.crash_at(step, after);
            let done = UserDeleted { user: "u1".into(), count: 0 };
            bus.deliver(done).await.acked();
            bus.redeliver().await.acked();
            assert_eq!(bus.published::<CarRemoved>().all().len(), 3, "step {step} after {after}");
            assert_eq!(ids(&bus.get("/api/cars").await).len(), 1, "only the other user's");
            assert!(bus.work().doc::<DeletedOwner>("u1").get().await.unwrap().unwrap().counted);
            if !bus.crashed() {
                break;
            }
            crashes += 1;
        }
    }
    assert!(crashes > 10, "{crashes}");
}
