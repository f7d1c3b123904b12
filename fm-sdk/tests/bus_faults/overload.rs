//! Queues have limits (by a policy of the broker); what is too much is refused, kept by the sender, and sent when there is room.

use crate::world::{COMMAND, EVENT, Instance, TIMEOUT, command, event, healthy, patient};
use actix_web::web;
use fm_sdk::{
    Application, Backends, Kind, Result, Service, Transport, Work,
    bus::{rabbitmq::RabbitMq, transport::Outcome},
    config::Settings,
    document, messages,
    registry::services::Services,
    store::Sqlite,
    testing::{TestIdentities, eventually},
};
use fm_sdk_testing::servers::RabbitMqServer;
use std::{collections::BTreeSet, sync::Arc};

/// The policy that a market's broker has, with room for ten.
fn limit(url: &str) {
    let vhost = url.rsplit('/').next().unwrap();
    let policy = format!(
        "ok = rabbit_policy:set(<<\"{vhost}\">>, <<\"fm-limits\">>, <<\"^fm[.]\">>, [{{<<\"max-length\">>, 10}}], 1, <<\"queues\">>, <<\"test\">>)."
    );
    RabbitMqServer::shared().unwrap().eval(&policy).unwrap();
}

/// Publishes until the queue is full; gives how many were taken. The broker counts a moment late.
async fn fill(bus: &RabbitMq, message: impl Fn(u32) -> fm_sdk::Envelope) -> u32 {
    for n in 0..2000 {
        if let Err(e) = bus.publish(message(n)).await {
            assert_eq!((e.kind(), e.code()), (Kind::Unavailable, "bus-refused"), "{e:?}");
            assert!(e.message().contains("full"), "{e:?}");
            return n;
        }
    }
    panic!("2000 messages are in a queue for ten");
}

#[actix_rt::test]
async fn a_full_queue_refuses_and_keeps_what_it_took_until_there_is_room() {
    let url = healthy();
    limit(&url);
    let bus = patient(&url);
    for (service, to, message) in [("a", EVENT, event as fn(u32) -> _), ("worker", COMMAND, command)] {
        Instance::start(&url, service, &[to]).await.bus.close().await;
        let taken = fill(&bus, message).await;
        assert!(taken >= 10, "{taken}");
        let i = Instance::start(&url, service, &[to]).await;
        let mut seen = BTreeSet::new();
        while seen.len() < taken as usize {
            seen.insert(i.done().await);
        }
        eventually("there is room", TIMEOUT, async || bus.publish(message(5000)).await.is_ok()).await;
        while i.done().await != 5000 {}
        i.bus.close().await;
    }
}

#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct Note {
    id: String,
}
document!(Note = "notes" {});
messages! {
    event "note.written" from any Written { n: u32 }
    command "worker/work" from any Other { n: u32 }
}

/// Each note says so to all, but the last one to a worker.
async fn write(n: web::Path<u32>, work: Work) -> Result<String> {
    let n = n.into_inner();
    work.insert(Note { id: n.to_string() }, |_, out| if n < EVENTS { out.publish(Written { n }) } else { out.send(Other { n }) }).await?;
    Ok("written".into())
}
/// More than a round of the outbox.
const EVENTS: u32 = 700;

#[actix_rt::test]
async fn the_outbox_keeps_what_a_full_queue_refuses_and_does_not_hold_up_the_rest() {
    let url = healthy();
    limit(&url);
    let identities = TestIdentities::new();
    let backends = Backends {
        transport: Arc::new(patient(&url)),
        store: Arc::new(Sqlite::in_memory().unwrap()),
        registry: identities.registry(),
        verifier: identities.verifier().into_inner(),
        delegate: identities.delegate("fm-writer"),
    };
    let service = Service::new("fm-writer", ()).keeps::<Note>().http(|cfg| {
        cfg.route("/notes/{n}", web::post().to(write));
    });
    let application = Application::on(service, Settings::memory(), "one", backends).unwrap();
    let address = format!("http://{}", application.address().unwrap());
    let running = actix_rt::spawn(application.run(std::future::pending()));
    let services = Services::new(identities.registry());
    eventually("it is up", TIMEOUT, async || !services.instances("fm-writer").is_empty()).await;

    // Nobody reads the events.
    let events = (fm_sdk::backend::Audience::Service, "note.written");
    Instance::start(&url, "reader", &[events]).await.bus.close().await;
    let worker = Instance::start(&url, "worker", &[COMMAND]).await;
    let client = awc::Client::default();
    for n in 0..=EVENTS {
        let answer = client.post(format!("{address}/notes/{n}")).send().await.unwrap();
        assert_eq!(answer.status(), 200, "a full queue is no reason to refuse work");
    }
    // The events are stuck, and what is behind them arrives.
    let other = worker.next().await;
    assert_eq!(other.message.decode::<serde_json::Value>().unwrap()["n"], EVENTS);
    other.acknowledger.send(Outcome::Ack).unwrap();

    let reader = Instance::start(&url, "reader", &[events]).await;
    let mut seen = BTreeSet::new();
    while seen.len() < EVENTS as usize {
        let d = reader.next().await;
        seen.insert(d.message.decode::<serde_json::Value>().unwrap()["n"].as_u64().unwrap());
        d.acknowledger.send(Outcome::Ack).unwrap();
    }
    running.abort();
}
