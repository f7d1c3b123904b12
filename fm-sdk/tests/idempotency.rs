//! An idempotency key creates one document, also after that was removed, until the store forgets the key.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use fm_sdk::{
    Cx, Doc, Handled, Kind, Result, Service, Work, document, messages,
    store::{Driver, Sqlite},
    testing::MockBus,
};
use std::{sync::Arc, time::Duration};

messages! {
    event "thing.created" from "fm-shop" Created { id: String }
    command "fm-shop/stock" from any Stock { owner: String }
}

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Thing {
    id: String,
    n: u32,
}
document!(Thing = "things" {});

async fn create(work: &Work, owner: &str, key: &str, n: u32) -> Result<Doc<Thing>> {
    let work = work.repeatable(owner, key);
    work.insert(Thing { id: work.new_id(), n }, |thing, out| out.publish(Created { id: thing.id.clone() })).await
}
async fn stock(m: Stock, cx: Cx<()>) -> Handled {
    create(&cx, &m.owner, "stock", 1).await.map(drop)
}
fn shop(store: Arc<dyn Driver>) -> MockBus<()> {
    MockBus::with_store(Service::new("fm-shop", ()).keeps::<Thing>().command(stock), store)
}

/// No message waits in the outbox any more.
async fn relayed(bus: &MockBus<()>) {
    bus.given::<Thing>(&[]).await;
}

async fn a_key_creates_one_document_until_the_store_forgets_it(store: Arc<dyn Driver>) {
    let bus = shop(store.clone());
    bus.given(&[Thing { id: "other".into(), n: 0 }]).await;
    let work = bus.work();
    let first = create(&work, "u1", "k", 1).await.unwrap();
    assert_eq!(create(&work, "u1", "k", 2).await.unwrap(), first, "the answer that was given");
    work.doc::<Thing>(&first.id)
        .change(|thing, _| {
            thing.n = 7;
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(create(&work, "u1", "k", 2).await.unwrap().n, 7);

    work.doc::<Thing>(&first.id).remove(|_, _| Ok(())).await.unwrap();
    relayed(&bus).await;
    for sweep in [false, true] {
        if sweep {
            store.sweep(Duration::from_secs(3600)).await.unwrap();
        }
        let e = create(&work, "u1", "k", 2).await.unwrap_err();
        assert_eq!((e.kind(), e.code()), (Kind::Conflict, "idempotency-key-used"), "after the removal, swept: {sweep}");
        assert!(work.doc::<Thing>(&first.id).get().await.unwrap().is_none());
    }
    for (owner, key) in [("u2", "k"), ("u1", "k2")] {
        create(&work, owner, key, 3).await.unwrap();
    }
    relayed(&bus).await;
    assert_eq!(bus.published::<Created>().all().len(), 3);

    store.sweep(Duration::ZERO).await.unwrap();
    assert_eq!(create(&work, "u1", "k", 4).await.unwrap().n, 4, "the window is over");
}

/// What a message creates under a key belongs to the key: the end of the message does not end it.
async fn a_message_creates_nothing_again_that_was_removed(store: Arc<dyn Driver>) {
    let bus = shop(store);
    bus.command(Stock { owner: "u1".into() }).await.acked();
    let work = bus.work();
    let id = bus.published::<Created>().one().id;
    work.doc::<Thing>(&id).remove(|_, _| Ok(())).await.unwrap();
    assert_eq!(bus.command(Stock { owner: "u1".into() }).await.dead_letter().code(), "idempotency-key-used");
    assert_eq!(work.docs::<Thing>().count().await.unwrap(), 0);
}

mod sqlite {
    use super::*;

    #[actix_rt::test]
    async fn a_key_creates_one_document_until_the_store_forgets_it() {
        super::a_key_creates_one_document_until_the_store_forgets_it(Arc::new(Sqlite::in_memory().unwrap())).await;
    }
    #[actix_rt::test]
    async fn a_message_creates_nothing_again_that_was_removed() {
        super::a_message_creates_nothing_again_that_was_removed(Arc::new(Sqlite::in_memory().unwrap())).await;
    }
}

#[cfg(feature = "mongodb")]
mod mongodb {
    use super::*;
    use fm_sdk::store::MongoDb;
    use fm_sdk_testing::servers::MongoServer;

    async fn fresh() -> Arc<dyn Driver> {
        Arc::new(MongoDb::connect(MongoServer::shared().url(), &MongoServer::fresh_database()).await.unwrap())
    }
    #[actix_rt::test]
    async fn a_key_creates_one_document_until_the_store_forgets_it() {
        super::a_key_creates_one_document_until_the_store_forgets_it(fresh().await).await;
    }
    #[actix_rt::test]
    async fn a_message_creates_nothing_again_that_was_removed() {
        super::a_message_creates_nothing_again_that_was_removed(fresh().await).await;
    }
}
