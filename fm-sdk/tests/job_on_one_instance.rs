//! A job that one instance does at a time, with a real broker and a real database.
#![cfg(all(feature = "rabbitmq", feature = "mongodb"))]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use fm_sdk::{
    Application, Cx, Service, Work,
    backend::{Backends, RabbitMq},
    config::Settings,
    messages,
    store::MongoDb,
    testing::{TestIdentities, eventually},
};
use fm_sdk_testing::servers::{MongoServer, RabbitMqServer};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::oneshot;

/// Longer than anything here takes.
const TIMEOUT: Duration = Duration::from_secs(60);

messages! { command "fm-clock/strike" from "fm-clock" Strike { by: String } }

/// Which instance's job sent the commands that were handled, in order.
type Strikes = Arc<Mutex<Vec<String>>>;

fn clock(strikes: Strikes) -> Service<Strikes> {
    Service::new("fm-clock", strikes)
        .every_once(Duration::from_millis(50), "strike", async |_, work: Work| {
            work.send(Strike { by: work.runtime().instance().into() }).await
        })
        .command(async |m: Strike, cx: Cx<Strikes>| {
            cx.state.lock().unwrap().push(m.by);
            Ok(())
        })
}

struct World {
    bus: String,
    database: String,
    identities: TestIdentities,
    strikes: Strikes,
}

impl World {
    /// Starts an instance; it runs until the sender is used.
    async fn start(&self, name: &str) -> (oneshot::Sender<()>, actix_rt::task::JoinHandle<fm_sdk::Result<()>>) {
        let backends = Backends {
            transport: Arc::new(RabbitMq::connect(&self.bus).unwrap()),
            store: Arc::new(MongoDb::connect(MongoServer::shared().url(), &self.database).await.unwrap()),
            registry: self.identities.registry(),
            verifier: self.identities.verifier().into_inner(),
            delegate: self.identities.delegate("fm-clock"),
        };
        let application = Application::on(clock(self.strikes.clone()), Settings::memory(), name, backends).unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        (stop, actix_rt::spawn(application.run(async move { drop(stopped.await) })))
    }

    async fn strikes_by(&self, who: &str, n: usize) {
        let by = || self.strikes.lock().unwrap().iter().filter(|by| *by == who).count();
        eventually(&format!("{who} strikes {n} times"), TIMEOUT, async || by() >= n).await;
    }
}

#[actix_rt::test]
async fn the_job_moves_to_another_instance_when_the_one_that_does_it_stops() {
    let world = World {
        bus: RabbitMqServer::shared().unwrap().url_for_vhost().unwrap(),
        database: MongoServer::fresh_database(),
        identities: TestIdentities::new(),
        strikes: Strikes::default(),
    };
    let (stop_first, first) = world.start("first").await;
    world.strikes_by("first", 3).await;
    let (stop_second, second) = world.start("second").await;
    world.strikes_by("first", 30).await;
    assert!(world.strikes.lock().unwrap().iter().all(|by| by == "first"), "one at a time");
    stop_first.send(()).unwrap();
    first.await.unwrap().unwrap();
    world.strikes_by("second", 3).await;
    let strikes = world.strikes.lock().unwrap().clone();
    let moved = strikes.iter().position(|by| by == "second").unwrap();
    assert!(strikes[moved..].iter().all(|by| by == "second"), "{strikes:?}");
    stop_second.send(()).unwrap();
    second.await.unwrap().unwrap();
}
