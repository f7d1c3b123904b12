//! The process dies at each step of the store, before or after it took effect. What is left is set right by the sweep.

use crate::{FILES, Market, pictures::*};
use fm_image::{State, messages::CarRemoved};
use std::{future::Future, time::Duration};

/// Runs it until it ends or the process has died.
async fn or_crash<T>(market: &Market, verb: impl Future<Output = T>) -> Option<T> {
    let crashed = async {
        while !market.bus.crashed() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        biased;
        done = verb => Some(done),
        () = crashed => None,
    }
}

/// After the sweep, car, documents and files agree.
async fn agree(market: &Market, what: &str) -> usize {
    market.clock.advance(Duration::from_secs(3700));
    market.bus.run_job("sweep-images").await;
    let pictures = market.pictures().await;
    let mut keys: Vec<_> = pictures.iter().map(|p| p.id.clone()).collect();
    let mut of_car = market.cars.keys("a");
    keys.sort();
    of_car.sort();
    assert_eq!(keys, of_car, "{what}");
    assert!(pictures.iter().all(|p| p.state == State::Attached), "{what}: {pictures:?}");
    let files = market.files.list().await.unwrap();
    assert_eq!(files.len(), FILES * keys.len(), "{what}: {files:?}");
    assert!(files.iter().all(|f| keys.iter().any(|k| f.contains(k.as_str()))), "{what}");
    keys.len()
}

#[actix_rt::test]
async fn an_upload_may_die_at_any_step() {
    for after in [false, true] {
        let mut attached = 0;
        for step in 1..100 {
            let market = Market::open();
            market.uploaded("a", &jpeg(50, 50)).await;
            market.bus.crash_at(step, after);
            let (one, two) = (jpeg(60, 40), png(60, 40));
            let files: [(&str, &[u8]); 2] = [("1.jpg", &one), ("2.png", &two)];
            if let Some(reply) = or_crash(&market, market.upload("a", &files)).await {
                assert_eq!(reply.status, 201);
                assert!(step > 4, "it crashed at {step} steps only");
                assert!(attached > 0, "no crash came after the car had the pictures");
                break;
            }
            let next = market.restarted();
            let n = agree(&next, &format!("step {step}, after {after}")).await;
            assert!(n == 1 || n == 3, "{n}");
            attached += usize::from(n == 3);
            assert_eq!(next.upload("a", &files).await.status, 201);
            assert_eq!(agree(&next, "uploaded again").await, 3);
        }
    }
}

#[actix_rt::test]
async fn a_deletion_may_die_at_any_step() {
    for after in [false, true] {
        for step in 1..100 {
            let market = Market::open();
            let photo = jpeg(50, 50);
            let key = market.uploaded("a", &photo).await;
            market.bus.crash_at(step, after);
            let path = format!("/api/cars/a/images/{key}");
            if let Some(reply) = or_crash(&market, market.bus.delete(&path)).await {
                assert_eq!(reply.status, 204);
                assert!(step > 4, "it crashed at {step} steps only");
                break;
            }
            let next = market.restarted();
            let n = agree(&next, &format!("step {step}, after {after}")).await;
            assert!(n <= 1);
            assert_eq!(next.uploaded("a", &photo).await, key);
            assert_eq!(agree(&next, "uploaded again").await, 1);
        }
    }
}

#[actix_rt::test]
async fn a_removal_may_die_at_any_step() {
    for after in [false, true] {
        for step in 1..100 {
            let market = Market::open();
            for width in [50, 51] {
                market.uploaded("a", &jpeg(width, 50)).await;
            }
            market.cars.remove("a");
            market.bus.crash_at(step, after);
            market.bus.deliver(CarRemoved { id: "a".into() }).await.acked();
            assert!(market.pictures().await.is_empty() && market.files.list().await.unwrap().is_empty(), "step {step}, after {after}");
            if !market.bus.crashed() {
                assert!(step > 4, "it crashed at {step} steps only");
                break;
            }
        }
    }
}
