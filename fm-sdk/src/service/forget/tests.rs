use super::*;
use crate::{
    Envelope, MessageKind, Service,
    bus::transport::ServiceQueue,
    messages,
    registry::{Instance, MemoryRegistry, services::Services},
    service::snapshot::Cursor,
    store::Sqlite,
    testing::MockBus,
    testing::TestIdentities,
};
use std::time::Duration;

messages! { event "thing.due" from "fm-x" Due {} }

/// A market that the service has been in: its key, a key of another service, two schedules.
async fn left_by(service: &'static str, bus: Arc<dyn Transport>) -> Leaving {
    let store: Arc<dyn Driver> = Arc::new(Sqlite::in_memory().unwrap());
    let mock = MockBus::with_store(Service::new("fm-x", ()), store.clone());
    mock.advance(Duration::ZERO).await;
    for minutes in [1, 2] {
        mock.work().publish_after(Duration::from_secs(minutes * 60), Due {}).await.unwrap();
    }
    store.prepare(vec![Cursor::SPEC]).await.unwrap();
    assert!(Cursor::read(&*store, "thing.due").await.unwrap().write(&*store).await.unwrap());
    let registry = MemoryRegistry::new();
    let identities = TestIdentities::in_registry(registry.clone());
    for name in ["fm-x", "fm-xy", "fm-y"] {
        identities.delegate(name);
    }
    Leaving { service: service.into(), bus, registry: Arc::new(registry), store: Some(store) }
}

fn quiet() -> Arc<dyn Transport> {
    Arc::new(crate::bus::memory::Memory::default())
}

async fn keys(leaving: &Leaving) -> Vec<String> {
    let all = leaving.registry.list("/fm/identity/services/").await.unwrap().entries;
    all.into_keys().map(|key| key.split('/').nth(4).unwrap().to_owned()).collect()
}

const YES: ForgetCommand = ForgetCommand { yes: true, dry_run: false };
const DRY_RUN: ForgetCommand = ForgetCommand { yes: false, dry_run: true };

#[actix_rt::test]
async fn keys_and_schedules_of_the_service_go_and_those_of_others_stay() {
    let leaving = left_by("fm-x", quiet()).await;
    let found = leaving.look().await.unwrap();
    assert_eq!((found.keys.len(), found.schedules, found.unsent), (1, 2, 0));
    YES.forget(&leaving).await.unwrap();
    assert!(leaving.look().await.unwrap().is_empty());
    let snapshots = Query { collection: SNAPSHOTS, ..Query::default() };
    assert_eq!(leaving.store.as_ref().unwrap().count(snapshots).await.unwrap(), 0, "a service that comes back takes them anew");
    assert_eq!(keys(&leaving).await, ["fm-xy", "fm-y"]);
    YES.forget(&leaving).await.expect("nothing is left to forget");
}

#[actix_rt::test]
async fn a_dry_run_removes_nothing() {
    let leaving = left_by("fm-x", quiet()).await;
    DRY_RUN.forget(&leaving).await.unwrap();
    let found = leaving.look().await.unwrap();
    assert_eq!((found.keys.len(), found.schedules), (1, 2));
}

#[actix_rt::test]
async fn a_service_with_a_registered_instance_is_not_forgotten() {
    let leaving = left_by("fm-x", quiet()).await;
    let services = Services::new(leaving.registry.clone());
    let other = services.register(Instance::new("fm-xy", "other", "http://127.0.0.1:1")).unwrap();
    let instance = services.register(Instance::new("fm-x", "one", "http://127.0.0.1:1")).unwrap();
    let refused = YES.forget(&leaving).await.unwrap_err();
    assert_eq!((refused.kind(), refused.code()), (Kind::Conflict, "service-running"));
    assert!(refused.message().contains("one"), "{refused}");
    assert_eq!(leaving.store.as_ref().unwrap().count(Query { collection: SCHEDULES, ..Query::default() }).await.unwrap(), 2);
    instance.release().await;
    YES.forget(&leaving).await.unwrap();
    other.release().await;
}

#[actix_rt::test]
async fn a_registry_that_does_not_answer_stops_it() {
    let leaving = left_by("fm-x", quiet()).await;
    let registry = MemoryRegistry::new();
    registry.cut();
    let cut = Leaving { registry: Arc::new(registry), ..leaving };
    assert_eq!(YES.forget(&cut).await.unwrap_err().kind(), Kind::Unavailable);
    assert_eq!(cut.store.as_ref().unwrap().count(Query { collection: SCHEDULES, ..Query::default() }).await.unwrap(), 2);
}

#[test]
fn only_the_name_of_the_service_confirms() {
    let answer = |text: &str| confirmed("fm-x", &mut text.as_bytes()).map_err(|e| e.code().to_owned());
    for yes in ["fm-x\n", "fm-x", "  fm-x \r\n"] {
        assert_eq!(answer(yes), Ok(()), "{yes:?}");
    }
    for no in ["", "\n", "y\n", "yes\n", "fm-xy\n", "FM-X\n"] {
        assert_eq!(answer(no), Err("not-confirmed".into()), "{no:?}");
    }
}

#[test]
fn removed_items_are_listed_line_by_line() {
    let queue = ServiceQueue { messages: 3, ..ServiceQueue::new("fm.fm-x.events") };
    let keys = vec!["/fm/identity/services/fm-x/k".into()];
    let found = Leftovers { service: "fm-x".into(), queues: vec![queue], keys, schedules: 2, unsent: 1 };
    let text = found.to_string();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(
        lines[..3],
        ["queue fm.fm-x.events (3 messages)", "registry key /fm/identity/services/fm-x/k", "schedules: 2 messages that are not due yet"]
    );
    assert!(lines[3].starts_with("warning: 1 messages of the outbox"));
}

#[cfg(feature = "rabbitmq")]
mod rabbitmq {
    use super::*;
    use crate::{
        bus::{
            rabbitmq::RabbitMq,
            transport::{Audience, Consume, Subscription, Worker},
        },
        testing::eventually,
    };
    use fm_sdk_testing::servers::RabbitMqServer;

    const TIMEOUT: Duration = Duration::from_secs(30);

    fn connect(url: &str) -> RabbitMq {
        RabbitMq::connect(url).unwrap()
    }

    /// Declares the queues of a service and leaves.
    async fn consume(bus: &RabbitMq, service: &str) {
        let handled = [(Audience::Service, "thing.made"), (Audience::Command, "fm-x/do"), (Audience::Call, "fm-x/ask")];
        let what = Consume::new(service, "one", handled.map(|(audience, name)| Subscription::new(audience, name)).to_vec());
        bus.consume(what, vec![Worker::new(actix_rt::Arbiter::current(), drop)]).await.unwrap();
    }

    #[actix_rt::test]
    async fn the_queues_of_the_service_go_with_what_is_in_them() {
        let url = RabbitMqServer::shared().unwrap().url_for_vhost().unwrap();
        let other = connect(&url);
        consume(&other, "fm-xy").await;
        let bus = connect(&url);
        consume(&bus, "fm-x").await;
        let leaving = left_by("fm-x", Arc::new(connect(&url))).await;
        let refused = YES.forget(&leaving).await.unwrap_err();
        assert_eq!(refused.code(), "service-running", "it consumes");
        bus.close().await;
        let idle = async || leaving.bus.queues("fm-x").await.unwrap().iter().all(|q| q.consumers == 0);
        eventually("nobody consumes", TIMEOUT, idle).await;
        other.publish(Envelope::new(MessageKind::Event, "thing.made", &1, "fm-y").unwrap()).await.unwrap();
        let waiting = async || leaving.bus.queues("fm-x").await.unwrap().iter().any(|q| q.messages == 1);
        eventually("the broker counts the message", TIMEOUT, waiting).await;

        DRY_RUN.forget(&leaving).await.unwrap();
        let names = |found: &Leftovers| found.queues.iter().map(|q| q.name.clone()).collect::<Vec<_>>();
        let found = leaving.look().await.unwrap();
        assert_eq!(names(&found), ["fm.fm-x.events", "fm.fm-x.commands", "fm.fm-x.calls", "fm.fm-x.parking"]);

        YES.forget(&leaving).await.unwrap();
        assert!(leaving.look().await.unwrap().is_empty());
        assert_eq!(leaving.bus.queues("fm-xy").await.unwrap().len(), 4, "another service keeps its own");
        leaving.bus.delete_queue("fm.fm-x.events").await.expect("a queue that is gone is fine");
        assert_eq!(leaving.bus.delete_queue("fm.fm-xy.events").await.unwrap_err().code(), "queue-in-use");
    }
}
