//! A subscriber that is late, by a MockBus.

use super::*;
use crate::{
    Cx, Doc, Error, Handled, HandlerOptions, Kind, Service, document, message::Subject, messages, reject, store::Sqlite, testing::MockBus,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

messages! {
    event "car.listed" from "fm-cars" Listed { car: String, price: i64 }
    event "car.removed" from "fm-cars" Removed { car: String }
    event "price.seen" from "fm-seen" Seen { car: String, price: i64 }
}

/// What the subscriber knows, and how often it was told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Known {
    id: String,
    price: i64,
    times: u32,
}
document!(Known = "known" {});

async fn listed(m: Listed, cx: Cx<()>) -> Handled {
    match m.price {
        0 => return Err(reject("no price")),
        1 if cx.attempt < 3 => return Err(Error::new(Kind::Unavailable, "later", "not yet")),
        _ => {}
    }
    if cx.doc::<Known>(&m.car).get().await?.is_none() {
        cx.insert(Known { id: m.car.clone(), price: m.price, times: 1 }, |_, _| Ok(())).await?;
    } else {
        let known = cx.doc::<Known>(&m.car);
        known.change(|known, _| Ok((known.price, known.times) = (m.price, known.times + 1))).await?;
    }
    cx.publish(Seen { car: m.car, price: m.price })
}

async fn removed(m: Removed, cx: Cx<()>) -> Handled {
    cx.doc::<Known>(&m.car).remove(|_, _| Ok(())).await.map(drop)
}

fn subscriber() -> Service<()> {
    Service::new("fm-seen", ()).keeps::<Known>().on_with(HandlerOptions::new().snapshot(), listed).on(removed)
}

fn state(prices: &[i64]) -> Vec<(String, i64, Listed)> {
    let car = |(n, price): (usize, &i64)| (format!("cars/c{n}"), 10, Listed { car: format!("c{n}"), price: *price });
    prices.iter().enumerate().map(car).collect()
}

async fn take(bus: &MockBus<()>, prices: &[i64]) {
    let state = state(prices);
    let state: Vec<_> = state.iter().map(|(document, version, m)| (document.as_str(), *version, m.clone())).collect();
    bus.take_snapshot(&state).await;
}

async fn known(bus: &MockBus<()>) -> Vec<(String, i64, u32)> {
    bus.work().docs::<Known>().list().await.unwrap().into_iter().map(|k| (k.id.clone(), k.price, k.times)).collect()
}

fn at(car: &str, version: i64) -> impl FnOnce(&mut crate::Envelope) {
    let subject = Subject { document: format!("cars/{car}"), version };
    move |m| m.subject = Some(subject)
}

#[actix_rt::test]
async fn the_snapshot_is_taken_page_by_page_and_each_event_of_it_has_its_effect_once() {
    let bus = MockBus::for_service(subscriber());
    take(&bus, &[100, 101, 102, 103, 104]).await;
    let expected: Vec<_> = (0..5).map(|n| (format!("c{n}"), 100 + n, 1)).collect();
    assert_eq!(known(&bus).await, expected);
    take(&bus, &[7, 7, 7]).await;
    assert_eq!(known(&bus).await, expected, "it is taken once");
    assert_eq!(bus.published::<Seen>().all().len(), 5);
}

#[actix_rt::test]
async fn an_empty_snapshot_is_complete() {
    let bus = MockBus::for_service(subscriber());
    take(&bus, &[]).await;
    assert!(bus.bus().rt.snapshots.taken("car.listed").is_some());
    bus.deliver(Listed { car: "c1".into(), price: 5 }).await.acked();
    assert_eq!(known(&bus).await, [("c1".into(), 5, 1)]);
}

#[actix_rt::test]
async fn a_live_event_counts_only_if_it_is_newer_than_the_snapshot() {
    let bus = MockBus::for_service(subscriber());
    take(&bus, &[100]).await;
    let listed = |price| Listed { car: "c0".into(), price };
    for covered in [9, 10] {
        bus.deliver_edited(listed(99), at("c0", covered)).await.acked();
    }
    assert_eq!(known(&bus).await, [("c0".into(), 100, 1)]);
    bus.deliver_edited(listed(110), at("c0", 11)).await.acked();
    assert_eq!(known(&bus).await, [("c0".into(), 110, 2)]);
    // One that the snapshot did not have.
    bus.deliver_edited(Listed { car: "c9".into(), price: 4 }, at("c9", 3)).await.acked();
    assert_eq!(known(&bus).await[1], ("c9".into(), 4, 1));
    bus.deliver_edited(Removed { car: "c0".into() }, at("c0", 12)).await.acked();
    assert_eq!(known(&bus).await.len(), 1, "another event of the document is never covered");
}

#[actix_rt::test]
async fn one_bad_event_of_a_snapshot_is_retried_or_dead_lettered_and_holds_up_nothing() {
    let bus = MockBus::for_service(subscriber());
    take(&bus, &[100, 0, 1, 103]).await;
    assert_eq!(known(&bus).await, [("c0".into(), 100, 1), ("c2".into(), 1, 1), ("c3".into(), 103, 1)]);
}

#[actix_rt::test]
async fn an_instance_that_dies_anywhere_in_a_snapshot_loses_and_doubles_nothing() {
    let mut crashes = 0;
    for after in [false, true] {
        for step in 1..200 {
            let bus = MockBus::for_service(subscriber());
            bus.crash_at(step, after);
            take(&bus, &[100, 101, 1, 103, 104]).await;
            let mut expected: Vec<_> = (0..5).map(|n| (format!("c{n}"), 100 + n, 1)).collect();
            expected[2].1 = 1;
            assert_eq!(known(&bus).await, expected, "step {step}, after {after}");
            let mut seen: Vec<_> = bus.published::<Seen>().all().into_iter().map(|m| m.car).collect();
            seen.sort();
            assert_eq!(seen, ["c0", "c1", "c2", "c3", "c4"], "step {step}, after {after}");
            if !bus.crashed() {
                break;
            }
            crashes += 1;
        }
    }
    assert!(crashes > 60, "{crashes} crash points");
}

#[actix_rt::test]
async fn a_document_that_changes_while_a_snapshot_is_interrupted_is_brought_up_to_date_by_its_event() {
    let store = Arc::new(Sqlite::in_memory().unwrap());
    let first = MockBus::with_store(subscriber(), store.clone());
    let needed = subscriber().needed_snapshots()[0];
    // The first instance has taken c0 at version 10 and dies before it has finished the page.
    first.advance(std::time::Duration::ZERO).await;
    let rt = first.bus().rt;
    let mut cursor = Cursor::read(&*rt.store, needed.event).await.unwrap();
    cursor.newest = 10;
    assert!(cursor.write(&*rt.store).await.unwrap());
    first.deliver_edited(Listed { car: "c0".into(), price: 100 }, at("c0", 10)).await.acked();
    let covered = live::Covered { version: 10, message: "m".into() };
    covered.write(&rt, cursor.began_ms, needed.event, "cars/c0").await.unwrap();
    // The owner serves it at version 12 now; the events of versions 11 and 12 wait in the queue.
    let next = MockBus::with_store(subscriber(), store);
    next.take_snapshot(&[("cars/c0", 12, Listed { car: "c0".into(), price: 120 })]).await;
    assert_eq!(known(&next).await, [("c0".into(), 100, 1)]);
    next.deliver_edited(Listed { car: "c0".into(), price: 110 }, at("c0", 11)).await.acked();
    next.deliver_edited(Listed { car: "c0".into(), price: 120 }, at("c0", 12)).await.acked();
    assert_eq!(known(&next).await, [("c0".into(), 120, 3)], "each version once");
}

#[test]
fn what_can_take_no_snapshot_stops_the_service() {
    messages! {
        event "thing.made" from any Made {}
        command "fm-seen/do" from any Do {}
    }
    let options = || HandlerOptions::new().snapshot();
    let refused = |service: Service<()>| service.check().unwrap_err().message().to_owned();
    let made = async |_: Made, _: Cx<()>| Ok(());
    assert!(refused(Service::new("fm-seen", ()).on_with(options(), made)).contains("no single sender"));
    let each = Service::new("fm-seen", ()).on_each_instance_with(options(), async |_: Listed, _: Cx<()>| Ok(()));
    assert!(refused(each).contains("only those of `on_with`"));
    assert!(
        refused(Service::new("fm-seen", ()).command_with(options(), async |_: Do, _: Cx<()>| Ok(()))).contains("only those of `on_with`")
    );
    let foreign = Service::new("fm-seen", ()).snapshot(|known: &Doc<Known>| Some(Listed { car: known.id.clone(), price: 1 }));
    assert!(refused(foreign).contains("does not send"));
}

#[actix_rt::test]
async fn only_services_get_a_snapshot() {
    let owner = Service::new("fm-cars", ()).snapshot(|known: &Doc<Known>| Some(Listed { car: known.id.clone(), price: known.price }));
    let bus = MockBus::for_service(owner).user("u1", &[]);
    let known = |n: i64| Known { id: format!("c{n:03}"), price: n, times: 0 };
    bus.given(&(0..250).map(known).collect::<Vec<_>>()).await;
    assert_eq!(bus.snapshot::<Listed>().await.iter().map(|m| m.price).collect::<Vec<_>>(), (0..250).collect::<Vec<_>>());
    // With the token of a user, as a call that anybody may make carries it.
    let mut m =
        crate::Envelope::new(crate::MessageKind::Call, call_name("fm-cars", "car.listed"), &PageRequest { after: None }, "fm-x").unwrap();
    m.token = Some(bus.identity().token().to_string());
    let info =
        crate::service::DeliveryInfo { audience: crate::bus::transport::Audience::Call, deadline: None, redelivered: false, attempts: 1 };
    let rt = bus.bus().rt;
    let service = Service::new("fm-cars", ()).snapshot(|known: &Doc<Known>| Some(Listed { car: known.id.clone(), price: known.price }));
    let outcome = service.handle(&rt, m, info).await;
    assert!(matches!(&outcome, crate::bus::transport::Outcome::Fault(f) if f.code == "snapshot-for-services"), "{outcome:?}");
}
