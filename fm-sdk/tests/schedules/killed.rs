//! A service that is killed with `kill -9` again and again while it sends what it has scheduled, on RabbitMQ and a file.

use super::*;
use fm_sdk::{
    Application, Service, Work,
    backend::{Audience, Backends, Consume, Incoming, Outcome, RabbitMq, Subscription, Transport, Worker},
    config::Settings,
    store::Query,
    testing::{TestIdentities, eventually},
};
use fm_sdk_testing::servers::RabbitMqServer;
use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    process::{Child, Command, Stdio},
    sync::Mutex,
};

/// Messages, due one after the other.
const MESSAGES: u64 = 300;
/// From one to the next.
const APART: Duration = Duration::from_millis(10);
/// Longer than anything here takes.
const TIMEOUT: Duration = Duration::from_secs(120);

messages! { event "tick.due" from "fm-ticker" Tick { n: u64 } }

/// Not a test of its own: what the child processes run, until they are killed.
#[actix_rt::test]
#[ignore = "runs as a child process of the other test"]
async fn ticker() {
    let (bus, file) = (env::var("BUS").unwrap(), env::var("STORE").unwrap());
    let service = Service::new("fm-ticker", ()).at_start(async |_, work: Work| {
        for n in 0..MESSAGES {
            let wait = APART * u32::try_from(n).unwrap();
            work.repeatable("ticker", &n.to_string()).publish_after(wait, Tick { n }).await?;
        }
        Ok(())
    });
    let identities = TestIdentities::new();
    let backends = Backends {
        transport: Arc::new(RabbitMq::connect(&bus).unwrap()),
        store: Arc::new(Sqlite::open(file).unwrap()),
        registry: identities.registry(),
        verifier: identities.verifier().into_inner(),
        delegate: identities.delegate("fm-ticker"),
    };
    let instance = format!("i{}", std::process::id());
    Application::on(service, Settings::memory(), &instance, backends).unwrap().run(std::future::pending()).await.unwrap();
}

/// Killed when it is dropped.
struct Ticker(Child);

impl Ticker {
    fn start(bus: &str, file: &str) -> Self {
        let mut ticker = Command::new(env::current_exe().unwrap());
        ticker.args(["--exact", "killed::ticker", "--ignored"]).env("BUS", bus).env("STORE", file);
        Ticker(ticker.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[actix_rt::test]
async fn each_message_is_sent_once_however_often_the_service_is_killed() {
    let bus = RabbitMqServer::shared().unwrap().url_for_vhost().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ticker.db").to_str().unwrap().to_owned();

    // Which messages came, by their ids: a broker may deliver one twice, which an inbox drops.
    let heard = Arc::new(Mutex::new(BTreeMap::<u64, BTreeSet<String>>::new()));
    let noted = heard.clone();
    let listener = RabbitMq::connect(&bus).unwrap();
    let worker = Worker::new(actix_rt::Arbiter::current(), move |incoming| {
        if let Incoming::Message(delivery) = incoming {
            let tick: Tick = delivery.message.decode().unwrap();
            noted.lock().unwrap().entry(tick.n).or_default().insert(delivery.message.id.clone());
            let _ = delivery.acknowledger.send(Outcome::Ack);
        }
    });
    let what = Consume::new("fm-listener", "one", vec![Subscription::new(Audience::Service, "tick.due")]);
    listener.consume(what, vec![worker]).await.unwrap();

    let count = || heard.lock().unwrap().len();
    let mut kills = 0;
    while count() < MESSAGES as usize {
        let before = count();
        // Two at once, on one file, and both die.
        let tickers = [Ticker::start(&bus, &file), Ticker::start(&bus, &file)];
        let some = (before + 40).min(MESSAGES as usize);
        eventually("more messages come", TIMEOUT, async || count() >= some).await;
        drop(tickers);
        kills += 2;
    }
    assert!(kills >= 6, "killed {kills} times");
    // What is left in the store comes too, if there is anything.
    let _last = Ticker::start(&bus, &file);
    let store = Sqlite::open(&file).unwrap();
    let nothing_waits = async || {
        let schedules = Query { collection: "fm_schedules", ..Query::default() };
        store.count(schedules).await.unwrap() == 0 && store.pending("nobody", Duration::ZERO, 1).await.unwrap().is_empty()
    };
    eventually("nothing waits any more", TIMEOUT, nothing_waits).await;
    let heard = heard.lock().unwrap();
    let twice: Vec<_> = heard.iter().filter(|(_, ids)| ids.len() > 1).collect();
    assert!(twice.is_empty(), "sent twice: {twice:?}");
    assert_eq!(heard.keys().copied().collect::<Vec<_>>(), (0..MESSAGES).collect::<Vec<_>>());
}
