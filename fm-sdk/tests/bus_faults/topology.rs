//! Somebody deletes a part of the topology while services run.

use crate::world::{EACH, EVENT, Instance, TIMEOUT, connection, event, healthy, patient};
use amiquip::{Channel, ExchangeType, FieldTable};
use fm_sdk::{
    Application, Backends, ConnectionState, Cx, Service, Transport,
    bus::transport::{Incoming, Outcome},
    config::Settings,
    messages,
    store::Sqlite,
    testing::{TestIdentities, eventually},
};
use fm_sdk_testing::servers::RabbitMqServer;
use std::{collections::BTreeSet, sync::Arc};

/// Does this by a connection of its own, as an operator would.
fn operator(url: &str, act: impl FnOnce(&Channel) -> amiquip::Result<()>) {
    let mut c = amiquip::Connection::insecure_open(url).unwrap();
    act(&c.open_channel(None).unwrap()).unwrap();
    c.close().unwrap();
}

fn delete_exchange(url: &str, name: &str) {
    operator(url, |c| c.exchange_delete(name, false));
}

fn delete_queue(url: &str, name: &str) {
    operator(url, |c| c.queue_delete(name, Default::default()).map(drop));
}

fn eval(url: &str, expression: &str) -> String {
    let vhost = url.rsplit('/').next().unwrap();
    RabbitMqServer::shared().unwrap().eval(&expression.replace("VHOST", &format!("<<\"{vhost}\">>"))).unwrap()
}

/// The bindings of a queue, the one to the default exchange left out.
fn bindings(url: &str, queue: &str) -> usize {
    let all = eval(url, &format!("length(rabbit_binding:list_for_destination({{resource, VHOST, queue, <<\"{queue}\">>}}))."));
    all.parse::<usize>().unwrap() - 1
}

/// Whether everything that these services need is there.
fn is_whole(url: &str, services: &[&str]) -> bool {
    let exchanges = ["fm.events", "fm.events.backup", "fm.unrouted", "fm.delay.50ms"];
    let exists = |name: &&str| eval(url, &format!("rabbit_exchange:exists({{resource, VHOST, exchange, <<\"{name}\">>}}).")) == "true";
    let to_backup = "length(rabbit_binding:list_for_destination({resource, VHOST, exchange, <<\"fm.events.backup\">>})).";
    exchanges.iter().all(exists)
        && eval(url, to_backup) == "2"
        && services.iter().all(|s| bindings(url, &format!("fm.{s}.events")) == 2)
        && bindings(url, "fm.unrouted") == 1
        && bindings(url, "fm.delay.50ms") == 1
}

#[actix_rt::test]
async fn every_service_receives_an_event_whatever_single_exchange_or_binding_was_deleted() {
    let url = healthy();
    let (a, b) = (Instance::start(&url, "a", &[EVENT]).await, Instance::start(&url, "b", &[EVENT]).await);
    let publisher = patient(&url);
    let unbind = |queue: &'static str, exchange: &'static str| {
        let url = url.clone();
        move || operator(&url, |c| c.queue_unbind(queue, exchange, EVENT.1, FieldTable::new()))
    };
    let delete = |name: &'static str| {
        let url = url.clone();
        move || delete_exchange(&url, name)
    };
    let bridge = || operator(&url, |c| c.exchange_unbind("fm.events.backup", "fm.events", "#", FieldTable::new()));
    let damages: [(&str, &dyn Fn()); 7] = [
        ("a's binding", &unbind("fm.a.events", "fm.events")),
        ("a's second binding", &unbind("fm.a.events", "fm.events.backup")),
        ("b's binding", &unbind("fm.b.events", "fm.events")),
        ("fm.events", &delete("fm.events")),
        ("fm.events.backup", &delete("fm.events.backup")),
        ("fm.unrouted", &delete("fm.unrouted")),
        ("the binding between the two exchanges", &bridge),
    ];
    for (n, (what, damage)) in (0..).zip(damages) {
        damage();
        publisher.publish(event(n)).await.unwrap();
        assert_eq!((a.done().await, b.done().await), (n, n), "{what} was deleted");
        eventually(what, TIMEOUT, async || is_whole(&url, &["a", "b"])).await;
        publisher.publish(event(1000 + n)).await.unwrap();
        assert_eq!((a.done().await, b.done().await), (1000 + n, 1000 + n), "{what} is there again");
    }
}

#[actix_rt::test]
async fn an_exchange_that_a_stranger_declared_again_without_bindings_loses_no_event() {
    let url = healthy();
    let (a, b) = (Instance::start(&url, "a", &[EVENT]).await, Instance::start(&url, "b", &[EVENT]).await);
    operator(&url, |c| {
        c.exchange_delete("fm.events", false)?;
        let alternate = FieldTable::from([("alternate-exchange".to_owned(), amiquip::AmqpValue::LongString("fm.unrouted".into()))]);
        let options = amiquip::ExchangeDeclareOptions { durable: true, arguments: alternate, ..Default::default() };
        c.exchange_declare(ExchangeType::Topic, "fm.events", options).map(drop)
    });
    a.bus.publish(event(1)).await.unwrap();
    assert_eq!((a.done().await, b.done().await), (1, 1));
}

#[actix_rt::test]
async fn no_event_is_lost_while_the_exchange_is_deleted_again_and_again() {
    let url = healthy();
    let (a, b) = (Instance::start(&url, "a", &[EVENT]).await, Instance::start(&url, "b", &[EVENT]).await);
    let (one, two) = (patient(&url), patient(&url));
    const ALL: u32 = 1000;
    const BATCH: u32 = 50;
    let publishing = async {
        for start in (0..ALL).step_by(BATCH as usize) {
            if start % 200 == 100 {
                delete_exchange(&url, "fm.events");
            }
            let events = (start..start + BATCH).map(|n| if n % 2 == 0 { one.publish(event(n)) } else { two.publish(event(n)) });
            futures::future::try_join_all(events).await.unwrap();
        }
    };
    let hears_all = async |i: &Instance| {
        let mut seen = BTreeSet::new();
        while seen.len() < ALL as usize {
            seen.insert(i.done().await);
        }
    };
    tokio::join!(publishing, hears_all(&a), hears_all(&b));
}

#[actix_rt::test]
async fn every_deleted_part_is_named_and_declared_again() {
    let url = healthy();
    let i = Instance::start(&url, "a", &[EVENT]).await;
    let exchanges = ["fm.events", "fm.events.backup", "fm.unrouted", "fm.delay.50ms"];
    let queues = ["fm.unrouted", "fm.delay.50ms", "fm.a.parking"];
    operator(&url, |c| {
        exchanges.iter().try_for_each(|name| c.exchange_delete(*name, false))?;
        queues.iter().try_for_each(|name| c.queue_delete(*name, Default::default()).map(drop))
    });
    let found = connection(&i.bus, |c| matches!(c, ConnectionState::Down(why) if why.contains("was missing"))).await;
    let ConnectionState::Down(why) = found else { unreachable!() };
    for part in exchanges.map(|name| format!("exchange {name}")).into_iter().chain(queues.map(|name| format!("queue {name}"))) {
        assert!(why.contains(&part), "{part} is not named: {why}");
    }
    eventually("all is there again", TIMEOUT, async || is_whole(&url, &["a"])).await;
    connection(&i.bus, |c| *c == ConnectionState::Up).await;
    operator(&url, |c| c.queue_declare_passive("fm.a.parking").map(drop));
    i.bus.publish(event(1)).await.unwrap();
    assert_eq!(i.done().await, 1);
    assert_eq!(i.bus.metrics().reconnects, 0, "messages in flight are not disturbed");
}

#[actix_rt::test]
async fn an_exchange_that_cannot_be_declared_again_stays_named_and_consuming_goes_on() {
    let url = healthy();
    let i = Instance::start(&url, "a", &[EVENT]).await;
    operator(&url, |c| {
        c.exchange_delete("fm.delay.50ms", false)?;
        let durable = amiquip::ExchangeDeclareOptions { durable: true, ..Default::default() };
        c.exchange_declare(ExchangeType::Direct, "fm.delay.50ms", durable).map(drop)
    });
    let refused =
        |c: &ConnectionState| matches!(c, ConnectionState::Down(why) if why.contains("fm.delay.50ms") && why.contains("inequivalent"));
    connection(&i.bus, refused).await;
    i.bus.publish(event(1)).await.unwrap();
    assert_eq!(i.done().await, 1);
    assert!(refused(&i.bus.connection().borrow()));
    delete_exchange(&url, "fm.delay.50ms");
    connection(&i.bus, |c| *c == ConnectionState::Up).await;
}

#[actix_rt::test]
async fn an_unrouted_event_is_kept_also_when_its_queue_was_deleted() {
    for delete in [delete_queue, delete_exchange] {
        let url = healthy();
        let bus = patient(&url);
        bus.publish(event(1)).await.unwrap();
        delete(&url, "fm.unrouted");
        let sent = event(2);
        bus.publish(sent.clone()).await.unwrap();
        let mut c = amiquip::Connection::insecure_open(&url).unwrap();
        let channel = c.open_channel(None).unwrap();
        let kept = std::iter::from_fn(|| channel.basic_get("fm.unrouted", true).unwrap());
        let kept: Vec<_> = kept.filter_map(|get| get.delivery.properties.message_id().clone()).collect();
        assert!(kept.contains(&sent.id), "{kept:?}");
    }
}

#[actix_rt::test]
async fn a_dead_letter_is_kept_also_when_its_queue_was_deleted() {
    let url = healthy();
    let i = Instance::start(&url, "a", &[EVENT]).await;
    i.bus.publish(event(1)).await.unwrap();
    let d = i.next().await;
    delete_queue(&url, "fm.a.parking");
    d.acknowledger.send(Outcome::Reject(fm_sdk::reject("no"))).unwrap();
    eventually("it is a dead letter", TIMEOUT, async || {
        if let Ok(Incoming::Message(again)) = i.inbox.try_recv() {
            let _ = again.acknowledger.send(Outcome::Reject(fm_sdk::reject("no")));
        }
        // RabbitMQ answers with an internal error while the queue that was declared again has no leader yet.
        i.bus.dead_letters("a", 1).await.is_ok_and(|letters| !letters.is_empty())
    })
    .await;
}

#[actix_rt::test]
async fn an_instance_whose_own_queue_was_deleted_is_told_of_the_gap_and_hears_again() {
    let url = healthy();
    let i = Instance::start(&url, "a", &[EACH]).await;
    let own = "[{ok, _} = rabbit_amqqueue:delete(Q, false, false, <<\"test\">>) || Q <- rabbit_amqqueue:list(VHOST), \
               {resource, _, queue, <<\"fm.a.each.\", _/binary>>} <- [amqqueue:get_name(Q)]].";
    eval(&url, own);
    let told = tokio::time::timeout(TIMEOUT, i.inbox.recv()).await.expect("is told").unwrap();
    assert!(matches!(told, Incoming::Gap));
    i.bus.publish(event(1)).await.unwrap();
    assert_eq!(i.done().await, 1);
}

messages! { event "thing.happened" from any Happened { n: u32 } }

#[actix_rt::test]
async fn the_health_of_a_service_names_the_exchange_that_was_deleted() {
    let url = healthy();
    let identities = TestIdentities::new();
    let backends = Backends {
        transport: Arc::new(patient(&url)),
        store: Arc::new(Sqlite::in_memory().unwrap()),
        registry: identities.registry(),
        verifier: identities.verifier().into_inner(),
        delegate: identities.delegate("fm-reader"),
    };
    let service = Service::new("fm-reader", ()).on(async |_: Happened, _: Cx<()>| Ok(()));
    let application = Application::on(service, Settings::memory(), "one", backends).unwrap();
    let health = format!("http://{}/health/ready", application.address().unwrap());
    let running = actix_rt::spawn(application.run(std::future::pending()));
    let client = awc::Client::default();
    let report = async || {
        let Ok(mut answer) = client.get(&health).send().await else { return (0, String::new()) };
        (answer.status().as_u16(), String::from_utf8(answer.body().await.unwrap().to_vec()).unwrap())
    };
    eventually("it is well", TIMEOUT, async || report().await.1.contains(r#""status":"ok""#)).await;
    delete_exchange(&url, "fm.events");
    eventually("it names what is missing and goes on serving", TIMEOUT, async || {
        let (status, body) = report().await;
        status == 200 && body.contains(r#""status":"degraded""#) && body.contains("exchange fm.events was missing")
    })
    .await;
    eventually("it is well again", TIMEOUT, async || report().await.1.contains(r#""status":"ok""#)).await;
    running.abort();
}
