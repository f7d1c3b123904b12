//! The same with the SDK: a service that answers, and one that calls and publishes, as they run in production.

use super::{PAYLOAD, Run, broker::Broker};
use crate::Result;
use fm_sdk::{
    Application, Bus, Cx, Event, Identity, Reply, Service,
    backend::{Backends, RabbitMq},
    config::Settings,
    messages,
    registry::{MemoryRegistry, Registry},
    store::Sqlite,
    testing::TestIdentities,
};
use std::{
    cell::RefCell,
    rc::Rc,
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

messages! {
    call "fm-bench/echo" Echo { text: String } -> String;
    event "bench.happened" from "fm-bench-caller" Happened { text: String }
}

/// The routing key of what is published.
pub(super) const EVENT: &str = Happened::NAME;

async fn echo(m: Echo, _: Cx<()>) -> Reply<String> {
    Ok(m.text)
}

/// Longer than a call takes on a laden machine.
const DEADLINE: Duration = Duration::from_secs(5);

/// Both services; the one that answers runs on a thread of its own until the process ends.
pub(super) struct Pair {
    caller: Bus,
    user: Identity,
    message_token: String,
}

impl Pair {
    pub fn start(broker: &Broker) -> Result<Self> {
        let registry = MemoryRegistry::new();
        let identities = TestIdentities::in_registry(registry.clone());
        let user = identities.identity("u1", &["cars:write"]);
        let backends = |name: &str| -> Result<Backends> {
            Ok(Backends {
                transport: Arc::new(RabbitMq::connect(&broker.url())?),
                store: Arc::new(Sqlite::in_memory()?),
                registry: Arc::new(registry.clone()) as Arc<dyn Registry>,
                verifier: identities.verifier().into_inner(),
                delegate: identities.delegate(name),
            })
        };
        let (answers, calls) = (backends("fm-bench")?, backends("fm-bench-caller")?);
        let message_token = calls.delegate.mint(user.sub(), &user.scopes().join(" "), EVENT, &uuid::Uuid::now_v7().to_string(), "")?;
        thread::Builder::new().name("answering".into()).spawn(move || {
            let done = fm_sdk::actix_rt::System::new().block_on(async move {
                let settings = Settings { workers: 2, ..Settings::memory() };
                Application::on(Service::new("fm-bench", ()).call(echo), settings, "one", answers)?.run(std::future::pending()).await
            });
            if let Err(e) = done {
                eprintln!("the answering service ended: {}", e.chain());
            }
        })?;
        let (give, take) = mpsc::channel();
        thread::Builder::new().name("calling".into()).spawn(move || {
            let _ = fm_sdk::actix_rt::System::new().block_on(async move {
                let application =
                    Application::on(Service::new("fm-bench-caller", ()).publishes::<Happened>(), Settings::memory(), "one", calls)?;
                let _ = give.send(application.bus());
                std::future::pending::<fm_sdk::Result<()>>().await
            });
        })?;
        let pair = Pair { caller: take.recv()?, user, message_token };
        pair.wait()?;
        Ok(pair)
    }

    /// Returns when the first call is answered and the first event is taken.
    fn wait(&self) -> Result<()> {
        let caller = self.caller.clone();
        fm_sdk::actix_rt::System::new().block_on(async move {
            let until = Instant::now() + Duration::from_secs(30);
            loop {
                let answer = caller.call(Echo { text: "hello".into() }).within(DEADLINE).await;
                match answer {
                    Ok(_) => return Ok(caller.publish_now(&Happened { text: String::new() }).await?),
                    Err(e) if Instant::now() > until => return Err(e.into()),
                    Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                }
            }
        })
    }

    /// The token that goes along with the calls.
    pub fn token(&self) -> &str {
        self.user.token()
    }

    /// A token that is bound to an event, as long as those of the events that are published.
    pub fn message_token(&self) -> &str {
        &self.message_token
    }

    /// Keeps this many calls under way for this long, for a user, whose token goes along.
    pub fn call(&self, concurrency: usize, time: Duration) -> Result<Run> {
        let bus = self.caller.as_user(&self.user);
        measure(concurrency, time, async move |text| bus.call(Echo { text }).within(DEADLINE).await.map(drop))
    }

    /// Keeps this many publishes unconfirmed for this long.
    pub fn publish(&self, window: usize, time: Duration) -> Result<Run> {
        let bus = self.caller.as_user(&self.user);
        measure(window, time, async move |text| bus.publish_now(&Happened { text }).await)
    }
}

/// Lets `concurrency` tasks of one thread do this again and again.
fn measure(concurrency: usize, time: Duration, f: impl AsyncFn(String) -> fm_sdk::Result<()> + Clone + 'static) -> Result<Run> {
    fm_sdk::actix_rt::System::new().block_on(async move {
        let (begun, micros) = (Instant::now(), Rc::new(RefCell::new(Vec::new())));
        let tasks = (0..concurrency).map(|_| {
            let (f, micros) = (f.clone(), micros.clone());
            fm_sdk::actix_rt::spawn(async move {
                while begun.elapsed() < time {
                    let at = Instant::now();
                    f("x".repeat(PAYLOAD)).await?;
                    micros.borrow_mut().push(at.elapsed().as_secs_f64() * 1e6);
                }
                fm_sdk::Result::Ok(())
            })
        });
        for task in futures::future::join_all(tasks).await {
            task??;
        }
        let micros = micros.take();
        Ok(Run { rate: micros.len() as f64 / begun.elapsed().as_secs_f64(), micros, ..Run::default() })
    })
}
