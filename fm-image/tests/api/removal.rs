use crate::{FILES, Market, pictures::*};
use fm_image::{GoneCar, messages::CarRemoved};

fn gone(id: &str) -> CarRemoved {
    CarRemoved { id: id.into() }
}

#[actix_rt::test]
async fn a_removed_picture_is_deleted_and_the_event_may_come_twice() {
    let market = Market::open();
    let key = market.uploaded("a", &jpeg(60, 40)).await;
    let path = format!("/api/cars/a/images/{key}");
    assert_eq!(market.bus.delete(&path).await.status, 204);
    assert!(market.cars.keys("a").is_empty() && market.files.list().await.unwrap().is_empty());
    assert!(market.pictures().await.is_empty());
    assert_eq!(market.bus.delete(&path).await.status, 204);
}

#[actix_rt::test]
async fn a_picture_is_deleted_only_after_the_car_has_released_it() {
    let market = Market::open();
    let key = market.uploaded("a", &jpeg(60, 40)).await;
    market.cars.stranger(true);
    let reply = market.bus.delete(&format!("/api/cars/a/images/{key}")).await;
    assert_eq!((reply.status, reply.code().as_str()), (403, "not-owner"));
    market.cars.stranger(false);
    market.cars.unreachable(true);
    assert_eq!(market.bus.delete(&format!("/api/cars/a/images/{key}")).await.status, 503);
    market.cars.unreachable(false);
    assert_eq!(market.bus.delete(&format!("/api/cars/b/images/{key}")).await.code(), "image-unknown");
    assert_eq!(market.bus.get(&format!("/images/{key}/full")).await.status, 200);
    assert_eq!(market.cars.keys("a"), [key]);
}

#[actix_rt::test]
async fn the_pictures_of_a_removed_car_are_deleted() {
    let market = Market::open();
    for width in [60, 61, 62] {
        market.uploaded("a", &jpeg(width, 40)).await;
    }
    let other = market.uploaded("b", &jpeg(60, 40)).await;
    market.cars.remove("a");
    market.bus.deliver(gone("a")).await.acked();
    market.bus.redeliver().await.acked();
    market.bus.deliver(gone("a")).await.acked();
    assert_eq!(market.files.list().await.unwrap().len(), FILES);
    assert_eq!(market.bus.get(&format!("/images/{other}/card")).await.status, 200);
    assert_eq!(market.pictures().await.len(), 1);
}

#[actix_rt::test]
async fn only_fm_cars_may_say_that_a_car_is_removed() {
    let market = Market::open();
    market.uploaded("a", &jpeg(60, 40)).await;
    assert_eq!(market.bus.from("fm-evil").deliver(gone("a")).await.dead_letter().code(), "sender-undeclared");
    assert_eq!(market.files.list().await.unwrap().len(), FILES);
}

#[actix_rt::test]
async fn an_upload_that_comes_after_the_removal_leaves_nothing() {
    let market = Market::open();
    // fm-cars said yes a moment ago; the removal overtakes the files.
    market.bus.deliver(gone("a")).await.acked();
    let reply = market.upload("a", &[("1.jpg", &jpeg(60, 40))]).await;
    assert_eq!((reply.status, reply.code().as_str()), (404, "car-unknown"));
    assert!(market.files.list().await.unwrap().is_empty() && market.pictures().await.is_empty());
    assert!(market.cars.keys("a").is_empty());
}

#[actix_rt::test]
async fn removed_cars_are_forgotten_after_a_month() {
    let market = Market::open();
    // Documents expire by the clock of the SDK.
    let behind = fm_sdk::time::now_ms() - market.clock.clock().now_ms();
    market.clock.advance(std::time::Duration::from_millis(behind.unsigned_abs()));
    market.bus.deliver(gone("a")).await.acked();
    market.bus.run_job("expire-gone_cars-at").await;
    assert!(market.bus.work().doc::<GoneCar>("a").get().await.unwrap().is_some());
    market.bus.sign_out();
    market.bus.advance(std::time::Duration::from_secs(32 * 24 * 3600)).await;
    market.bus.run_job("expire-gone_cars-at").await;
    assert!(market.bus.work().doc::<GoneCar>("a").get().await.unwrap().is_none());
}
