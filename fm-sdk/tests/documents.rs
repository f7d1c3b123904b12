//! What services do with documents, beyond what a driver promises.

use fm_sdk::{
    Envelope, Kind, MessageKind, Service, document, messages,
    store::{Driver, Guard, Sqlite, Write, Written},
    testing::MockBus,
};
use serde_json::json;
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Thing {
    id: String,
}
document!(Thing = "things" { id: String });

messages! {
    event "thing.listed" from "fm-things" ThingListed { id: String }
}

async fn things(there: &[Thing]) -> MockBus<()> {
    let bus = MockBus::for_service(Service::new("fm-things", ()).keeps::<Thing>());
    bus.given(there).await;
    bus
}

/// No message waits in the outbox any more.
async fn relayed(bus: &MockBus<()>) {
    bus.given::<Thing>(&[]).await;
}

fn thing(id: impl Into<String>) -> Thing {
    Thing { id: id.into() }
}

#[actix_rt::test]
async fn every_document_is_given_once_in_order_of_id_whatever_limits_a_list() {
    // Two whole pages and a part of one.
    let all: Vec<_> = (0..2_005).map(|n| thing(format!("{n:05}"))).collect();
    let bus = things(&all).await;
    let work = bus.work();
    let (mut whole, mut limited) = (Vec::new(), Vec::new());
    assert_eq!(work.docs::<Thing>().for_each(|t| whole.push(Thing::clone(&t))).await.unwrap(), 2_005);
    assert_eq!(whole, all);
    let query = work.docs::<Thing>().sort(Thing::id, true).skip(3).limit(2);
    assert_eq!(query.for_each(|t| limited.push(Thing::clone(&t))).await.unwrap(), 2_005);
    assert_eq!(limited, all);
}

#[actix_rt::test]
async fn a_second_insert_of_an_id_is_a_conflict_and_publishes_nothing() {
    let bus = things(&[]).await;
    let insert = async || bus.work().insert(thing("1"), |t, out| out.publish(ThingListed { id: t.id.clone() })).await;
    insert().await.unwrap();
    let refused = insert().await.unwrap_err();
    assert_eq!((refused.kind(), refused.code()), (Kind::Conflict, "exists"));
    relayed(&bus).await;
    bus.published::<ThingListed>().one();
}

#[actix_rt::test]
async fn a_message_of_a_step_names_its_document_and_the_version_that_it_gets() {
    let bus = things(&[]).await;
    let work = bus.work();
    let inserted = work.insert(thing("1"), |t, out| out.publish(ThingListed { id: t.id.clone() })).await.unwrap();
    relayed(&bus).await;
    let [envelope] = &bus.published::<ThingListed>().envelopes()[..] else { panic!("one event") };
    let subject = envelope.subject.as_ref().expect("a subject");
    assert_eq!((subject.document.as_str(), subject.version), ("things/1", inserted.version()));
}

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

#[actix_rt::test]
async fn a_collection_that_the_service_does_not_keep_is_named() {
    let bus = MockBus::for_service(Service::new("fm-things", ()));
    bus.advance(std::time::Duration::ZERO).await;
    let e = bus.work().doc::<Thing>("a").get().await.unwrap_err();
    assert_eq!((e.kind(), e.code()), (Kind::Internal, "collection-missing"));
    assert!(e.to_string().contains("`things`"), "{e}");
}
