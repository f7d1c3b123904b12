use crate::world::{EVENT, Instance, connection, event, healthy, here, patient, wants};
use fm_sdk::{
    ConnectionState, Kind, Transport,
    bus::rabbitmq::{Options, QueueKind, RabbitMq},
};
use fm_sdk_testing::servers::free_ports;
use std::time::{Duration, Instant};

/// Waits for a reason that contains the word.
async fn down_because(url: &str, word: &str) {
    let bus = RabbitMq::connect(url).unwrap();
    let c = connection(&bus, |c| matches!(c, ConnectionState::Down(why) if why.contains(word))).await;
    let ConnectionState::Down(why) = c else { unreachable!() };
    assert!(why.contains("127.0.0.1") && !why.contains("s3cret"), "{why}");
}

#[actix_rt::test]
async fn a_broker_that_is_unreachable_is_named_with_the_reason() {
    let [port] = free_ports().unwrap();
    down_because(&format!("amqp://u:s3cret@127.0.0.1:{port}/v"), "refused").await;
}

#[actix_rt::test]
async fn an_unknown_virtual_host_is_named() {
    let url = healthy();
    down_because(&format!("{}/nowhere", url.rsplit_once('/').unwrap().0), "nowhere").await;
}

#[actix_rt::test]
async fn a_refused_login_names_the_user_and_not_the_password() {
    down_because(&healthy().replace("guest:guest", "mallory:s3cret"), "login of `mallory` was refused").await;
}

#[actix_rt::test]
async fn a_server_that_does_not_speak_amqp_times_out() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    down_because(&format!("amqp://{}/v", silent.local_addr().unwrap()), "handshake").await;
}

#[actix_rt::test]
async fn publishing_without_a_broker_fails_after_its_time_and_says_why() {
    let [port] = free_ports().unwrap();
    let bus = Options::new(format!("amqp://127.0.0.1:{port}/v")).publish_within(Duration::from_millis(300)).connect().unwrap();
    let at = Instant::now();
    let e = bus.publish(event(1)).await.unwrap_err();
    assert_eq!((e.kind(), e.may_have_been_done()), (Kind::Unavailable, false));
    assert!(e.message().contains("refused") && at.elapsed() < Duration::from_secs(2), "{e:?}");
}

#[actix_rt::test]
async fn the_next_address_is_tried_when_the_first_is_dead() {
    let [dead] = free_ports().unwrap();
    let bus = patient(&format!("amqp://127.0.0.1:{dead}/v, {}", healthy()));
    bus.publish(event(1)).await.unwrap();
}

#[actix_rt::test]
async fn a_queue_that_is_there_with_other_arguments_refuses_to_start_and_says_which() {
    let url = healthy();
    Instance::start(&url, "a", &[EVENT]).await.bus.close().await;
    // As an older version might have left it.
    let mut c = amiquip::Connection::insecure_open(&url).unwrap();
    let ch = c.open_channel(None).unwrap();
    ch.queue_delete("fm.a.events", Default::default()).unwrap();
    ch.queue_declare("fm.a.events", amiquip::QueueDeclareOptions { durable: true, ..Default::default() }).unwrap();
    let bus = patient(&url);
    let e = bus.consume(wants("a", &[EVENT]), vec![here(async_channel::unbounded().0)]).await.unwrap_err();
    assert!(e.message().contains("PRECONDITION_FAILED") && e.message().contains("x-"), "{e:?}");
    // The others of this process are not touched.
    bus.publish(event(1)).await.unwrap();
}

#[actix_rt::test]
async fn the_bus_works_with_classic_queues() {
    let url = healthy();
    let bus = Options::new(&url).queues(QueueKind::Classic).calls(QueueKind::Quorum).connect().unwrap();
    let (into, inbox) = async_channel::unbounded();
    bus.consume(wants("worker", &[EVENT, crate::world::CALL]), vec![here(into)]).await.unwrap();
    let i = Instance { bus, inbox };
    i.bus.publish(event(1)).await.unwrap();
    // A failure goes through the classic delay queue and back.
    i.next().await.acknowledger.send(fm_sdk::backend::Outcome::Retry(fm_sdk::reject("again"))).unwrap();
    assert_eq!(i.done().await, 1);
    let answer = async {
        let d = i.next().await;
        d.acknowledger.send(fm_sdk::backend::Outcome::Reply("2".into())).unwrap();
    };
    let (reply, ()) = tokio::join!(i.bus.request(crate::world::call(2), Duration::from_secs(20)), answer);
    assert_eq!(reply.unwrap(), "2");
}
