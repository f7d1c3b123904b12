use super::{Ending, Probe, SENDER, Stage, probe, tracking::Tracking};
use fm_sdk::{
    Application, Backends, Bus, Call, Envelope, Event, MessageKind, Reply, Transport,
    bus::transport::Retry,
    config::Settings,
    registry::services::Services,
    store::{Driver, Sqlite},
    testing::{TestIdentities, eventually},
};
use std::{
    cell::RefCell,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::oneshot;

/// Longer than anything here takes.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The suite's service as it runs in production: its own threads, its own HTTP port, on any transport.
pub struct Live {
    tracking: Tracking,
    identities: TestIdentities,
    state: Arc<Probe>,
    bus: Bus,
    store: Arc<dyn Driver>,
    last: RefCell<Option<Envelope>>,
    stop: Mutex<Option<oneshot::Sender<()>>>,
}

impl Live {
    /// Starts it on this transport and waits until it is registered.
    pub async fn on(transport: Arc<dyn Transport>) -> Self {
        let (tracking, identities) = (Tracking::around(transport), TestIdentities::new());
        let store: Arc<dyn Driver> = Arc::new(Sqlite::in_memory().expect("a store in memory"));
        let backends = Backends {
            transport: Arc::new(tracking.clone()),
            store: store.clone(),
            registry: identities.registry(),
            verifier: identities.verifier().into_inner(),
            delegate: identities.delegate("fm-probe"),
        };
        let service = probe();
        let state = service.state().clone();
        let retry = Retry { waits: vec![Duration::from_millis(20)], ..Retry::default() };
        let application = Application::on(service, Settings::memory(), "live", backends).expect("a free port").retry(retry);
        let bus = application.bus();
        let (stop, stopped) = oneshot::channel::<()>();
        actix_rt::spawn(application.run(async move { drop(stopped.await) }));
        let services = Services::new(identities.registry());
        eventually("it is registered", TIMEOUT, async || !services.instances("fm-probe").is_empty()).await;
        Live { tracking, identities, state, bus, store, last: RefCell::default(), stop: Mutex::new(Some(stop)) }
    }

    async fn hand_over(&self, m: Envelope) -> Ending {
        *self.last.borrow_mut() = Some(m.clone());
        self.tracking.forget(&m.id);
        let id = m.id.clone();
        self.tracking.publish(m).await.expect("is published");
        // What a handler says lies in the outbox before its outcome, and is owed before it leaves the outbox.
        let store = &self.store;
        eventually("the outbox is empty and nothing is owed", TIMEOUT, async || {
            self.tracking.handled(&id).await;
            store.pending("live", Duration::ZERO, 1).await.expect("can be read").is_empty() && self.tracking.quiet()
        })
        .await;
        self.tracking.handled(&id).await
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.lock().expect("nobody panicked in here").take() {
            let _ = stop.send(());
        }
    }
}

impl Stage for Live {
    async fn deliver<E: Event>(&self, e: E, edit: impl FnOnce(&mut Envelope)) -> Ending {
        let mut m = Envelope::new(MessageKind::Event, E::NAME, &e, SENDER).expect("is JSON");
        self.identities.delegate(SENDER).seal(&mut m, None).expect("signs");
        edit(&mut m);
        self.hand_over(m).await
    }
    async fn again(&self) -> Ending {
        let m = self.last.borrow().clone().expect("something was delivered");
        self.hand_over(m).await
    }
    async fn call<M: Call>(&self, m: M) -> Reply<M::Reply> {
        self.bus.call(m).await
    }
    fn published<E: Event>(&self) -> Vec<E> {
        let own = self.tracking.log(E::NAME).into_iter().filter(|m| m.source == "fm-probe");
        own.map(|m| m.decode().expect("decodes")).collect()
    }
    fn notes(&self) -> Vec<String> {
        self.state.notes()
    }
}
