//! What other services' tests read of fm-tracker. `scripts/contracts` of the checkout copies it from their repositories into `tests/contracts`.

use crate::{car, market};
use fm_sdk::testing::Contracts;
use fm_tracker::messages::{CarListed, CarNow};

#[actix_rt::test]
async fn consumers_get_what_their_tests_read() {
    let bus = market();
    let pictured = CarNow { image: Some("/images/k/thumb".into()), ..car("c1", 9_900, "listed", 1) };
    bus.deliver(CarListed { car: pictured }).await.acked();
    Contracts::of_consumers("fm-tracker")
        .requests(async |request| {
            let request = request.with("id", "c1").with("car_id", "c1").with_field("car_id", "c1");
            vec![request.send(&bus).await]
        })
        .in_state("car-unknown")
        .requests(async |request| vec![request.send(&bus).await])
        .verify()
        .await;
}
