use crate::{market, note};
use @CRATE@::{
    Note,
    messages::{CarRemoved, Count},
};

#[actix_rt::test]
async fn the_notes_on_a_car_are_counted() {
    let bus = market();
    bus.given(&[note("1", "c1"), note("2", "c1"), note("3", "c2")]).await;
    assert_eq!(bus.call(Count { car: "c1".into() }).await.unwrap(), 2);
    assert_eq!(bus.call(Count { car: "nope".into() }).await.unwrap(), 0);
}

#[actix_rt::test]
async fn with_a_car_its_notes_are_gone_and_no_others() {
    let bus = market();
    bus.given(&[note("1", "c1"), note("2", "c1"), note("3", "c2")]).await;
    bus.from("fm-cars").deliver(CarRemoved { id: "c1".into() }).await.acked();
    assert_eq!(bus.call(Count { car: "c1".into() }).await.unwrap(), 0);
    assert_eq!(bus.call(Count { car: "c2".into() }).await.unwrap(), 1);
}

#[actix_rt::test]
async fn only_fm_cars_may_say_that_a_car_is_gone() {
    let bus = market();
    bus.given(&[note("1", "c1")]).await;
    let delivered = bus.from("fm-evil").deliver(CarRemoved { id: "c1".into() }).await;
    assert_eq!(delivered.dead_letter().code(), "sender-undeclared");
    assert!(bus.work().doc::<Note>("1").get().await.unwrap().is_some());
}

#[actix_rt::test]
async fn a_removal_survives_a_crash_at_every_step() {
    for after in [false, true] {
        for step in 1..100 {
            let bus = market();
            bus.given(&[note("1", "c1"), note("2", "c1")]).await;
            bus.crash_at(step, after);
            bus.from("fm-cars").deliver(CarRemoved { id: "c1".into() }).await.acked();
            if !bus.crashed() {
                assert!(step > 2, "it crashed at {step} steps only");
                break;
            }
            assert_eq!(bus.call(Count { car: "c1".into() }).await.unwrap(), 0, "step {step}, after {after}");
        }
    }
}
