//! What becomes of a scheduled message, on each store.

use super::*;
use fm_sdk::{
    Application, Error, Kind, Work,
    backend::{Backends, MemoryBus},
    config::Settings,
    testing::{MockBus, TestIdentities, eventually},
};
use std::collections::BTreeSet;

/// A clinic with one patient.
async fn open(store: Arc<dyn Driver>) -> MockBus<()> {
    let bus = MockBus::with_store(clinic(), store);
    bus.given(&[Patient { id: "ann".into(), ..Patient::default() }]).await;
    bus
}

fn visit(in_secs: u64) -> Book {
    Book { patient: "ann".into(), in_secs }
}

fn call_off() -> CallOff {
    CallOff { patient: "ann".into() }
}

#[actix_rt::test]
async fn a_message_is_sent_when_it_is_due_and_not_before() {
    for (store, driver) in stores().await {
        let bus = open(driver).await;
        bus.command(visit(600)).await.acked();
        bus.advance(secs(299)).await;
        bus.sent::<Remind>().none();
        bus.advance(secs(1)).await;
        assert_eq!(bus.sent::<Remind>().one().patient, "ann", "{store}");
        bus.advance(secs(299)).await;
        bus.published::<VisitDue>().none();
        bus.advance(secs(1)).await;
        assert_eq!(bus.published::<VisitDue>().one().patient, "ann", "{store}");
        bus.advance(secs(1_000_000)).await;
        assert_eq!((bus.sent::<Remind>().all().len(), bus.published::<VisitDue>().all().len()), (1, 1), "{store}");
    }
}

#[actix_rt::test]
async fn a_message_that_is_due_already_is_sent_at_once() {
    for (_, driver) in stores().await {
        let bus = open(driver).await;
        bus.command(visit(0)).await.acked();
        bus.sent::<Remind>().one();
        bus.published::<VisitDue>().one();
        for past in [i64::MIN, -1, 0, fm_sdk::time::now_ms() - 1] {
            bus.work().publish_at(past, VisitDue { patient: past.to_string() }).await.unwrap();
        }
        bus.advance(Duration::ZERO).await;
        assert_eq!(bus.published::<VisitDue>().all().len(), 5);
    }
}

#[actix_rt::test]
async fn messages_are_sent_in_the_order_in_which_they_are_due() {
    for (store, driver) in stores().await {
        let bus = open(driver).await;
        for n in [3, 1, 4, 2] {
            bus.work().publish_after(n * MINUTE, VisitDue { patient: n.to_string() }).await.unwrap();
        }
        bus.advance(10 * MINUTE).await;
        let order: Vec<_> = bus.published::<VisitDue>().all().into_iter().map(|v| v.patient).collect();
        assert_eq!(order, ["1", "2", "3", "4"], "{store}");
    }
}

#[actix_rt::test]
async fn a_cancelled_message_is_not_sent_and_cancelling_again_says_so() {
    for (store, driver) in stores().await {
        let bus = open(driver).await;
        bus.command(visit(600)).await.acked();
        bus.command(call_off()).await.acked();
        bus.command(call_off()).await.acked();
        bus.advance(secs(600)).await;
        bus.sent::<Remind>().none();
        bus.published::<VisitDue>().one();
        bus.command(call_off()).await.acked();
        let was_to_come: Vec<_> = bus.published::<CalledOff>().all().into_iter().map(|c| c.was_to_come).collect();
        assert_eq!(was_to_come, [true, false, false], "{store}");
    }
}

#[actix_rt::test]
async fn cancelling_a_message_that_was_sent_says_so() {
    for (store, driver) in stores().await {
        let bus = open(driver).await;
        bus.command(visit(600)).await.acked();
        bus.advance(secs(300)).await;
        bus.command(call_off()).await.acked();
        assert!(!bus.published::<CalledOff>().one().was_to_come, "{store}");
        bus.sent::<Remind>().one();
    }
}

#[actix_rt::test]
async fn a_key_that_was_never_given_cancels_nothing() {
    for (_, driver) in stores().await {
        let bus = open(driver).await;
        bus.work().publish_after(MINUTE, VisitDue { patient: "ann".into() }).await.unwrap();
        for key in ["", "x", "../fm_schedules", "018f0000-0000-7000-8000-000000000000", "018f0000000070008000000000000000"] {
            assert!(!bus.work().cancel(key).await.unwrap(), "{key}");
        }
        bus.advance(MINUTE).await;
        bus.published::<VisitDue>().one();
    }
}

/// The message lies in the outbox of the document still when it is cancelled.
#[actix_rt::test]
async fn a_message_that_was_scheduled_in_a_step_a_moment_ago_can_be_cancelled() {
    for (store, driver) in stores().await {
        let bus = open(driver).await;
        let work = bus.work();
        let ann = work.doc::<Patient>("ann");
        let change = ann.change(|patient, out| {
            patient.reminder = out.send_after(MINUTE, Remind { patient: "ann".into() })?;
            Ok(())
        });
        let patient = change.await.unwrap();
        assert!(bus.work().cancel(&patient.reminder).await.unwrap(), "{store}");
        bus.advance(2 * MINUTE).await;
        bus.sent::<Remind>().none();
    }
}

/// Inserts bob, who holds the key of what is scheduled in the same step.
async fn insert_with_reminder(work: &Work) -> String {
    let patient = Patient { id: "bob".into(), reminder: work.new_id() };
    let inserted = work.insert(patient, |patient, out| {
        let due = VisitDue { patient: patient.id.clone() };
        out.under_key(&patient.reminder).publish_after(MINUTE, due)
    });
    inserted.await.unwrap().into_inner().reminder
}

#[actix_rt::test]
async fn a_document_is_inserted_with_the_key_of_its_reminder() {
    for (store, driver) in stores().await {
        let bus = open(driver).await;
        let key = insert_with_reminder(&bus.work()).await;
        bus.advance(secs(59)).await;
        bus.published::<VisitDue>().none();
        bus.advance(secs(1)).await;
        assert_eq!(bus.published::<VisitDue>().one().patient, "bob", "{store}");
        let ids: BTreeSet<_> = bus.wire::<VisitDue>().into_iter().map(|(m, _)| m.id).collect();
        assert_eq!(ids, BTreeSet::from([key.clone()]), "{store}: the key is the id of the message");
        assert!(!bus.work().cancel(&key).await.unwrap(), "{store}");
    }
}

#[actix_rt::test]
async fn the_key_of_an_inserted_document_cancels_its_reminder() {
    for (store, driver) in stores().await {
        let bus = open(driver).await;
        let key = insert_with_reminder(&bus.work()).await;
        assert!(bus.work().cancel(&key).await.unwrap(), "{store}");
        bus.advance(2 * MINUTE).await;
        bus.published::<VisitDue>().none();
    }
}

#[actix_rt::test]
async fn a_key_that_is_no_uuid_or_is_used_twice_in_a_step_is_refused() {
    let bus = open(Arc::new(Sqlite::in_memory().unwrap())).await;
    let work = bus.work();
    let due = || VisitDue { patient: "ann".into() };
    let twice = work.new_id();
    for keys in [["reminder", "other"], [&twice, &twice]] {
        let change = work.doc::<Patient>("ann").change(|patient, out| {
            patient.reminder = keys[0].into();
            keys.iter().try_for_each(|key| out.under_key(key).publish_after(MINUTE, due()))
        });
        assert_eq!(change.await.unwrap_err().code(), "schedule-key");
    }
    bus.advance(2 * MINUTE).await;
    bus.published::<VisitDue>().none();
    assert_eq!(work.doc::<Patient>("ann").need().await.unwrap().reminder, "");
}

#[actix_rt::test]
async fn a_step_that_fails_schedules_nothing() {
    for (_, driver) in stores().await {
        let bus = open(driver).await;
        let work = bus.work();
        let ann = work.doc::<Patient>("ann");
        let change = ann.change(|_, out| {
            out.send_after(MINUTE, Remind { patient: "ann".into() })?;
            Err(Error::new(Kind::Invalid, "no", "not now"))
        });
        assert_eq!(change.await.unwrap_err().code(), "no");
        bus.advance(2 * MINUTE).await;
        bus.sent::<Remind>().none();
    }
}

#[actix_rt::test]
async fn a_repeated_piece_of_work_schedules_once_with_one_key() {
    for (store, driver) in stores().await {
        let bus = open(driver).await;
        let schedule = async |at: Duration| {
            let work = bus.work().repeatable("ann", "key-1");
            work.publish_after(at, VisitDue { patient: "ann".into() }).await.unwrap()
        };
        let key = schedule(MINUTE).await;
        assert_eq!(schedule(2 * MINUTE).await, key, "{store}");
        bus.advance(10 * MINUTE).await;
        assert_eq!(schedule(MINUTE).await, key);
        bus.advance(10 * MINUTE).await;
        bus.published::<VisitDue>().one();
    }
}

#[actix_rt::test]
async fn two_instances_send_each_message_once() {
    for (store, driver) in stores().await {
        let (one, two) = (open(driver.clone()).await, MockBus::with_store(clinic(), driver));
        for n in 0..20 {
            one.work().publish_after(MINUTE, VisitDue { patient: n.to_string() }).await.unwrap();
        }
        one.identities().advance(MINUTE);
        two.identities().advance(MINUTE);
        futures::join!(one.advance(Duration::ZERO), two.advance(Duration::ZERO));
        // Both may relay what lies in the outbox; a message is one by its id.
        let sent = [one.wire::<VisitDue>(), two.wire::<VisitDue>()].concat();
        let ids: BTreeSet<_> = sent.iter().map(|(m, v)| (&v.patient, &m.id)).collect();
        let patients: BTreeSet<_> = sent.iter().map(|(_, v)| &v.patient).collect();
        assert_eq!((ids.len(), patients.len()), (20, 20), "{store}");
    }
}

#[actix_rt::test]
async fn whatever_a_message_schedules_is_sent_once_wherever_the_process_dies() {
    let mut crashes = 0;
    for after in [false, true] {
        for step in 1..60 {
            let bus = open(Arc::new(Sqlite::in_memory().unwrap())).await;
            bus.crash_at(step, after);
            bus.command(visit(600)).await.acked();
            let mut crashed = bus.crashed();
            bus.crash_at(step, after);
            bus.advance(secs(600)).await;
            crashed |= bus.crashed();
            assert_eq!(bus.sent::<Remind>().one().patient, "ann", "step {step}, after {after}");
            assert_eq!(bus.published::<VisitDue>().one().patient, "ann", "step {step}, after {after}");
            if !crashed {
                break;
            }
            crashes += 1;
        }
    }
    assert!(crashes >= 16, "{crashes} crash points");
}

#[actix_rt::test]
async fn a_message_acts_for_whoever_scheduled_it_also_when_that_users_token_has_expired() {
    const WEEK: Duration = Duration::from_secs(7 * 86_400);
    for (store, driver) in stores().await {
        let bus = open(driver).await.user("ann", &["visits:write"]);
        bus.work().publish_after(WEEK, VisitDue { patient: "near".into() }).await.unwrap();
        bus.work().publish_after(2 * WEEK, VisitDue { patient: "far".into() }).await.unwrap();
        bus.sign_out();
        bus.work().publish_after(WEEK, VisitDue { patient: "own".into() }).await.unwrap();
        bus.advance(WEEK).await;
        bus.advance(WEEK).await;
        let acts = |patient: &str| {
            let wire = bus.wire::<VisitDue>();
            let (m, _) = wire.iter().find(|(_, v)| v.patient == patient).unwrap();
            let who = match patient {
                // The token of a message is good for a week.
                "far" => bus.identities().verifier().verify_envelope(m).unwrap(),
                _ => return claims(m),
            };
            (who.sub().to_owned(), who.scopes().join(" "))
        };
        assert_eq!(acts("near"), ("ann".into(), "visits:write".into()), "{store}");
        assert_eq!(acts("far"), ("ann".into(), String::new()), "{store}");
        assert_eq!(acts("own"), ("fm-clinic".into(), String::new()), "{store}");
    }
}

/// For whom a token says that a message acts, and with which scopes.
fn claims(m: &fm_sdk::Envelope) -> (String, String) {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let payload = m.token.as_deref().unwrap().split('.').nth(1).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    (claims["sub"].as_str().unwrap().into(), claims["scope"].as_str().unwrap().into())
}

#[actix_rt::test]
async fn a_running_instance_shows_how_many_messages_are_scheduled() {
    let identities = TestIdentities::new();
    let backends = Backends {
        transport: Arc::new(MemoryBus::default()),
        store: Arc::new(Sqlite::in_memory().unwrap()),
        registry: identities.registry(),
        verifier: identities.verifier().into_inner(),
        delegate: identities.delegate("fm-clinic"),
    };
    let clinic = clinic().at_start(async |_, work: Work| {
        for hours in 1..=3 {
            work.repeatable("clinic", &hours.to_string()).publish_after(60 * hours * MINUTE, VisitDue { patient: "ann".into() }).await?;
        }
        Ok(())
    });
    let application = Application::on(clinic, Settings::memory(), "one", backends).unwrap();
    let runtime = application.runtime().clone();
    let running = actix_rt::spawn(application.run(std::future::pending()));
    let text = async || runtime.metrics().text();
    eventually("they are counted", secs(30), async || text().await.lines().any(|line| line == "schedules_pending 3")).await;
    assert!(text().await.lines().any(|line| line == "schedules_overdue_seconds 0.0"));
    running.abort();
}
