use crate::world::{COMMAND, EACH, EVENT, Instance, TIMEOUT, command, event, healthy, patient, victim};
use amiquip::{AmqpProperties, Connection, Publish};
use fm_sdk::{
    Transport,
    bus::transport::{Audience, DeadLetter, Outcome},
};
use std::time::{Duration, Instant};

fn put(url: &str, queue: &str, body: &[u8], properties: AmqpProperties) {
    let mut c = Connection::insecure_open(url).unwrap();
    let ch = c.open_channel(None).unwrap();
    ch.basic_publish("", Publish::with_properties(body, queue, properties)).unwrap();
    ch.close().unwrap();
}

async fn dead_letters(bus: &dyn Transport, service: &str, number: usize) -> Vec<DeadLetter> {
    let until = Instant::now() + TIMEOUT;
    loop {
        let l = bus.dead_letters(service, 100).await.unwrap();
        if l.len() >= number {
            return l;
        }
        assert!(Instant::now() < until, "{l:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[actix_rt::test]
async fn a_foreign_message_becomes_a_dead_letter_with_its_cause_and_does_not_block() {
    let url = healthy();
    let i = Instance::start(&url, "worker", &[EVENT, COMMAND]).await;
    put(&url, "fm.worker.events", b"hello", AmqpProperties::default());
    put(&url, "fm.worker.commands", &[0xff, 0x00, 0xfe], AmqpProperties::default());
    i.bus.publish(event(1)).await.unwrap();
    i.bus.publish(command(2)).await.unwrap();
    assert_eq!(i.done().await + i.done().await, 3);
    let l = dead_letters(&i.bus, "worker", 2).await;
    let of = |a: Audience| l.iter().find(|p| p.audience == a).unwrap();
    let (e, c) = (of(Audience::Service), of(Audience::Command));
    assert_eq!((e.code.as_str(), e.message.name.as_str(), e.message.body.as_str()), ("undecodable", "", "hello"));
    assert!(e.cause.contains("fm-kind") && c.message.body.contains('\u{fffd}'), "{l:?}");
    for p in &l {
        assert!(i.bus.drop_dead_letter("worker", &p.message.id).await.unwrap().is_some());
    }
    assert!(i.bus.dead_letters("worker", 9).await.unwrap().is_empty());
}

#[actix_rt::test]
async fn an_unreadable_message_becomes_one_dead_letter_however_many_instances_listen() {
    let url = healthy();
    let (i, j) = (Instance::start(&url, "a", &[EVENT, EACH]).await, Instance::start(&url, "a", &[EVENT, EACH]).await);
    let mut c = Connection::insecure_open(&url).unwrap();
    let ch = c.open_channel(None).unwrap();
    ch.basic_publish("fm.events", Publish::new(b"hello", EVENT.1)).unwrap();
    i.bus.publish(event(1)).await.unwrap();
    // Each queue keeps its order: who has handled this has seen the other.
    for instance in [&i, &j] {
        while instance.next().await.audience != Audience::EachInstance {}
    }
    let bus = patient(&url);
    dead_letters(&bus, "a", 1).await;
    i.bus.close().await;
    j.bus.close().await;
    let l = bus.dead_letters("a", 9).await.unwrap();
    assert_eq!(l.iter().map(|p| (p.audience, p.code.as_str())).collect::<Vec<_>>(), [(Audience::Service, "undecodable")]);
}

#[actix_rt::test]
async fn a_message_that_the_broker_gives_up_becomes_a_dead_letter_with_its_reason() {
    let url = healthy();
    Instance::start(&url, "a", &[EVENT]).await.bus.close().await;
    let bus = patient(&url);
    let sent = event(1);
    bus.publish(sent.clone()).await.unwrap();
    let mut c = Connection::insecure_open(&url).unwrap();
    let ch = c.open_channel(None).unwrap();
    ch.basic_get("fm.a.events", false).unwrap().unwrap().delivery.reject(&ch, false).unwrap();
    let p = dead_letters(&bus, "a", 1).await.remove(0);
    assert_eq!((p.message, p.audience, p.code.as_str()), (sent.clone(), Audience::Service, "dead-lettered"));
    assert!(p.cause.contains("rejected") && p.dead_lettered_at_ms + 60_000 > sent.at_ms, "{}", p.cause);
}

#[actix_rt::test]
async fn an_unrouted_event_is_kept() {
    let url = healthy();
    let bus = patient(&url);
    let sent = event(1);
    bus.publish(sent.clone()).await.unwrap();
    let mut c = Connection::insecure_open(&url).unwrap();
    let kept = c.open_channel(None).unwrap().basic_get("fm.unrouted", true).unwrap().unwrap();
    assert_eq!(kept.delivery.properties.message_id().as_deref(), Some(sent.id.as_str()));
}

#[actix_rt::test]
async fn a_retried_message_carries_no_traces_of_the_delay() {
    let url = healthy();
    let i = Instance::start(&url, "a", &[EVENT]).await;
    i.bus.publish(event(1)).await.unwrap();
    i.next().await.acknowledger.send(Outcome::Retry(fm_sdk::reject("again"))).unwrap();
    let second = i.next().await;
    assert_eq!(second.message.attempt, 2);
    second.acknowledger.send(Outcome::Reject(fm_sdk::reject("enough"))).unwrap();
    dead_letters(&i.bus, "a", 1).await;
    let mut c = Connection::insecure_open(&url).unwrap();
    let raw = c.open_channel(None).unwrap().basic_get("fm.a.parking", true).unwrap().unwrap();
    let headers = raw.delivery.properties.headers().clone().unwrap();
    assert!(headers.keys().all(|k| !k.contains("death")), "{headers:?}");
}

#[actix_rt::test]
async fn strings_that_are_not_utf8_do_not_cost_the_connection() {
    let broker = victim();
    let url = broker.url_for_vhost().unwrap();
    let i = Instance::start(&url, "a", &[EVENT]).await;
    // {'P_basic', content type, encoding, headers, ...}: the broker's own client library is not at hand for bytes like these.
    let vhost = url.rsplit('/').next().unwrap();
    let properties = "{'P_basic', <<255, 254>>, undefined, [{<<\"k\", 128>>, longstr, <<200>>}, {<<\"n\">>, long, -1}], \
                      2, undefined, undefined, undefined, undefined, <<\"id\", 255>>, undefined, <<129>>, undefined, undefined, undefined}";
    for key in ["<<\"fm.a.events\">>", "<<\"fm.a.parking\">>"] {
        let exchange = format!("{{resource, <<\"{vhost}\">>, exchange, <<>>}}");
        broker.eval(&format!("rabbit_basic:publish({exchange}, {key}, {properties}, <<\"raw\", 255>>).")).unwrap();
    }
    i.bus.publish(event(1)).await.unwrap();
    assert_eq!(i.done().await, 1);
    let l = dead_letters(&i.bus, "a", 2).await;
    assert!(l.iter().all(|p| p.message.body == "raw\u{fffd}"), "{l:?}");
    assert_eq!(i.bus.metrics().reconnects, 0);
}
