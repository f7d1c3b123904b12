use super::services;
use amiquip::{Connection, QueueDeclareOptions};
use fm_sdk::{
    Envelope, Kind, MessageKind,
    backend::{Audience, Consume, Incoming, Outcome, RabbitMq, Retry, Subscription, Transport, Worker},
};
use fm_sdk_testing::servers::RabbitMqServer;
use std::{sync::LazyLock, time::Duration};

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(30);

/// An event to the service and to its instance, a call, and a command that fails twice.
const DELIVERIES: usize = 5;

/// A broker with the users of the market; every user's password is its name. All tests share it.
fn broker() -> &'static RabbitMqServer {
    static BROKER: LazyLock<RabbitMqServer> = LazyLock::new(boot);
    &BROKER
}

fn boot() -> RabbitMqServer {
    let server = RabbitMqServer::start().unwrap();
    let definitions = concat!(env!("CARGO_MANIFEST_DIR"), "/../rabbitmq/permissions.json");
    server.eval(&format!("{{ok, D}} = file:read_file(\"{definitions}\"), ok = rabbit_definitions:import_raw(D).")).unwrap();
    for service in services() {
        let password = format!("rabbit_auth_backend_internal:change_password(<<\"{service}\">>, <<\"{service}\">>, <<\"test\">>).");
        server.eval(&password).unwrap();
    }
    server
}

fn url(server: &RabbitMqServer, service: &str) -> String {
    server.url().replace("guest:guest", &format!("{service}:{service}"))
}

fn consumes(service: &str) -> Consume {
    let names = [(Audience::Service, "thing.happened"), (Audience::EachInstance, "thing.happened")];
    let own = [(Audience::Command, "obey"), (Audience::Call, "ask")].map(|(a, verb)| (a, &*format!("{service}/{verb}").leak()));
    let subscriptions = names.into_iter().chain(own).map(|(audience, name)| Subscription::new(audience, name)).collect();
    let mut what = Consume::new(service, "one", subscriptions);
    what.retry = Retry { attempts: 2, waits: vec![Duration::from_millis(100)] };
    what
}

/// Handles messages on this thread: puts them into the channel.
fn worker(into: async_channel::Sender<Incoming>) -> Worker {
    Worker::new(actix_rt::Arbiter::current(), move |incoming| drop(into.try_send(incoming)))
}

fn message(kind: MessageKind, name: &str) -> Envelope {
    Envelope::new(kind, name, &1, "fm-test").unwrap()
}

#[actix_rt::test]
async fn a_service_can_do_all_that_its_queues_need() {
    let server = broker();
    let (ours, theirs) = (RabbitMq::connect(&url(server, "fm-cars")).unwrap(), RabbitMq::connect(&url(server, "fm-image")).unwrap());
    let (into, from) = async_channel::bounded(64);
    ours.consume(consumes("fm-cars"), vec![worker(into)]).await.unwrap();
    let handled = actix_rt::spawn(async move {
        let mut seen = Vec::new();
        while seen.len() < DELIVERIES {
            let Ok(incoming) = from.recv().await else { break };
            let Incoming::Message(delivery) = incoming else { continue };
            let (audience, attempt) = (delivery.audience, delivery.message.attempt);
            seen.push((audience, attempt));
            let again = || fm_sdk::Error::new(Kind::Unavailable, "later", "try again");
            let outcome = match audience {
                Audience::Call => Outcome::Reply("42".into()),
                // To the delay queue and back, then to the dead letters.
                Audience::Command => Outcome::Retry(again()),
                Audience::Service | Audience::EachInstance => Outcome::Ack,
            };
            delivery.acknowledger.send(outcome).unwrap();
        }
        seen
    });
    theirs.publish(message(MessageKind::Event, "thing.happened")).await.unwrap();
    theirs.publish(message(MessageKind::Command, "fm-cars/obey")).await.unwrap();
    assert_eq!(theirs.request(message(MessageKind::Call, "fm-cars/ask"), LONG).await.unwrap(), "42");
    let dead = async {
        while ours.dead_letters("fm-cars", 10).await.unwrap().is_empty() {
            actix_rt::time::sleep(Duration::from_millis(50)).await;
        }
    };
    actix_rt::time::timeout(LONG, dead).await.unwrap();
    let mut seen = actix_rt::time::timeout(LONG, handled).await.unwrap().unwrap();
    ours.close().await;
    theirs.close().await;
    seen.sort_by_key(|(audience, attempt)| (format!("{audience:?}"), *attempt));
    let expected =
        [(Audience::Call, 1), (Audience::Command, 1), (Audience::Command, 2), (Audience::EachInstance, 1), (Audience::Service, 1)];
    assert_eq!(seen, expected);
}

/// What somebody does to a queue.
type Action = fn(&amiquip::Channel, &str) -> amiquip::Result<()>;

#[actix_rt::test]
async fn no_service_reads_empties_deletes_or_binds_the_queues_of_another() {
    let server = broker();
    let tracker = RabbitMq::connect(&url(server, "fm-tracker")).unwrap();
    let (into, _from) = async_channel::bounded(64);
    tracker.consume(consumes("fm-tracker"), vec![worker(into)]).await.unwrap();
    for other in services().into_iter().filter(|name| *name != "fm-tracker") {
        for queue in ["events", "commands", "calls", "parking"].map(|last| format!("fm.fm-tracker.{last}")) {
            let actions: [(&str, Action); 5] = [
                ("get", |c, q| c.basic_get(q, false).map(drop)),
                ("purge", |c, q| c.queue_purge(q).map(drop)),
                ("delete", |c, q| c.queue_delete(q, Default::default()).map(drop)),
                ("bind", |c, q| c.queue_bind(q, "fm.events", "#", Default::default())),
                ("declare", |c, q| c.queue_declare(q, QueueDeclareOptions::default()).map(drop)),
            ];
            for (name, action) in actions {
                let mut connection = Connection::insecure_open(&url(server, other)).unwrap();
                let refused = action(&connection.open_channel(None).unwrap(), &queue).unwrap_err().to_string();
                assert!(refused.contains("403"), "{other}: {name} {queue}: {refused}");
            }
        }
    }
    tracker.close().await;
}

#[test]
fn a_wrong_password_and_a_user_without_one_are_refused() {
    let server = broker();
    for login in ["fm-cars:wrong", "fm-cars:", "nobody:nobody"] {
        assert!(Connection::insecure_open(&server.url().replace("guest:guest", login)).is_err(), "{login}");
    }
}
