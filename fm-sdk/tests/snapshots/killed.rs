//! Owner and subscriber as processes on RabbitMQ, etcd and files, that are killed with `kill -9` again and again while a snapshot is taken.

use super::market::{Car, Known, TIMEOUT, Told, car, cars, subscriber};
use fm_sdk::{
    Application, Work,
    config::{Settings, StoreUrl},
    store::{Document, Driver, Query, Spec, Sqlite},
    testing::eventually,
};
use fm_sdk_testing::servers::{EtcdServer, RabbitMqServer};
use std::{
    env,
    path::Path,
    process::{Child, Command, Stdio},
};

/// Cars of the owner.
const CARS: u32 = 600;

fn settings(folder: &Path, service: &str) -> Settings {
    Settings {
        bus: env::var("BUS").unwrap().parse().unwrap(),
        registry: env::var("REGISTRY").unwrap().parse().unwrap(),
        store: StoreUrl::Folder(folder.into()),
        data: Some(folder.join(service)),
        // The same one after each restart, so that it need not wait for its own lease.
        instance: Some("one".into()),
        ..Settings::memory()
    }
}

/// Not a test of its own: what the child processes run, until they are killed.
#[actix_rt::test]
#[ignore = "runs as a child process of the other test"]
async fn process() {
    let folder = env::var("FOLDER").unwrap();
    let service = match env::var("SERVICE").unwrap().as_str() {
        "fm-cars" => cars().at_start(async |_, work: Work| {
            for n in 0..CARS {
                if work.doc::<Car>(&car(n)).get().await?.is_none() {
                    work.insert(Car { id: car(n), price: n.into() }, |_, _| Ok(())).await?;
                }
            }
            Ok(())
        }),
        _ => subscriber("fm-late"),
    };
    let settings = settings(Path::new(&folder), service.name());
    Application::build(service, settings).await.unwrap().run(std::future::pending()).await.unwrap();
}

/// Killed when it is dropped.
struct Process(Child);

impl Process {
    fn start(service: &str, environment: &[(&str, &str)]) -> Self {
        let mut process = Command::new(env::current_exe().unwrap());
        process.args(["--exact", "killed::process", "--ignored"]).env("SERVICE", service).envs(environment.iter().copied());
        Process(process.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[actix_rt::test]
async fn a_snapshot_is_complete_and_each_event_of_it_took_effect_once_however_often_both_sides_are_killed() {
    let (etcd, folder) = (EtcdServer::start().await.unwrap(), tempfile::tempdir().unwrap());
    let bus = RabbitMqServer::shared().unwrap().url_for_vhost().unwrap();
    let path = folder.path().to_str().unwrap().to_owned();
    let environment = [("BUS", bus.as_str()), ("REGISTRY", etcd.url()), ("FOLDER", path.as_str())];
    let store = Sqlite::open(folder.path().join("fm-late.sqlite")).unwrap();
    let collections = [Known::COLLECTION, Told::COLLECTION, "fm_snapshots"];
    store.prepare(collections.map(|collection| Spec { collection, indexes: &[] }).to_vec()).await.unwrap();
    let count = async |collection: &'static str| store.count(Query { collection, ..Query::default() }).await.unwrap();
    let done = async || {
        let cursor = store.peek("fm_snapshots", "car.listed", None).await.unwrap();
        cursor.and_then(|cursor| cursor.body).is_some_and(|body| body["done"] == true)
    };
    let mut owner = Process::start("fm-cars", &environment);
    let mut kills = 0;
    while !done().await {
        let before = count("known").await;
        let late = Process::start("fm-late", &environment);
        eventually("more is known", TIMEOUT, async || count("known").await > before + 60 || done().await).await;
        drop(late);
        if kills % 2 == 1 {
            drop(owner);
            owner = Process::start("fm-cars", &environment);
        }
        kills += 1;
    }
    drop(owner);
    assert!(kills >= 5, "killed {kills} times");
    let known = store.read(Query { collection: "known", ..Query::default() }).await.unwrap();
    let known: Vec<Known> = known.into_iter().map(|stored| serde_json::from_value(stored.body.unwrap()).unwrap()).collect();
    let twice: Vec<_> = known.iter().filter(|known| known.times != 1).collect();
    assert!(twice.is_empty(), "told twice: {twice:?}");
    let all: Vec<_> = known.iter().map(|known| (known.id.clone(), known.price)).collect();
    assert_eq!(all, (0..CARS).map(|n| (car(n), i64::from(n))).collect::<Vec<_>>());
    assert_eq!(count("told").await, u64::from(CARS));
}
