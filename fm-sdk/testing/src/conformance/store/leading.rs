//! One instance at a time does a job.

use super::*;
use futures::future::join_all;
use std::time::Instant;

cases! { $ store_leading
    async fn exactly_one_leads(driver) {
        let shop = Shop::open(driver).await;
        let names: Vec<_> = (0..10).map(|n| format!("i{n}")).collect();
        let lead = async || join_all(names.iter().map(|name| shop.0.lead("sweep", name, TIMEOUT))).await.into_iter().map(|r| r.expect("answers")).collect::<Vec<_>>();
        let first = lead().await;
        assert_eq!(first.iter().filter(|l| **l).count(), 1);
        assert_eq!(lead().await, first, "it goes on leading");
    }
    async fn jobs_are_led_apart(driver) {
        let shop = Shop::open(driver).await;
        assert!(shop.0.lead("sweep", "a", TIMEOUT).await.expect("answers"));
        assert!(shop.0.lead("import", "b", TIMEOUT).await.expect("answers"));
        assert!(!shop.0.lead("import", "a", TIMEOUT).await.expect("answers"));
    }
    async fn another_takes_over_when_the_time_is_up_and_not_before(driver) {
        let shop = Shop::open(driver).await;
        let ttl = Duration::from_millis(400);
        assert!(shop.0.lead("sweep", "a", ttl).await.expect("answers"));
        let led = Instant::now();
        while !shop.0.lead("sweep", "b", TIMEOUT).await.expect("answers") {
            assert!(led.elapsed() < Duration::from_secs(20), "nobody takes over");
            actix_rt::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(led.elapsed() >= ttl - Duration::from_millis(50), "taken over after {:?}", led.elapsed());
        assert!(!shop.0.lead("sweep", "a", ttl).await.expect("answers"), "the first must notice");
    }
    async fn leading_can_be_given_up(driver) {
        let shop = Shop::open(driver).await;
        assert!(shop.0.lead("sweep", "a", TIMEOUT).await.expect("answers"));
        assert!(!shop.0.lead("sweep", "b", TIMEOUT).await.expect("answers"));
        shop.0.lead("sweep", "a", Duration::ZERO).await.expect("answers");
        assert!(shop.0.lead("sweep", "b", TIMEOUT).await.expect("answers"));
    }
}
