use crate::{FILES, Market, pictures::*};
use fm_image::{State, messages::CarRemoved};
use std::time::Duration;

const AFTER_THE_SWEEP_AGE: Duration = Duration::from_secs(3700);

#[actix_rt::test]
async fn an_unattached_picture_is_deleted_after_an_hour() {
    let market = Market::open();
    market.cars.unreachable(false);
    for n in 0..20 {
        market.cars.attach("a", &format!("{n}"));
    }
    assert_eq!(market.upload("a", &[("1.jpg", &jpeg(60, 40))]).await.code(), "too-many-images");
    market.bus.run_job("sweep-images").await;
    assert_eq!((market.files.list().await.unwrap().len(), market.cars.asked().contains(&"attached")), (FILES, false));
    market.clock.advance(AFTER_THE_SWEEP_AGE);
    market.bus.run_job("sweep-images").await;
    assert!(market.files.list().await.unwrap().is_empty() && market.pictures().await.is_empty());
}

#[actix_rt::test]
async fn a_picture_that_its_car_has_is_kept() {
    let market = Market::open();
    market.cars.mute(true);
    let reply = market.upload("a", &[("1.jpg", &jpeg(60, 40))]).await;
    assert_eq!((reply.status, reply.code().as_str()), (504, "deadline"));
    market.cars.mute(false);
    market.clock.advance(AFTER_THE_SWEEP_AGE);
    market.bus.run_job("sweep-images").await;
    assert_eq!(market.pictures().await[0].state, State::Attached);
    assert_eq!(market.files.list().await.unwrap().len(), FILES);
}

#[actix_rt::test]
async fn nothing_is_deleted_while_fm_cars_cannot_be_asked() {
    let market = Market::open();
    market.cars.mute(true);
    market.upload("a", &[("1.jpg", &jpeg(60, 40))]).await;
    market.cars.unreachable(true);
    market.clock.advance(AFTER_THE_SWEEP_AGE);
    let swept = std::panic::AssertUnwindSafe(market.bus.run_job("sweep-images"));
    assert!(futures::FutureExt::catch_unwind(swept).await.is_err(), "the job says that it could not do all");
    assert_eq!(market.files.list().await.unwrap().len(), FILES);
}

#[actix_rt::test]
async fn a_deletion_whose_answer_was_lost_is_ended() {
    let market = Market::open();
    let key = market.uploaded("a", &jpeg(60, 40)).await;
    market.cars.mute(true);
    assert_eq!(market.bus.delete(&format!("/api/cars/a/images/{key}")).await.status, 504);
    market.cars.mute(false);
    market.clock.advance(AFTER_THE_SWEEP_AGE);
    market.bus.run_job("sweep-images").await;
    assert!(market.files.list().await.unwrap().is_empty() && market.pictures().await.is_empty());
}

#[actix_rt::test]
async fn an_upload_that_was_under_way_when_its_car_was_removed_is_swept() {
    let market = Market::open();
    market.cars.mute(true);
    market.upload("a", &[("1.jpg", &jpeg(60, 40))]).await;
    market.cars.mute(false);
    market.cars.remove("a");
    market.bus.deliver(CarRemoved { id: "a".into() }).await.acked();
    assert!(market.files.list().await.unwrap().is_empty());
    assert_eq!(market.pictures().await.len(), 1, "the upload may still be storing files");
    market.clock.advance(AFTER_THE_SWEEP_AGE);
    market.bus.run_job("sweep-images").await;
    assert!(market.pictures().await.is_empty());
}
