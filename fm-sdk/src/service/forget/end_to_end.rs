//! A service that has run on etcd and RabbitMQ leaves nothing there, by the command as the command line runs it.

use super::*;
use crate::{
    Application, Cx, Service,
    bus::{rabbitmq::RabbitMq, transport::ServiceQueue},
    config::{StoreUrl, TlsFiles},
    messages,
    registry::Etcd,
    testing::eventually,
};
use fm_sdk_testing::servers::{EtcdServer, RabbitMqServer};
use tokio::{sync::oneshot, task::JoinHandle};

messages! {
    event "thing.made" from ["fm-x", "fm-y"] Made {}
    command "fm-x/do" from any Do {}
    call "fm-x/ask" Ask {} -> bool;
}

const TIMEOUT: Duration = Duration::from_secs(60);
const YES: ForgetCommand = ForgetCommand { yes: true, dry_run: false };
const DRY_RUN: ForgetCommand = ForgetCommand { yes: false, dry_run: true };

/// Handles all kinds of messages and defines a scope.
fn leaving() -> Service<()> {
    Service::new("fm-x", ())
        .on(async |_: Made, _: Cx<()>| Ok(()))
        .command(async |_: Do, _: Cx<()>| Ok(()))
        .call(async |_: Ask, _: Cx<()>| Ok(true))
        .defines_scopes(&[("fm-x:write", &["user"])])
}

fn staying() -> Service<()> {
    Service::new("fm-y", ()).on(async |_: Made, _: Cx<()>| Ok(())).defines_scopes(&[("fm-y:write", &["user"])])
}

/// An instance that runs.
struct Running {
    bus: crate::Bus,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<()>>,
}

impl Running {
    async fn start(service: Service<()>, settings: &Settings) -> Running {
        let application = Application::build(service, settings.clone()).await.unwrap();
        let (bus, services) = (application.bus(), application.services());
        let name = application.service.name();
        let (stop, stopped) = oneshot::channel();
        let task = actix_rt::spawn(application.run(async move { drop(stopped.await) }));
        eventually("it is registered", TIMEOUT, async || !services.instances(name).is_empty()).await;
        Running { bus, stop, task }
    }
    fn work(&self) -> crate::Work {
        crate::Work::new(self.bus.clone(), None)
    }
    async fn stop(self) {
        self.stop.send(()).unwrap();
        self.task.await.unwrap().unwrap();
    }
}

#[actix_rt::test]
async fn queues_keys_and_schedules_of_a_service_that_ran_go_and_those_of_another_that_runs_stay() {
    let (etcd, folder) = (EtcdServer::start().await.unwrap(), tempfile::tempdir().unwrap());
    let amqp = RabbitMqServer::shared().unwrap().url_for_vhost().unwrap();
    let settings = |service: &str| Settings {
        bus: amqp.parse().unwrap(),
        registry: etcd.url().parse().unwrap(),
        store: StoreUrl::Folder(folder.path().into()),
        data: Some(folder.path().join(service)),
        drain: Duration::ZERO,
        ..Settings::memory()
    };
    let (own, other) = (settings("fm-x"), settings("fm-y"));
    let staying = Running::start(staying(), &other).await;
    let service = Running::start(leaving(), &own).await;
    service.work().publish_after(Duration::from_secs(3600), Made {}).await.unwrap();
    staying.work().publish_after(Duration::from_secs(3600), Made {}).await.unwrap();

    let refused = YES.run("fm-x", vec![], &own).await.unwrap_err();
    assert_eq!(refused.code(), "service-running");
    service.stop().await;
    staying.bus.publish_now(&Made {}).await.unwrap();

    let (bus, registry) = (RabbitMq::connect(&amqp).unwrap(), Etcd::connect_with(etcd.url(), "", &TlsFiles::default()).unwrap());
    let queues = async |service: &str| bus.queues(service).await.unwrap();
    let keys = async |service: &str| {
        let all = registry.list("/fm/").await.unwrap().entries.into_keys();
        all.filter(|key| key.split('/').any(|part| part == service)).collect::<Vec<_>>()
    };
    let schedules = async |settings: &Settings, service: &str| {
        let store = cli_client::store(settings, service, vec![]).await.unwrap().unwrap();
        store.count(Query { collection: SCHEDULES, ..Query::default() }).await.unwrap()
    };
    let left = |queues: &[ServiceQueue]| queues.iter().filter(|q| q.consumers == 0).map(|q| q.name.clone()).collect::<Vec<_>>();
    let all_of_it = ["fm.fm-x.events", "fm.fm-x.commands", "fm.fm-x.calls", "fm.fm-x.parking"];
    eventually("nobody consumes", TIMEOUT, async || left(&queues("fm-x").await) == all_of_it).await;
    let waits = async || queues("fm-x").await.iter().any(|q| q.messages == 1);
    eventually("the event waits for the service that is gone", TIMEOUT, waits).await;

    DRY_RUN.run("fm-x", vec![], &own).await.unwrap();
    assert_eq!(left(&queues("fm-x").await), all_of_it, "a dry run deletes nothing");
    assert_eq!((keys("fm-x").await.len(), schedules(&own, "fm-x").await), (2, 1), "{:?}", keys("fm-x").await);

    let before = (queues("fm-y").await.len(), keys("fm-y").await);
    assert_eq!((before.0, before.1.len()), (2, 3), "events and dead letters; the instance, its key, its scope: {before:?}");
    YES.run("fm-x", vec![], &own).await.unwrap();
    assert!(queues("fm-x").await.is_empty());
    assert_eq!((keys("fm-x").await, schedules(&own, "fm-x").await), (vec![], 0));
    assert_eq!((queues("fm-y").await.len(), keys("fm-y").await), before);
    assert_eq!(schedules(&other, "fm-y").await, 1);
    YES.run("fm-x", vec![], &own).await.expect("nothing is left to forget");

    // Its store and its key in the data folder stay: it can come back.
    Running::start(leaving(), &own).await.stop().await;
    assert_eq!(left(&queues("fm-x").await), all_of_it);
    staying.stop().await;
    bus.close().await;
}
