//! The bus of a test keeps the promises of the real one, and the store's steps survive a crash at any point.

use fm_sdk::{Cx, Error, Handled, Kind, MessageKind, Reply, Service, Work, document, messages, reject, testing::MockBus};
use std::{sync::Arc, time::Duration};

messages! {
    event "probe.step" from ["fm-owner", "fm-probe"] Step { n: u32 }
    event "probe.ended" from "fm-probe" Ended { n: u32 }
    event "probe.broken" from any Broken { hopeless: bool }
    event "thing.removed" from "fm-probe" ThingRemoved { id: String }
    event "things.cleared" from "fm-probe" Cleared { count: u64 }
    command "fm-probe/clear" from "fm-owner" Clear { owner: String }
    call "fm-probe/double" Double { n: i64 } -> i64;
    call "fm-nobody/home" Home {} -> bool;
    call "fm-owner/yours" from "fm-probe" Yours {} -> bool;
}

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Thing {
    id: String,
    owner: String,
}
document!(Thing = "things" { owner: String [index] });

#[derive(Default)]
struct Probe {
    seen: std::sync::Mutex<Vec<String>>,
}
impl Probe {
    fn note(&self, what: String) {
        self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(what);
    }
}

fn probe() -> Service<Probe> {
    Service::new("fm-probe", Probe::default())
        .keeps::<Thing>()
        .on(async |m: Step, cx: Cx<Probe>| {
            cx.state.note(format!("step {}", m.n));
            if m.n > 0 { cx.publish(Step { n: m.n - 1 }) } else { cx.publish(Ended { n: 0 }) }
        })
        .on_each_instance(async |_: Ended, cx: Cx<Probe>| {
            cx.state.note("end".into());
            Ok(())
        })
        .on(broken)
        .call(double)
        .command(clear)
}
async fn broken(m: Broken, cx: Cx<Probe>) -> Handled {
    cx.publish(Ended { n: 1 })?;
    Err(if m.hopeless { reject("as told") } else { Error::new(Kind::Unavailable, "later", "try again") })
}
async fn double(m: Double, cx: Cx<Probe>) -> Reply<i64> {
    if m.n == 0 {
        cx.call(Home {}).await?;
    }
    assert!(m.n >= 0, "on purpose");
    Ok(m.n * 2)
}
async fn clear(m: Clear, cx: Cx<Probe>) -> Handled {
    cx.identity()?.acts_for(&m.owner)?;
    let count = cx.remove_each(Thing::owner.eq(&m.owner), |t, out| out.publish(ThingRemoved { id: t.id.clone() })).await?;
    cx.publish(Cleared { count })
}

fn thing(id: &str, owner: &str) -> Thing {
    Thing { id: id.into(), owner: owner.into() }
}
async fn market(bus: MockBus<Probe>) -> MockBus<Probe> {
    let bus = bus.user("u1", &["things:write"]);
    bus.from("fm-owner").given(&[thing("a", "u1"), thing("b", "u1"), thing("c", "u2"), thing("d", "u1")]).await;
    bus
}

#[actix_rt::test]
async fn a_message_without_or_with_a_forged_token_becomes_a_dead_letter() {
    let bus = market(MockBus::for_service(probe())).await;
    let clear = || Clear { owner: "u1".into() };
    assert_eq!(bus.command_edited(clear(), |m| m.token = None).await.dead_letter().kind(), Kind::Unauthenticated);
    assert_eq!(bus.command_edited(clear(), |m| m.body = r#"{"owner":"u2"}"#.into()).await.dead_letter().kind(), Kind::Unauthenticated);
    assert_eq!(bus.command_edited(clear(), |m| m.id = "another".into()).await.dead_letter().kind(), Kind::Unauthenticated);
    assert_eq!(bus.command_edited(clear(), |m| m.source = "fm-evil".into()).await.dead_letter().kind(), Kind::Unauthenticated);
    assert_eq!(bus.from("fm-evil").command(clear()).await.dead_letter().code(), "sender-undeclared");
    assert_eq!(bus.from("fm-owner").command(Clear { owner: "u2".into() }).await.dead_letter().kind(), Kind::Forbidden);
    assert_eq!(bus.work().docs::<Thing>().count().await.unwrap(), 4);
    bus.command(clear()).await.acked();
    assert_eq!(bus.published::<Cleared>().one().count, 3);
}

#[actix_rt::test]
async fn a_command_of_many_steps_survives_a_crash_at_every_step() {
    let mut crashes = 0;
    for after in [false, true] {
        for step in 1..200 {
            let bus = market(MockBus::for_service(probe())).await;
            bus.crash_at(step, after);
            bus.command(Clear { owner: "u1".into() }).await.acked();
            let crashed = bus.crashed();
            bus.redeliver().await.acked();
            let mut gone: Vec<_> = bus.published::<ThingRemoved>().all().into_iter().map(|e| e.id).collect();
            gone.sort();
            assert_eq!(gone, ["a", "b", "d"], "step {step}, after {after}");
            assert_eq!(bus.published::<Cleared>().one().count, 3, "step {step}, after {after}");
            assert_eq!(bus.work().docs::<Thing>().count().await.unwrap(), 1);
            if !crashed {
                break;
            }
            crashes += 1;
        }
    }
    assert!(crashes >= 10, "{crashes} crash points");
}

#[actix_rt::test]
async fn a_command_in_two_instances_at_once_counts_right() {
    let mut overlaps = 0;
    for after in [false, true] {
        for step in 1..60 {
            let store = Arc::new(fm_sdk::store::Sqlite::in_memory().unwrap());
            let identities = Arc::new(fm_sdk::testing::TestIdentities::new());
            let a = market(MockBus::with(probe(), store.clone(), identities.clone())).await;
            let b = MockBus::with(probe(), store, identities).user("u1", &["things:write"]);
            let (first, second) = a.overlap(&b, &Clear { owner: "u1".into() }, step, after).await;
            let overlapped = a.crashed();
            first.acked();
            second.acked();
            let counts: std::collections::BTreeSet<_> =
                a.wire::<Cleared>().into_iter().chain(b.wire::<Cleared>()).map(|(m, e)| (m.id, e.count)).collect();
            assert_eq!(counts.iter().map(|c| c.1).collect::<Vec<_>>(), [3], "step {step}, after {after}");
            if !overlapped {
                break;
            }
            overlaps += 1;
        }
    }
    assert!(overlaps > 8, "{overlaps} overlaps");
}

#[actix_rt::test]
async fn a_repeatable_insert_gives_the_same_document() {
    let bus = MockBus::for_service(probe());
    let work = bus.work();
    let make = async |key: &str| {
        let work: Work = work.repeatable("u1", key);
        let id = work.new_id();
        work.insert(thing(&id, "u1"), |_, _| Ok(())).await.unwrap().into_inner().id
    };
    bus.given(&[thing("x", "u1")]).await;
    let (first, again, other) = (make("k1").await, make("k1").await, make("k2").await);
    assert_eq!(first, again);
    assert_ne!(first, other);
}

fn ends_at_once() -> Service<()> {
    Service::new("fm-probe", ()).on(async |_: Step, cx: Cx<()>| cx.publish(Ended { n: 0 }))
}

#[actix_rt::test]
async fn a_message_of_a_wrong_kind_becomes_a_dead_letter() {
    for kind in [MessageKind::Call, MessageKind::Command] {
        for signed in [false, true] {
            let bus = MockBus::for_service(ends_at_once());
            bus.from("fm-owner").deliver(Step { n: 1 }).await.acked();
            let forged = bus.deliver_edited(Step { n: 1 }, |m| {
                m.kind = kind;
                m.token = m.token.take().filter(|_| signed);
            });
            assert_eq!(forged.await.dead_letter().code(), "message-kind", "{kind:?}");
            assert_eq!(bus.published::<Ended>().one().n, 0);
        }
    }
}

#[actix_rt::test]
async fn an_event_from_an_undeclared_sender_is_dead_lettered_at_the_first_attempt() {
    let bus = MockBus::for_service(ends_at_once());
    let outcome = bus.from("fm-evil").deliver(Step { n: 1 }).await;
    assert_eq!((outcome.dead_letter().code(), outcome.attempts()), ("sender-undeclared", 1));
    assert_eq!(bus.published::<Ended>().all(), []);
}

#[actix_rt::test]
async fn a_call_that_names_its_senders_is_answered_to_them_alone_for_a_user_or_not() {
    let bus = MockBus::for_service(Service::new("fm-owner", ()).call(async |_: Yours, cx: Cx<()>| Ok(cx.identity()?.sub() == "u1")));
    assert!(!bus.call(Yours {}).await.unwrap(), "for the sender itself");
    bus.sign_in("u1", &[]);
    assert!(bus.call(Yours {}).await.unwrap(), "for the user");
    assert_eq!(bus.from("fm-evil").call(Yours {}).await.unwrap_err().code(), "sender-undeclared");
}

#[actix_rt::test]
async fn a_slow_answer_comes_in_time_up_to_the_deadline_itself() {
    const SECOND: Duration = Duration::from_secs(1);
    for (after, within, expected) in [
        (SECOND, SECOND, Ok(true)),
        (SECOND + Duration::from_nanos(1), SECOND, Err("deadline")),
        (Duration::ZERO, Duration::from_nanos(1), Ok(true)),
    ] {
        let bus = MockBus::for_service(ends_at_once()).answer_after(after, |_: Home| Ok(true));
        let reply = bus.bus().call(Home {}).within(within).await;
        assert_eq!(reply.as_ref().map_err(Error::code).copied(), expected, "{after:?} within {within:?}");
    }
}

#[actix_rt::test]
async fn a_call_without_time_left_is_not_sent() {
    for after in [Duration::ZERO, Duration::from_secs(1)] {
        let bus = MockBus::for_service(ends_at_once()).answer_after(after, |_: Home| panic!("it was sent"));
        let failed = bus.bus().call(Home {}).within(Duration::ZERO).await.unwrap_err();
        assert_eq!((failed.kind(), failed.code(), failed.may_have_been_done()), (Kind::TimedOut, "deadline", false));
    }
}

messages! {
    event "owner.spoke" from "fm-owner" Spoke {}
    command "fm-owner/obey" from "fm-other" Obey {}
    call "fm-owner/theirs" from "fm-other" Theirs {} -> bool;
}

#[actix_rt::test]
async fn a_service_cannot_send_what_does_not_name_it() {
    type Send = fn(&Cx<()>) -> Handled;
    let sends: [Send; 2] = [|cx| cx.publish(Spoke {}), |cx| cx.send(Obey {})];
    for send in sends {
        let service = Service::new("fm-probe", ()).on(async move |_: Step, cx: Cx<()>| send(&cx));
        let outcome = MockBus::for_service(service).deliver(Step { n: 1 }).await;
        assert_eq!((outcome.dead_letter().code(), outcome.attempts()), ("sender-undeclared", 1));
    }
    let bus = MockBus::for_service(ends_at_once());
    assert_eq!(bus.bus().publish_now(&Spoke {}).await.unwrap_err().code(), "sender-undeclared");
    assert_eq!(bus.bus().call(Theirs {}).await.unwrap_err().code(), "sender-undeclared");
}

messages! { event "thing.shared" from any Shared { service_fails: bool, instance_fails: bool } }

fn heard_twice() -> Service<()> {
    let ends = |fails: bool| if fails { Err(reject("as told")) } else { Ok(()) };
    Service::new("fm-probe", ())
        .on(async move |m: Shared, _: Cx<()>| ends(m.service_fails))
        .on_each_instance(async move |m: Shared, _: Cx<()>| ends(m.instance_fails))
}

#[actix_rt::test]
async fn an_event_that_a_service_hears_twice_is_acked_only_if_both_handlers_acked() {
    for (service_fails, instance_fails) in [(false, false), (true, false), (false, true), (true, true)] {
        let outcome = MockBus::for_service(heard_twice()).deliver(Shared { service_fails, instance_fails }).await;
        let acked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| outcome.acked())).is_ok();
        let dead_lettered =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| outcome.dead_letter().code() == "rejected")).unwrap_or(false);
        assert_eq!(acked, !service_fails && !instance_fails, "{outcome:?}");
        // An instance gives up alone: there is no queue that the event could be replayed to.
        assert_eq!(dead_lettered, service_fails, "{outcome:?}");
    }
}

#[actix_rt::test]
async fn a_crash_planned_before_the_first_verb_does_not_happen_while_the_service_starts() {
    let service = probe().at_start(async |_, work: Work| work.docs::<Thing>().list().await.map(drop)).on_gap(async |_, work: Work| {
        work.docs::<Thing>().list().await?;
        work.insert(thing("started", "u9"), |_, _| Ok(())).await.map(drop)
    });
    for (step, after) in [(1, false), (1, true), (2, false)] {
        let bus = MockBus::for_service(service.clone());
        bus.crash_at(step, after);
        let delivered = tokio::time::timeout(std::time::Duration::from_secs(20), bus.deliver(Step { n: 1 }));
        delivered.await.expect("returns").acked();
        assert!(bus.crashed(), "it happens in the verb, at step {step}");
        assert_eq!(bus.published::<Ended>().one().n, 0);
    }
}

#[actix_rt::test]
async fn a_command_whose_identity_is_refused_is_dead_lettered_at_the_first_attempt() {
    type Refuse = fn(&Cx<()>) -> fm_sdk::Result<()>;
    let refusals: [(Refuse, &str); 5] = [
        (|cx| cx.identity()?.acts_for("somebody"), "other-user"),
        (|cx| cx.identity()?.require("cars:write").map(drop), "scope-missing"),
        (|cx| cx.identity()?.acted_by("fm-profile").map(drop), "other-service"),
        (|_| Err(Error::new(Kind::Forbidden, "not-owner", "this belongs to somebody else")), "not-owner"),
        (|cx| Err(cx.identity()?.acts_for("somebody").unwrap_err().caused_by(std::io::Error::other("of the store"))), "other-user"),
    ];
    for (refuse, code) in refusals {
        let bus = MockBus::for_service(Service::new("fm-probe", ()).command(async move |_: Clear, cx: Cx<()>| refuse(&cx)));
        let outcome = bus.user("u1", &[]).command(Clear { owner: "u1".into() }).await;
        assert_eq!((outcome.dead_letter().code(), outcome.attempts()), (code, 1));
    }
}

#[actix_rt::test]
async fn a_refusal_by_another_service_is_retried() {
    let service = Service::new("fm-probe", ()).command(async |_: Clear, cx: Cx<()>| cx.call(Yours {}).await.map(drop));
    let bus = MockBus::for_service(service).answer(|_: Yours| Err(Error::new(Kind::Forbidden, "not-yet", "not yet")));
    let outcome = bus.command(Clear { owner: "u1".into() }).await;
    assert_eq!((outcome.dead_letter().code(), outcome.attempts()), ("not-yet", fm_sdk::backend::Retry::default().attempts));
}
