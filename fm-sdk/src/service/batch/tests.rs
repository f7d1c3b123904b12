//! Batches on a MockBus.

use super::*;
use crate::{
    Envelope, Error, Kind, MessageKind,
    bus::transport::{Outcome, Retry},
    document, messages, reject,
    service::DeliveryInfo,
    testing::{Delivered, MockBus},
};
use serde::{Deserialize, Serialize};
use std::{sync::Mutex, time::Duration};

messages! {
    event "car.viewed" from "fm-web" Viewed { car: String, n: u32 }
    event "views.counted" from "fm-views" Counted { car: String, n: u32 }
    command "fm-views/note" from any Note { text: String }
}

/// How often a car was viewed, and the views themselves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Views {
    id: String,
    seen: Vec<u32>,
}
document!(Views = "views" {});

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Noted {
    id: String,
    text: String,
}
document!(Noted = "noted" {});

/// The sizes of the batches that were handled to their end.
#[derive(Default)]
struct Sizes(Mutex<Vec<usize>>);

impl Sizes {
    fn take(&self) -> Vec<usize> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

async fn count(batch: Batch<Viewed>, cx: BatchCx<Sizes>) -> Handled {
    let size = batch.len();
    let is_last_try = batch.iter().all(|m| m.attempt() > 2);
    for (car, views) in batch.group_by(|m| m.car.clone()) {
        if views.iter().any(|m| m.n == 99) && !is_last_try {
            return Err(Error::new(Kind::Unavailable, "later", "not yet"));
        }
        if views.iter().any(|m| m.n == 0) {
            return Err(reject("a view that is none"));
        }
        let seen: Vec<_> = views.iter().map(|m| m.n).collect();
        let of_car = cx.doc::<Views>(&car);
        let change = of_car.change(|known, out| {
            known.seen.extend(&seen);
            seen.iter().try_for_each(|n| out.publish(Counted { car: car.clone(), n: *n }))
        });
        change.await?;
    }
    cx.state.0.lock().unwrap().push(size);
    Ok(())
}

async fn note(batch: Batch<Note>, cx: BatchCx<Sizes>) -> Handled {
    for note in &batch {
        cx.insert(Noted { id: note.new_id(), text: note.text.clone() }, |_, _| Ok(())).await?;
    }
    cx.state.0.lock().unwrap().push(batch.len());
    Ok(())
}

fn views() -> Service<Sizes> {
    let three = HandlerOptions::new().batch_size(3);
    Service::new("fm-views", Sizes::default()).keeps::<Views>().keeps::<Noted>().on_batch_with(three, count).command_batch(note)
}

async fn market() -> MockBus<Sizes> {
    let bus = MockBus::for_service(views());
    bus.given(&["c1", "c2"].map(|id| Views { id: id.into(), seen: vec![] })).await;
    bus
}

fn viewed(views: &[(&str, u32)]) -> Vec<Viewed> {
    views.iter().map(|(car, n)| Viewed { car: (*car).into(), n: *n }).collect()
}

async fn seen(bus: &MockBus<Sizes>) -> Vec<u32> {
    let all = bus.work().docs::<Views>().list().await.unwrap();
    let mut seen: Vec<_> = all.iter().flat_map(|views| views.seen.clone()).collect();
    seen.sort_unstable();
    seen
}

fn counted(bus: &MockBus<Sizes>) -> Vec<u32> {
    let mut counted: Vec<_> = bus.published::<Counted>().all().into_iter().map(|m| m.n).collect();
    counted.sort_unstable();
    counted
}

#[actix_rt::test]
async fn messages_that_come_at_once_are_handled_together_up_to_the_size_of_a_batch() {
    let bus = market().await;
    for delivered in bus.deliver_batch(viewed(&[("c1", 1), ("c2", 2), ("c1", 3), ("c1", 4)])).await {
        delivered.acked();
    }
    assert_eq!(bus.state().take(), [3, 1]);
    assert_eq!((seen(&bus).await, counted(&bus)), (vec![1, 2, 3, 4], vec![1, 2, 3, 4]));
    bus.redeliver().await.acked();
    assert_eq!((seen(&bus).await, counted(&bus)), (vec![1, 2, 3, 4], vec![1, 2, 3, 4]), "nothing happens twice");
}

#[actix_rt::test]
async fn a_bad_message_becomes_a_dead_letter_and_the_others_of_its_batch_are_done() {
    let bus = market().await;
    let delivered = bus.deliver_batch(viewed(&[("c1", 1), ("c2", 0), ("c2", 3)])).await;
    assert_eq!((delivered[1].attempts(), delivered[1].dead_letter().code()), (1, "rejected"));
    [&delivered[0], &delivered[2]].into_iter().for_each(Delivered::acked);
    assert_eq!(bus.state().take(), [1, 1]);
    assert_eq!((seen(&bus).await, counted(&bus)), (vec![1, 3], vec![1, 3]));
}

#[actix_rt::test]
async fn a_message_that_failed_is_tried_again_by_itself() {
    let bus = market().await;
    for delivered in bus.deliver_batch(viewed(&[("c1", 1), ("c1", 99), ("c2", 3)])).await {
        delivered.acked();
    }
    assert_eq!(bus.state().take(), [1, 1, 1]);
    assert_eq!((seen(&bus).await, counted(&bus)), (vec![1, 3, 99], vec![1, 3, 99]));
}

#[actix_rt::test]
async fn an_instance_that_dies_anywhere_in_a_batch_loses_and_doubles_nothing() {
    let mut crashes = 0;
    for after in [false, true] {
        for step in 1..100 {
            let bus = market().await;
            bus.crash_at(step, after);
            // When the first batch dies its messages come again among others.
            let views = viewed(&[("c1", 1), ("c2", 2), ("c1", 3), ("c2", 4), ("c1", 5)]);
            bus.deliver_batch(views).await.iter().for_each(Delivered::acked);
            let crashed = bus.crashed();
            assert_eq!((seen(&bus).await, counted(&bus)), (vec![1, 2, 3, 4, 5], vec![1, 2, 3, 4, 5]), "step {step}, after {after}");
            if !crashed {
                break;
            }
            crashes += 1;
        }
    }
    assert!(crashes > 30, "{crashes} crash points");
}

#[actix_rt::test]
async fn ids_come_from_each_message_so_that_a_second_run_makes_the_same_documents() {
    let mut crashes = 0;
    for step in 1..100 {
        let bus = market().await;
        bus.crash_at(step, true);
        let notes = ["a", "b", "c"].map(|text| Note { text: text.into() });
        bus.command_batch(notes).await.iter().for_each(Delivered::acked);
        let crashed = bus.crashed();
        let mut texts: Vec<_> = bus.work().docs::<Noted>().list().await.unwrap().iter().map(|noted| noted.text.clone()).collect();
        texts.sort();
        assert_eq!(texts, ["a", "b", "c"], "step {step}");
        if !crashed {
            break;
        }
        crashes += 1;
    }
    assert!(crashes > 6, "{crashes} crash points");
}

#[actix_rt::test]
async fn a_message_that_cannot_be_read_or_proves_no_sender_is_rejected_alone() {
    let bus = market().await;
    let rt = bus.bus().rt;
    let message = |edit: fn(&mut Envelope)| {
        let mut m = Envelope::new(MessageKind::Command, "fm-views/note", &Note { text: "x".into() }, "fm-views").unwrap();
        rt.delegate.seal(&mut m, None).unwrap();
        edit(&mut m);
        let info = DeliveryInfo { audience: Audience::Command, deadline: None, redelivered: false, attempts: Retry::ATTEMPTS };
        (m, info)
    };
    let unreadable = {
        let mut m = Envelope::new(MessageKind::Command, "fm-views/note", &1, "fm-views").unwrap();
        rt.delegate.seal(&mut m, None).unwrap();
        (m, message(|_| {}).1)
    };
    let batch = vec![message(|_| {}), unreadable, message(|m| m.token = None), message(|_| {})];
    let service = views();
    let handler = service.handlers.iter().find(|h| h.subscription.name == "fm-views/note").unwrap();
    let outcomes = service.handle_batch(&rt, handler, batch).await;
    let codes: Vec<_> = outcomes
        .iter()
        .map(|outcome| match outcome {
            Outcome::Ack => "ack".to_owned(),
            Outcome::Reject(e) => e.code().to_owned(),
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(codes, ["ack", "undecodable", "delegation-missing", "ack"]);
}

#[actix_rt::test]
async fn a_batch_is_handled_when_it_is_full_or_its_first_message_has_waited_long_enough() {
    let info = DeliveryInfo { audience: Audience::Service, deadline: None, redelivered: false, attempts: 1 };
    let message = || Envelope::new(MessageKind::Event, "car.viewed", &1, "fm-web").unwrap();
    let sizes = Mutex::new(vec![]);
    let handle = async |batch: Vec<(Envelope, DeliveryInfo)>| {
        sizes.lock().unwrap().push(batch.len());
        batch.iter().map(|_| Outcome::Ack).collect()
    };
    // Nobody waits an hour: it is full.
    let full = Collector::new(2, Duration::from_secs(3600));
    let joined = futures::future::join_all((0..4).map(|_| full.join(message(), info, handle))).await;
    assert!(joined.iter().all(|outcome| matches!(outcome, Outcome::Ack)));
    let partial = Collector::new(100, Duration::from_millis(1));
    let joined = futures::future::join_all((0..3).map(|_| partial.join(message(), info, handle))).await;
    assert_eq!((joined.len(), sizes.lock().unwrap().clone()), (3, vec![2, 2, 3]));
}

#[actix_rt::test]
async fn messages_whose_batch_is_dropped_are_given_back() {
    let info = DeliveryInfo { audience: Audience::Service, deadline: None, redelivered: false, attempts: 1 };
    let message = || Envelope::new(MessageKind::Event, "car.viewed", &1, "fm-web").unwrap();
    let collector = Collector::new(2, Duration::from_secs(3600));
    let stuck = async |_: Vec<(Envelope, DeliveryInfo)>| std::future::pending::<Vec<Outcome>>().await;
    let mut first = Box::pin(collector.join(message(), info, stuck));
    assert!(futures::poll!(&mut first).is_pending());
    let mut second = Box::pin(collector.join(message(), info, stuck));
    assert!(futures::poll!(&mut second).is_pending());
    drop(second);
    assert!(matches!(first.await, Outcome::Requeue));
}

#[test]
fn invalid_batch_options_stop_the_service() {
    let refused = |options: HandlerOptions| {
        let service = Service::new("fm-views", Sizes::default()).on_batch_with(options, count);
        service.check().unwrap_err().message().to_owned()
    };
    assert!(refused(HandlerOptions::new().batch_size(0)).contains("batch size"));
    assert!(refused(HandlerOptions::new().batch_size(257)).contains("batch size"));
    assert!(refused(HandlerOptions::new().batch_wait(Duration::from_secs(11))).contains("batch wait"));
    assert!(refused(HandlerOptions::new().snapshot()).contains("takes batches"));
    let single = Service::new("fm-views", ()).on_with(HandlerOptions::new().batch_size(2), async |_: Viewed, _: crate::Cx<()>| Ok(()));
    assert!(single.check().unwrap_err().message().contains("takes single messages"));
    let service = views();
    let prefetch = service.handlers.iter().map(|h| h.subscription.options.prefetch).collect::<Vec<_>>();
    assert_eq!(prefetch, [Some(8), Some(100)], "a whole batch can be in flight");
}
