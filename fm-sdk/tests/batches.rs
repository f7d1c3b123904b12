//! A batch that is cut off at each point of each command to the store, on every store.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use fm_sdk::{
    Batch, BatchCx, Error, Handled, HandlerOptions, Kind, Service, document, messages,
    store::{Driver, Sqlite},
    testing::MockBus,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

messages! {
    event "car.viewed" from "fm-web" Viewed { car: String, n: u32 }
    event "views.counted" from "fm-views" Counted { n: u32 }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Views {
    id: String,
    seen: Vec<u32>,
}
document!(Views = "views" {});

async fn count(batch: Batch<Viewed>, cx: BatchCx<()>) -> Handled {
    // Of several at once the second run of a batch meets what the first has left.
    let fails = batch.len() > 1 && batch.iter().any(|m| m.n == 13);
    for (car, views) in batch.group_by(|m| m.car.clone()) {
        let seen: Vec<_> = views.iter().map(|m| m.n).collect();
        let of_car = cx.doc::<Views>(&car);
        let change = of_car.change(|known, out| {
            known.seen.extend(&seen);
            seen.iter().try_for_each(|n| out.publish(Counted { n: *n }))
        });
        change.await?;
    }
    if fails { Err(Error::new(Kind::Unavailable, "later", "after all is written")) } else { Ok(()) }
}

fn views() -> Service<()> {
    Service::new("fm-views", ()).keeps::<Views>().on_batch_with(HandlerOptions::new().batch_size(3), count)
}

async fn stores() -> Vec<(&'static str, Arc<dyn Driver>)> {
    vec![
        ("memory", Arc::new(Sqlite::in_memory().unwrap())),
        #[cfg(feature = "mongodb")]
        ("mongodb", {
            use fm_sdk::store::MongoDb;
            use fm_sdk_testing::servers::MongoServer;
            Arc::new(MongoDb::connect(MongoServer::shared().url(), &MongoServer::fresh_database()).await.unwrap())
        }),
    ]
}

/// Gives whether the crash happened.
async fn views_are_counted_once_after_a_crash(store: Arc<dyn Driver>, name: &str, step: usize, after: bool) -> bool {
    let bus = MockBus::with_store(views(), store);
    bus.given(&["c1", "c2"].map(|id| Views { id: id.into(), seen: vec![] })).await;
    bus.crash_at(step, after);
    let views = [("c1", 1), ("c2", 2), ("c1", 13), ("c2", 4), ("c1", 5)].map(|(car, n)| Viewed { car: car.into(), n });
    for delivered in bus.deliver_batch(views).await {
        delivered.acked();
    }
    let crashed = bus.crashed();
    let all = bus.work().docs::<Views>().list().await.unwrap();
    let mut seen: Vec<_> = all.iter().flat_map(|views| views.seen.clone()).collect();
    seen.sort_unstable();
    let mut counted: Vec<_> = bus.published::<Counted>().all().into_iter().map(|m| m.n).collect();
    counted.sort_unstable();
    let expected = vec![1, 2, 4, 5, 13];
    assert_eq!((seen, counted), (expected.clone(), expected), "{name}, step {step}, after {after}");
    crashed
}

#[actix_rt::test]
async fn each_message_of_a_batch_takes_effect_once_wherever_the_process_dies() {
    for kind in 0..stores().await.len() {
        let mut crashes = 0;
        for after in [false, true] {
            for step in 1..200 {
                let (name, store) = stores().await.remove(kind);
                if !views_are_counted_once_after_a_crash(store, name, step, after).await {
                    break;
                }
                crashes += 1;
            }
        }
        assert!(crashes > 30, "{crashes} crash points");
    }
}
