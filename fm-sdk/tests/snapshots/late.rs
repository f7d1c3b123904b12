//! On RabbitMQ and on the bus in memory.

use super::market::{Market, TIMEOUT, buses, car, new_store};
use fm_sdk::testing::eventually;

#[actix_rt::test]
async fn a_late_subscriber_knows_what_was_before_it_and_what_comes_after() {
    for connect in buses().await {
        let market = Market::on(connect);
        let owner = market.owner(new_store()).await;
        // More than two pages.
        for n in 0..250 {
            owner.list(n, 100).await;
        }
        owner.remove(7).await;
        let subscriber = market.subscriber("fm-late").await;
        owner.list(250, 100).await;
        owner.reprice(3, 90).await;
        let expected: Vec<_> = (0..=250).filter(|n| *n != 7).map(|n| (car(n), if n == 3 { 90 } else { 100 })).collect();
        eventually("it knows all of them", TIMEOUT, async || subscriber.known().await == expected).await;
        let told = subscriber.told().await;
        assert!((250..=252).contains(&told), "told {told} times: once of each car, and of two at most by an event besides");
        subscriber.stop().await;
        owner.stop().await;
    }
}

#[actix_rt::test]
async fn a_snapshot_goes_to_the_one_who_takes_it_alone() {
    for connect in buses().await {
        let market = Market::on(connect);
        let owner = market.owner(new_store()).await;
        let early = market.subscriber("fm-early").await;
        for n in 0..20 {
            owner.list(n, 100).await;
        }
        eventually("the early one knows all", TIMEOUT, async || early.known().await.len() == 20).await;
        let late = market.subscriber("fm-late").await;
        eventually("the late one knows all", TIMEOUT, async || late.known().await.len() == 20).await;
        // An event that comes after whatever the snapshot might have sent to others.
        owner.list(20, 100).await;
        eventually("the early one knows the last", TIMEOUT, async || early.known().await.len() == 21).await;
        assert_eq!(early.told().await, 21);
        early.stop().await;
        late.stop().await;
        owner.stop().await;
    }
}

#[actix_rt::test]
async fn events_of_the_owner_wait_until_it_has_served_the_snapshot() {
    for connect in buses().await {
        let market = Market::on(connect);
        let owner = market.owner(new_store()).await;
        owner.list(1, 100).await;
        let cars = owner.stop().await;
        // The owner is down, and one of its events is still on its way.
        let subscriber = market.subscriber("fm-late").await;
        let incomplete = async || subscriber.health().await.contains("not complete yet, fm-cars serves it");
        eventually("it says that the snapshot is missing", TIMEOUT, incomplete).await;
        market.say_removed(1).await;
        let owner = market.owner(cars).await;
        // First the snapshot, which has the car, then the event that it is gone: the other way round the car would stay.
        eventually("it was told of the car", TIMEOUT, async || subscriber.told().await == 1).await;
        eventually("the car is gone", TIMEOUT, async || subscriber.known().await.is_empty()).await;
        eventually("the snapshot is complete", TIMEOUT, async || !incomplete().await).await;
        subscriber.stop().await;
        owner.stop().await;
    }
}
