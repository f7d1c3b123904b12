use crate::{
    tap::Tap,
    world::{CALL, EACH, EVENT, Instance, TIMEOUT, call, connection, event, here, patient, victim, wants},
};
use fm_sdk::{ConnectionState, Kind, Transport, bus::transport::Outcome, testing::eventually};
use fm_sdk_testing::servers::RabbitMqServer;
use std::{
    collections::BTreeSet,
    net::TcpStream,
    time::{Duration, Instant},
};

#[actix_rt::test]
async fn a_confirmed_event_survives_the_death_of_the_broker() {
    let broker = victim();
    let url = broker.url_for_vhost().unwrap();
    Instance::start(&url, "a", &[EVENT]).await.bus.close().await;
    broker.wait_for_leaders(&url).unwrap();
    let bus = patient(&url);
    futures::future::try_join_all((0..200).map(|n| bus.publish(event(n)))).await.unwrap();
    broker.kill().unwrap();
    broker.restart().unwrap();
    let i = Instance::start(&url, "a", &[EVENT]).await;
    let mut seen = BTreeSet::new();
    while seen.len() < 200 {
        seen.insert(i.done().await);
    }
}

/// Restarts the broker; gives the moment when its port took connections again.
fn restart_and_watch_port(broker: &RabbitMqServer, url: &str) -> Instant {
    let address = url.split('@').nth(1).unwrap().split('/').next().unwrap().to_owned();
    let watch = std::thread::spawn(move || {
        while TcpStream::connect(&address).is_err() {
            std::thread::sleep(Duration::from_millis(5));
        }
        Instant::now()
    });
    broker.restart().unwrap();
    watch.join().unwrap()
}

#[actix_rt::test]
async fn publishers_and_consumers_are_back_two_seconds_after_the_port_opens() {
    let broker = victim();
    let url = broker.url_for_vhost().unwrap();
    let i = Instance::start(&url, "worker", &[EVENT, CALL, EACH]).await;
    i.bus.publish(event(0)).await.unwrap();
    broker.wait_for_leaders(&url).unwrap();
    broker.kill().unwrap();
    connection(&i.bus, |c| matches!(c, ConnectionState::Down(_))).await;
    let back = async {
        let (server, url) = (broker.server, url.clone());
        actix_rt::task::spawn_blocking(move || restart_and_watch_port(server, &url)).await.unwrap()
    };
    let both = async {
        i.bus.publish(event(1)).await.unwrap();
        let published = Instant::now();
        let mut seen = BTreeSet::new();
        while !seen.contains(&1) {
            seen.insert(i.done().await);
        }
        (published, Instant::now())
    };
    let (opened, (published, consumed)) = tokio::join!(back, both);
    let most = Duration::from_secs(2);
    assert!(published < opened + most, "published after {:?}", published - opened);
    assert!(consumed < opened + most, "consumed after {:?}", consumed - opened);
}

#[actix_rt::test]
async fn unconfirmed_messages_are_sent_again_in_order() {
    let broker = victim();
    let url = broker.url_for_vhost().unwrap();
    let i = Instance::start(&url, "a", &[EVENT]).await;
    let tap = Tap::start(&url).await;
    let bus = patient(&tap.url);
    bus.publish(event(1000)).await.unwrap();
    assert_eq!(i.done().await, 1000);
    broker.wait_for_leaders(&url).unwrap();
    broker.stop().unwrap();
    let publishing = futures::future::try_join_all((0..50).map(|n| bus.publish(event(n))));
    let dying = async {
        // The broker cannot answer what has left.
        eventually("all of them have left", TIMEOUT, async || tap.publishes() > 50).await;
        let server = broker.server;
        actix_rt::task::spawn_blocking(|| server.restart().unwrap()).await.unwrap();
    };
    let (published, ()) = tokio::join!(publishing, dying);
    published.unwrap();
    assert!(bus.metrics().resent >= 50, "{:?}", bus.metrics());
    let mut seen = Vec::new();
    while seen.last() != Some(&49) {
        seen.push(i.done().await);
    }
    seen.retain(|n| *n < 1000);
    assert_eq!(seen, (0..50).collect::<Vec<_>>());
}

#[actix_rt::test]
async fn a_call_ends_by_its_deadline_when_the_broker_hangs_and_when_it_is_gone() {
    let broker = victim();
    let url = broker.url_for_vhost().unwrap();
    let i = Instance::start(&url, "worker", &[CALL]).await;
    let answer = async { i.next().await.acknowledger.send(Outcome::Reply("1".into())).unwrap() };
    let (reply, ()) = tokio::join!(i.bus.request(call(1), TIMEOUT), answer);
    assert_eq!(reply.unwrap(), "1");
    broker.wait_for_leaders(&url).unwrap();
    let within = Duration::from_millis(700);
    let limit = within + Duration::from_millis(500);

    broker.stop().unwrap();
    let at = Instant::now();
    let e = i.bus.request(call(2), within).await.unwrap_err();
    assert_eq!((e.kind(), e.may_have_been_done()), (Kind::TimedOut, true), "it was sent: {e:?}");
    assert!(at.elapsed() < limit, "{:?}", at.elapsed());

    broker.kill().unwrap();
    connection(&i.bus, |c| matches!(c, ConnectionState::Down(_))).await;
    let at = Instant::now();
    let e = i.bus.request(call(3), within).await.unwrap_err();
    assert_eq!((e.kind(), e.may_have_been_done()), (Kind::TimedOut, false), "it was not sent: {e:?}");
    assert!(at.elapsed() < limit, "{:?}", at.elapsed());
    let e = i.bus.request(call(4), TIMEOUT).await.unwrap_err();
    assert!(e.kind() == Kind::Unavailable && e.message().contains("refused"), "{e:?}");
    assert!(at.elapsed() < TIMEOUT / 4, "{:?}", at.elapsed());
}

#[actix_rt::test]
async fn a_broker_that_hangs_is_noticed_and_left_alone_until_it_goes_on() {
    let broker = victim();
    let url = broker.url_for_vhost().unwrap();
    let i = Instance::start(&url, "a", &[EVENT]).await;
    i.bus.publish(event(1)).await.unwrap();
    assert_eq!(i.done().await, 1);
    broker.stop().unwrap();
    connection(&i.bus, |c| matches!(c, ConnectionState::Down(_))).await;
    broker.cont().unwrap();
    i.bus.publish(event(2)).await.unwrap();
    assert_eq!(i.done().await, 2);
}

#[actix_rt::test]
async fn a_broker_short_of_memory_stops_publishers_but_not_consumers() {
    let broker = victim();
    let url = broker.url_for_vhost().unwrap();
    let i = Instance::start(&url, "a", &[EVENT]).await;
    i.bus.publish(event(1)).await.unwrap();
    let held = i.next().await;
    broker.eval("vm_memory_monitor:set_vm_memory_high_watermark(0.0001).").unwrap();
    let until = Instant::now() + TIMEOUT;
    while broker.eval("rabbit_alarm:get_alarms().").unwrap() == "[]" {
        assert!(Instant::now() < until, "there is no alarm");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let publishing = i.bus.publish(event(2));
    let rest = async {
        // The broker tells a publisher at its first message.
        let c = connection(&i.bus, |c| matches!(c, ConnectionState::Down(_))).await;
        held.acknowledger.send(Outcome::Ack).unwrap();
        let unacked = "[N] = [N || Q <- rabbit_amqqueue:list(), amqqueue:get_type(Q) =:= rabbit_quorum_queue, \
                       {resource, V, queue, <<\"fm.a.events\">>} <- [amqqueue:get_name(Q)], V =:= <<\"VHOST\">>, \
                       {messages_unacknowledged, N} <- rabbit_quorum_queue:info(Q, [messages_unacknowledged])], N.";
        let unacked = unacked.replace("VHOST", url.rsplit('/').next().unwrap());
        let until = Instant::now() + TIMEOUT;
        while broker.eval(&unacked).unwrap() != "0" {
            assert!(Instant::now() < until, "the acknowledgement does not get through");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        broker.eval("vm_memory_monitor:set_vm_memory_high_watermark(0.4).").unwrap();
        c
    };
    let (published, c) = tokio::join!(publishing, rest);
    published.unwrap();
    assert!(matches!(&c, ConnectionState::Down(why) if why.contains("memory")), "{c:?}");
    assert_eq!(i.done().await, 2);
    connection(&i.bus, |c| *c == ConnectionState::Up).await;
}

#[actix_rt::test]
async fn a_queue_without_a_leader_is_noticed_and_used_again_when_it_has_one() {
    let broker = victim();
    let url = broker.url_for_vhost().unwrap();
    Instance::start(&url, "a", &[EVENT]).await.bus.close().await;
    broker.wait_for_leaders(&url).unwrap();
    let vhost = url.rsplit('/').next().unwrap();
    let queue =
        format!("{{ok, Q}} = rabbit_amqqueue:lookup({{resource, <<\"{vhost}\">>, queue, <<\"fm.a.events\">>}}), amqqueue:get_pid(Q)");
    broker.eval(&format!("ra:stop_server(quorum_queues, begin {queue} end).")).unwrap();
    let (bus, (into, inbox)) = (patient(&url), async_channel::unbounded());
    let starting = bus.consume(wants("a", &[EVENT]), vec![here(into)]);
    let mending = async {
        let c = connection(&bus, |c| matches!(c, ConnectionState::Down(why) if why.contains("INTERNAL_ERROR"))).await;
        broker.eval(&format!("ok = ra:restart_server(quorum_queues, begin {queue} end).")).unwrap();
        c
    };
    let (started, c) = tokio::join!(starting, mending);
    started.unwrap();
    assert!(matches!(&c, ConnectionState::Down(_)), "{c:?}");
    bus.publish(event(1)).await.unwrap();
    assert_eq!(Instance { bus, inbox }.done().await, 1);
}
