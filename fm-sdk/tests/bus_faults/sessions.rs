use crate::world::{CALL, EACH, EVENT, Instance, TIMEOUT, call, connection, event, here, on, patient, victim, wants};
use fm_sdk::{
    ConnectionState, Kind, Transport,
    bus::transport::{Incoming, Outcome},
};
use fm_sdk_testing::servers::RabbitMqServer;
use std::{collections::BTreeSet, time::Duration};

/// Throws every client out.
fn cut(broker: &RabbitMqServer) {
    broker.eval("rabbit_networking:close_all_connections(\"cut by the test\").").unwrap();
}

#[actix_rt::test]
async fn nothing_is_lost_while_connections_are_cut() {
    let broker = victim();
    let url = broker.url_for_vhost().unwrap();
    let i = Instance::start(&url, "a", &[EVENT]).await;
    let bus = patient(&url);
    const ALL: u32 = 2000;
    let publishing = async {
        for start in (0..ALL).step_by(100) {
            futures::future::try_join_all((start..start + 100).map(|n| bus.publish(event(n)))).await.unwrap();
            if start % 500 == 0 {
                cut(&broker);
            }
        }
    };
    let consuming = async {
        let mut seen = BTreeSet::new();
        while seen.len() < ALL as usize {
            let d = i.next().await;
            seen.insert(d.message.decode::<u32>().unwrap());
            // In a session that is over this goes nowhere, and the message comes again.
            let _ = d.acknowledger.send(Outcome::Ack);
        }
    };
    tokio::join!(publishing, consuming);
    assert!(bus.metrics().reconnects >= 4, "{:?}", bus.metrics());
}

#[actix_rt::test]
async fn each_instance_is_told_of_the_gap_and_then_gets_events_again() {
    let broker = victim();
    let url = broker.url_for_vhost().unwrap();
    let i = Instance::start(&url, "a", &[EACH]).await;
    i.bus.publish(event(1)).await.unwrap();
    let (d, gap) = i.next_after_gap().await;
    assert!(!gap && d.acknowledger.send(Outcome::Ack).is_ok());
    cut(&broker);
    // It comes by itself, without a message.
    let told = tokio::time::timeout(TIMEOUT, i.inbox.recv()).await.expect("is told").unwrap();
    assert!(matches!(told, fm_sdk::backend::Incoming::Gap));
    i.bus.publish(event(2)).await.unwrap();
    assert_eq!(i.done().await, 2);
}

#[actix_rt::test]
async fn a_call_whose_connection_is_cut_fails_at_once_and_may_have_been_done() {
    let broker = victim();
    let url = broker.url_for_vhost().unwrap();
    let i = Instance::start(&url, "worker", &[CALL]).await;
    let caller = patient(&url);
    let at = std::time::Instant::now();
    let cutting = async {
        let held = i.next().await;
        cut(&broker);
        held
    };
    let (reply, held) = tokio::join!(caller.request(call(1), TIMEOUT), cutting);
    let e = reply.unwrap_err();
    assert_eq!((e.kind(), e.may_have_been_done()), (Kind::Unavailable, true), "{e:?}");
    assert!(at.elapsed() < TIMEOUT / 4);
    drop(held);
    // And the next one works.
    let answer = async {
        loop {
            let d = i.next().await;
            let n = d.message.decode::<u32>().unwrap();
            let _ = d.acknowledger.send(Outcome::Reply(n.to_string()));
            if n == 2 {
                return;
            }
        }
    };
    let (reply, ()) = tokio::join!(caller.request(call(2), TIMEOUT), answer);
    assert_eq!(reply.unwrap(), "2");
}

#[actix_rt::test]
async fn a_reply_that_nobody_waits_for_any_more_is_counted_by_the_caller() {
    let broker = victim();
    let url = broker.url_for_vhost().unwrap();
    let i = Instance::start(&url, "worker", &[CALL]).await;
    let caller = patient(&url);
    let answer = async { i.next().await.acknowledger.send(Outcome::Reply("1".into())).unwrap() };
    let (reply, ()) = tokio::join!(caller.request(call(1), TIMEOUT), answer);
    assert_eq!(reply.unwrap(), "1");
    let held = tokio::select! {
        delivery = i.next() => delivery,
        _ = caller.request(call(2), TIMEOUT) => panic!("a reply before the callee has the call"),
    };
    held.acknowledger.send(Outcome::Reply("2".into())).unwrap();
    let until = std::time::Instant::now() + TIMEOUT;
    while caller.metrics().vanished == 0 {
        assert!(std::time::Instant::now() < until, "{:?}", caller.metrics());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!((caller.metrics().vanished, i.bus.metrics().vanished), (1, 0), "not the first one, which was waited for");
}

#[actix_rt::test]
async fn a_reply_to_a_caller_that_has_gone_holds_up_nobody() {
    let broker = victim();
    let url = broker.url_for_vhost().unwrap();
    let i = Instance::start(&url, "worker", &[CALL]).await;
    let (gone, other) = (patient(&url), patient(&url));
    let held = tokio::select! {
        delivery = i.next() => delivery,
        _ = gone.request(call(1), TIMEOUT) => panic!("a reply before the callee has the call"),
    };
    gone.close().await;
    held.acknowledger.send(Outcome::Reply("1".into())).unwrap();
    let answer = async { i.next().await.acknowledger.send(Outcome::Reply("2".into())).unwrap() };
    let (reply, ()) = tokio::join!(other.request(call(2), TIMEOUT), answer);
    assert_eq!(reply.unwrap(), "2");
    assert_eq!(i.bus.metrics().reconnects, 0);
}

#[actix_rt::test]
async fn a_deleted_queue_is_declared_again() {
    let broker = victim();
    let url = broker.url_for_vhost().unwrap();
    let i = Instance::start(&url, "a", &[EVENT]).await;
    let mut c = amiquip::Connection::insecure_open(&url).unwrap();
    c.open_channel(None).unwrap().queue_delete("fm.a.events", Default::default()).unwrap();
    connection(&i.bus, |c| matches!(c, ConnectionState::Down(_))).await;
    connection(&i.bus, |c| *c == ConnectionState::Up).await;
    i.bus.publish(event(1)).await.unwrap();
    assert_eq!(i.done().await, 1);
}

#[actix_rt::test]
async fn a_deleted_exchange_costs_a_session_and_no_message() {
    let broker = victim();
    let url = broker.url_for_vhost().unwrap();
    let bus = patient(&url);
    bus.publish(event(1)).await.unwrap();
    let mut c = amiquip::Connection::insecure_open(&url).unwrap();
    c.open_channel(None).unwrap().exchange_delete("fm.events", false).unwrap();
    bus.publish(event(2)).await.unwrap();
    assert_eq!(bus.metrics().reconnects, 1);
}

#[actix_rt::test]
async fn a_retry_is_not_lost_with_a_deleted_delay_queue() {
    let broker = victim();
    let url = broker.url_for_vhost().unwrap();
    let i = Instance::start(&url, "a", &[EVENT]).await;
    let mut c = amiquip::Connection::insecure_open(&url).unwrap();
    c.open_channel(None).unwrap().queue_delete("fm.delay.50ms", Default::default()).unwrap();
    i.bus.publish(event(1)).await.unwrap();
    i.next().await.acknowledger.send(Outcome::Retry(fm_sdk::reject("again"))).unwrap();
    let d = i.next().await;
    let _ = d.acknowledger.send(Outcome::Retry(fm_sdk::reject("again")));
    // The queue was declared again by then, so the next failure is counted and comes back, or is the last one.
    let until = std::time::Instant::now() + TIMEOUT;
    while i.bus.dead_letters("a", 1).await.unwrap().is_empty() {
        assert!(std::time::Instant::now() < until);
        if let Ok(fm_sdk::backend::Incoming::Message(d)) = i.inbox.try_recv() {
            let _ = d.acknowledger.send(Outcome::Retry(fm_sdk::reject("again")));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[actix_rt::test]
async fn a_worker_that_ends_with_messages_in_flight_leaves_them_to_others() {
    let broker = victim();
    let url = broker.url_for_vhost().unwrap();
    let (bus, thread, (into, inbox)) = (patient(&url), actix_rt::Arbiter::new(), async_channel::unbounded());
    bus.consume(wants("a", &[EVENT]), vec![on(thread.handle(), into)]).await.unwrap();
    for n in 0..20 {
        bus.publish(event(n)).await.unwrap();
    }
    let held = inbox.recv().await.unwrap();
    thread.stop();
    thread.join().unwrap();
    drop(held);
    let two = Instance::start(&url, "a", &[EVENT]).await;
    let mut seen = BTreeSet::new();
    while seen.len() < 20 {
        seen.insert(two.done().await);
    }
    assert!(two.bus.metrics().redelivered >= 1, "{:?}", two.bus.metrics());
}

#[actix_rt::test]
async fn workers_share_the_messages_and_the_calls_of_an_instance() {
    let broker = victim();
    let url = broker.url_for_vhost().unwrap();
    let (bus, inboxes) = (patient(&url), [(), ()].map(|()| async_channel::unbounded()));
    let workers = inboxes.iter().map(|(into, _)| here(into.clone())).collect();
    let mut few = wants("worker", &[EVENT, CALL]);
    few.prefetch = 1;
    bus.consume(few, workers).await.unwrap();
    for n in 0..2 {
        bus.publish(event(n)).await.unwrap();
    }
    let mut seen = BTreeSet::new();
    for (_, inbox) in &inboxes {
        let Incoming::Message(d) = tokio::time::timeout(TIMEOUT, inbox.recv()).await.expect("each has one").unwrap() else {
            panic!("a gap")
        };
        seen.insert(d.message.decode::<u32>().unwrap());
        d.acknowledger.send(Outcome::Ack).unwrap();
    }
    assert_eq!(seen, [0, 1].into());
    let serve = async |inbox: &async_channel::Receiver<Incoming>| {
        let Incoming::Message(d) = inbox.recv().await.unwrap() else { panic!("a gap") };
        let n = d.message.decode::<u32>().unwrap();
        d.acknowledger.send(Outcome::Reply(n.to_string())).unwrap();
    };
    let (one, two, (), ()) = tokio::time::timeout(TIMEOUT, async {
        tokio::join!(bus.request(call(1), TIMEOUT), bus.request(call(2), TIMEOUT), serve(&inboxes[0].1), serve(&inboxes[1].1))
    })
    .await
    .expect("each answers one");
    assert_eq!((one.unwrap().as_str(), two.unwrap().as_str()), ("1", "2"));
}
