//! Documents that go when they are old, on each store.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use fm_sdk::{
    Service, document,
    store::{Driver, Sqlite},
    testing::MockBus,
};
use serde::{Deserialize, Serialize};
use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

#[derive(Clone, Serialize, Deserialize)]
struct Note {
    id: String,
    made: i64,
    /// When it was thrown away, if it was.
    trashed: Option<i64>,
}
document!(Note = "notes" { made: i64 [index], trashed: i64 [index] });

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

fn notes() -> Service<()> {
    Service::new("fm-notes", ()).expires(Note::made, 30 * DAY).expires(Note::trashed, DAY)
}

/// A note that is this old.
fn note(id: impl ToString, age: Duration) -> Note {
    Note { id: id.to_string(), made: fm_sdk::time::now_ms() - age.as_millis() as i64, trashed: None }
}

async fn stores() -> Vec<(&'static str, Arc<dyn Driver>)> {
    vec![
        ("sqlite", Arc::new(Sqlite::in_memory().unwrap())),
        #[cfg(feature = "mongodb")]
        ("mongodb", {
            use fm_sdk::store::MongoDb;
            use fm_sdk_testing::servers::MongoServer;
            Arc::new(MongoDb::connect(MongoServer::shared().url(), &MongoServer::fresh_database()).await.unwrap())
        }),
    ]
}

async fn ids(bus: &MockBus<()>) -> String {
    let mut ids = bus.work().docs::<Note>().list().await.unwrap().into_iter().map(|n| n.id.clone()).collect::<Vec<_>>();
    ids.sort();
    ids.join(" ")
}

#[actix_rt::test]
async fn expired_documents_are_removed_and_the_others_stay() {
    for (store, driver) in stores().await {
        let bus = MockBus::with_store(notes(), driver);
        bus.given(&[note("new", Duration::ZERO), note("young", 30 * DAY - HOUR), note("old", 30 * DAY), note("older", 300 * DAY)]).await;
        bus.run_job("expire-notes-made").await;
        assert_eq!(ids(&bus).await, "new young", "{store}");
        bus.advance(HOUR).await;
        bus.run_job("expire-notes-made").await;
        assert_eq!(ids(&bus).await, "new", "{store}");
    }
}

#[actix_rt::test]
async fn documents_without_a_value_never_expire() {
    for (store, driver) in stores().await {
        let bus = MockBus::with_store(notes(), driver);
        let trashed = Note { trashed: Some(fm_sdk::time::now_ms()), ..note("trashed", Duration::ZERO) };
        bus.given(&[trashed, note("kept", Duration::ZERO)]).await;
        bus.advance(DAY).await;
        bus.run_job("expire-notes-trashed").await;
        assert_eq!(ids(&bus).await, "kept", "{store}");
    }
}

#[actix_rt::test]
async fn all_expired_documents_are_removed_in_one_run_and_counted() {
    for (store, driver) in stores().await {
        let bus = MockBus::with_store(notes(), driver);
        let many: Vec<_> = (0..501).map(|n| note(n, 31 * DAY)).collect();
        bus.given(&many).await;
        bus.given(&[note("new", Duration::ZERO)]).await;
        bus.run_job("expire-notes-made").await;
        assert_eq!(ids(&bus).await, "new", "{store}");
        let metrics = bus.work().runtime().metrics().text();
        assert!(metrics.lines().any(|l| l == r#"documents_expired_total{collection="notes"} 501"#), "{metrics}");
    }
}

#[test]
fn invalid_expiry_rules_are_refused_before_the_service_runs() {
    let twice = notes().expires(Note::made, DAY);
    let at_once = Service::new("fm-notes", ()).expires(Note::made, Duration::ZERO);
    for (service, says) in [(twice, "twice"), (at_once, "at once")] {
        let refused = std::panic::catch_unwind(AssertUnwindSafe(|| MockBus::for_service(service)));
        let message = *refused.err().unwrap().downcast::<String>().unwrap();
        assert!(message.contains("notes") && message.contains(says) && message.contains("[wiring]"), "{message}");
    }
}
