//! An owner of cars and services that subscribe late.

use fm_sdk::{
    Application, Cx, Doc, Envelope, Handled, HandlerOptions, MessageKind, Service, Transport, Work,
    backend::{Backends, MemoryBus},
    config::Settings,
    document, messages,
    store::{Driver, Query, Sqlite},
    testing::{TestIdentities, eventually},
};
use serde::{Deserialize, Serialize};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{sync::oneshot, task::JoinHandle};

/// Longer than anything here takes.
pub const TIMEOUT: Duration = Duration::from_secs(60);

messages! {
    event "car.listed" from "fm-cars" Listed { car: String, price: i64 }
    event "car.removed" from "fm-cars" Removed { car: String }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Car {
    pub id: String,
    pub price: i64,
}
document!(Car = "cars" {});

/// What a subscriber knows of a car, and how often it was told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Known {
    pub id: String,
    pub price: i64,
    pub times: u32,
}
document!(Known = "known" {});

/// How often a subscriber was told anything.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Told {
    pub id: String,
}
document!(Told = "told" {});

pub fn car(n: u32) -> String {
    format!("c{n:04}")
}

fn listed_event(car: &Car) -> Listed {
    Listed { car: car.id.clone(), price: car.price }
}

pub fn cars() -> Service<()> {
    Service::new("fm-cars", ()).snapshot(|car: &Doc<Car>| Some(listed_event(car)))
}

async fn listed(m: Listed, cx: Cx<()>) -> Handled {
    cx.insert(Told { id: cx.new_id() }, |_, _| Ok(())).await?;
    if cx.doc::<Known>(&m.car).get().await?.is_none() {
        return cx.insert(Known { id: m.car, price: m.price, times: 1 }, |_, _| Ok(())).await.map(drop);
    }
    let known = cx.doc::<Known>(&m.car);
    known.change(|known, _| Ok((known.price, known.times) = (m.price, known.times + 1))).await.map(drop)
}

async fn removed(m: Removed, cx: Cx<()>) -> Handled {
    cx.doc::<Known>(&m.car).remove(|_, _| Ok(())).await.map(drop)
}

pub fn subscriber(name: &'static str) -> Service<()> {
    Service::new(name, ()).keeps::<Known>().keeps::<Told>().on_with(HandlerOptions::new().snapshot(), listed).on(removed)
}

/// Connects once more to one broker.
pub type Connect = Box<dyn Fn() -> Arc<dyn Transport>>;

pub async fn buses() -> Vec<Connect> {
    let memory = MemoryBus::default();
    vec![
        Box::new(move || Arc::new(memory.connect())),
        #[cfg(feature = "rabbitmq")]
        {
            use fm_sdk::backend::RabbitMq;
            use fm_sdk_testing::servers::RabbitMqServer;
            let url = RabbitMqServer::shared().unwrap().url_for_vhost().unwrap();
            Box::new(move || Arc::new(RabbitMq::connect(&url).unwrap()))
        },
    ]
}

/// A broker and the identities of the services on it.
pub struct Market {
    connect: Connect,
    identities: TestIdentities,
}

/// An instance that runs.
pub struct Running {
    work: Work,
    url: String,
    store: Arc<dyn Driver>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Market {
    pub fn on(connect: Connect) -> Self {
        Market { connect, identities: TestIdentities::new() }
    }
    pub async fn owner(&self, store: Arc<dyn Driver>) -> Running {
        self.start(cars(), store).await
    }
    pub async fn subscriber(&self, name: &'static str) -> Running {
        self.start(subscriber(name), new_store()).await
    }
    /// Says in the owner's name that a car is gone, while the owner is down.
    pub async fn say_removed(&self, n: u32) {
        let mut m = Envelope::new(MessageKind::Event, "car.removed", &Removed { car: car(n) }, "fm-cars").unwrap();
        self.identities.delegate("fm-cars").seal(&mut m, None).unwrap();
        let bus = (self.connect)();
        bus.publish(m).await.unwrap();
        bus.close().await;
    }
    async fn start(&self, service: Service<()>, store: Arc<dyn Driver>) -> Running {
        let (name, given) = (service.name(), Arc::new(Mutex::new(None)));
        let slot = given.clone();
        let service = service.at_start(async move |_, work: Work| {
            *slot.lock().unwrap() = Some(work);
            Ok(())
        });
        let backends = Backends {
            transport: (self.connect)(),
            store: store.clone(),
            registry: self.identities.registry(),
            verifier: self.identities.verifier().into_inner(),
            delegate: self.identities.delegate(name),
        };
        let settings = Settings { drain: Duration::ZERO, ..Settings::memory() };
        let application = Application::on(service, settings, "one", backends).unwrap();
        let url = format!("http://{}/health/ready", application.address().unwrap());
        let (stop, stopped) = oneshot::channel();
        let task = actix_rt::spawn(async move { application.run(async move { drop(stopped.await) }).await.unwrap() });
        let ready = async || awc::Client::default().get(&url).send().await.is_ok_and(|response| response.status() == 200);
        eventually("it is ready", TIMEOUT, ready).await;
        let work = given.lock().unwrap().take().unwrap();
        Running { work, url, store, stop, task }
    }
}

pub fn new_store() -> Arc<dyn Driver> {
    Arc::new(Sqlite::in_memory().unwrap())
}

impl Running {
    pub async fn list(&self, n: u32, price: i64) {
        self.work.insert(Car { id: car(n), price }, |car, out| out.publish(listed_event(car))).await.unwrap();
    }
    pub async fn reprice(&self, n: u32, price: i64) {
        let id = car(n);
        let car = self.work.doc::<Car>(&id);
        car.change(|car, out| {
            car.price = price;
            out.publish(listed_event(car))
        })
        .await
        .unwrap();
    }
    pub async fn remove(&self, n: u32) {
        let id = car(n);
        self.work.doc::<Car>(&id).remove(|car, out| out.publish(Removed { car: car.id.clone() })).await.unwrap();
    }
    pub async fn known(&self) -> Vec<(String, i64)> {
        self.work.docs::<Known>().list().await.unwrap().into_iter().map(|k| (k.id.clone(), k.price)).collect()
    }
    pub async fn told(&self) -> u64 {
        self.store.count(Query { collection: "told", ..Query::default() }).await.unwrap()
    }
    pub async fn health(&self) -> String {
        let body = awc::Client::default().get(&self.url).send().await.unwrap().body().await.unwrap();
        String::from_utf8(body.to_vec()).unwrap()
    }
    /// Gives what it has kept.
    pub async fn stop(self) -> Arc<dyn Driver> {
        self.stop.send(()).unwrap();
        self.task.await.unwrap();
        self.store
    }
}
