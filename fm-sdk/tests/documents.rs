//! What services do with documents, beyond what a driver promises.

use fm_sdk::{
    Envelope, MessageKind, Service, document,
    store::{Driver, Guard, Sqlite, Write, Written},
    testing::MockBus,
};
use serde_json::json;
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Thing {
    id: String,
}
document!(Thing = "things" {});

#[actix_rt::test]
async fn an_id_that_was_removed_by_a_clock_that_is_ahead_can_be_put_again() {
    let store: Arc<dyn Driver> = Arc::new(Sqlite::in_memory().unwrap());
    let bus = MockBus::with_store(Service::new("fm-things", ()).keeps::<Thing>(), store.clone());
    let thing = Thing { id: "1".into() };
    bus.given(std::slice::from_ref(&thing)).await;
    let version = bus.work().doc::<Thing>("1").need().await.unwrap().version();
    let ahead = version + 3_600_000;
    let said = Envelope::new(MessageKind::Event, "thing.removed", &json!({}), "fm-things").unwrap();
    let gone = Write {
        collection: "things",
        id: "1".into(),
        guard: Guard::Version(version),
        body: None,
        messages: vec![said],
        op: None,
        version: ahead,
    };
    assert_eq!(store.write(gone).await.unwrap(), Written::Done);
    let back = bus.work().insert(thing, |_, _| Ok(())).await.unwrap();
    assert_eq!(back.version(), ahead + 1);
}
