//! The bus of a test: runs one service on the test's own thread, without a broker, and returns when nothing is left to do.

mod crash;
mod deliver;
mod drive;
mod http;
mod outcome;
mod snapshot;
mod transport;

pub use http::HttpReply;
pub use outcome::{Delivered, Published};

use crate::{
    Bus, Call, Command, Envelope, Event, Identity, MessageKind, Reply, ResultExt, Senders, Service, Work,
    bus::transport::{Audience, Outcome},
    runtime::{Backends, Runtime},
    store::{Document, Driver, Sqlite},
    testing::{TestIdentities, contracts::Recorder},
    trace::{SpanRecord, TraceId, TraceSettings},
};
use crash::{Crash, Crashing};
use std::{
    cell::{Cell, RefCell},
    sync::Arc,
    time::Duration,
};
use transport::{MockTransport, Stub};

/// How long a call that names its senders may take.
const CALL: Duration = Duration::from_secs(5);

/// How a message that was handled ended.
type Handling = (Envelope, Audience, Outcome);

/// One service, its store and a broker that lives in the test.
///
/// Every verb returns when all that it caused has handled: events that follow from events, retries (whose back-off takes no time), messages
/// that wait in the outbox. A request or message that changes a document and also publishes outside of that step fails the test.
///
/// ```
/// # use fm_sdk::{Cx, Handled, Service, messages, testing::MockBus};
/// messages! {
///     event "user.joined" from "fm-users" Joined { name: String }
///     event "user.welcomed" from "fm-greeter" Welcomed { name: String }
/// }
/// async fn welcome(m: Joined, cx: Cx<()>) -> Handled { cx.publish(Welcomed { name: m.name }) }
/// # actix_rt::System::new().block_on(async {
/// let bus = MockBus::for_service(Service::new("fm-greeter", ()).on(welcome));
/// bus.deliver(Joined { name: "ann".into() }).await.acked();
/// assert_eq!(bus.published::<Welcomed>().one().name, "ann");
/// # });
/// ```
pub struct MockBus<S> {
    pub(super) service: Service<S>,
    rt: Arc<Runtime>,
    transport: MockTransport,
    crash: Arc<Crash>,
    identities: Arc<TestIdentities>,
    token: RefCell<Option<String>>,
    sender: RefCell<Option<String>>,
    started: Cell<bool>,
    handled: RefCell<Vec<Handling>>,
    last: RefCell<Option<Envelope>>,
    recorder: Arc<Recorder>,
}

impl<S: Send + Sync + 'static> MockBus<S> {
    /// Puts a service on an empty store in memory.
    ///
    /// # Panics
    /// If the service's parts do not fit together.
    #[track_caller]
    pub fn for_service(service: Service<S>) -> Self {
        Self::with_store(service, Arc::new(Sqlite::in_memory().expect("a store in memory")))
    }
    /// Puts a service on the given store, which a second one may share.
    ///
    /// # Panics
    /// If the service's parts do not fit together.
    #[track_caller]
    pub fn with_store(service: Service<S>, store: Arc<dyn Driver>) -> Self {
        Self::with(service, store, Arc::new(TestIdentities::new()))
    }
    /// Puts a service on the given store, among the given identities.
    ///
    /// # Panics
    /// If the service's parts do not fit together.
    #[track_caller]
    pub fn with(service: Service<S>, store: Arc<dyn Driver>, identities: Arc<TestIdentities>) -> Self {
        if let Err(e) = service.check() {
            panic!("{e}");
        }
        identities.defines(&service);
        let crash = Arc::new(Crash::around(store));
        let transport = MockTransport::listening(service.subscriptions());
        let backends = Backends {
            transport: Arc::new(transport.clone()),
            store: Arc::new(Crashing(crash.clone())),
            registry: identities.registry(),
            verifier: identities.verifier().into_inner(),
            delegate: identities.delegate(service.name()),
        };
        let rt = Runtime::new(service.name(), "test", TraceSettings::default(), backends);
        rt.trails().keep();
        let recorder = Arc::new(Recorder::new(service.name()));
        MockBus {
            rt,
            service,
            transport,
            crash,
            identities,
            token: None.into(),
            sender: None.into(),
            started: false.into(),
            handled: Vec::new().into(),
            last: None.into(),
            recorder,
        }
    }
    /// Signs a user in: requests, calls and messages from here on act for them.
    #[must_use]
    pub fn user(self, sub: &str, scopes: &[&str]) -> Self {
        self.sign_in(sub, scopes);
        self
    }
    /// Signs another user in.
    pub fn sign_in(&self, sub: &str, scopes: &[&str]) {
        *self.token.borrow_mut() = Some(self.identities.user(sub, scopes));
    }
    /// Nobody is signed in from here on.
    pub fn sign_out(&self) {
        *self.token.borrow_mut() = None;
    }
    /// Uses this very token, good or bad.
    pub fn token(&self, token: &str) {
        *self.token.borrow_mut() = Some(token.into());
    }
    /// Names the service that the messages of [`MockBus::deliver`] and [`MockBus::command`] come from; without it they come from the first
    /// that their declaration names.
    pub fn from(&self, service: &str) -> &Self {
        *self.sender.borrow_mut() = Some(service.into());
        self
    }
    /// Answers a call that this service makes to another.
    #[must_use]
    pub fn answer<M: Call>(self, f: impl Fn(M) -> Reply<M::Reply> + Send + Sync + 'static) -> Self {
        self.answer_after(Duration::ZERO, f)
    }
    /// Answers as a slow service does: where less than `after` is left of the call's time, the call ends as timed out, though the other side has
    /// done it. Nobody waits for it.
    ///
    /// ```
    /// # use fm_sdk::{Cx, Error, Handled, Service, messages, testing::MockBus};
    /// # use std::time::Duration;
    /// messages! {
    ///     event "user.joined" from "fm-users" Joined { name: String }
    ///     call "fm-greetings/of" GreetingOf { name: String } -> String;
    /// }
    /// async fn welcome(m: Joined, cx: Cx<()>) -> Handled {
    ///     cx.call(GreetingOf { name: m.name }).within(Duration::from_secs(2)).await.map(drop)
    /// }
    /// # actix_rt::System::new().block_on(async {
    /// let slow = Duration::from_secs(3);
    /// let bus = MockBus::for_service(Service::new("fm-greeter", ()).on(welcome)).answer_after(slow, |_: GreetingOf| Ok("hi".into()));
    /// assert_eq!(bus.deliver(Joined { name: "ann".into() }).await.dead_letter().code(), "deadline");
    /// # });
    /// ```
    #[must_use]
    pub fn answer_after<M: Call>(self, after: Duration, f: impl Fn(M) -> Reply<M::Reply> + Send + Sync + 'static) -> Self {
        let recorder = self.recorder.clone();
        let answer = move |body: &str| {
            let reply = f(serde_json::from_str(body).internal()?);
            recorder.call::<M>(body, &reply);
            serde_json::to_string(&reply?).internal()
        };
        self.transport.stub(M::AT, Stub { after, answer: Arc::new(answer) });
        self
    }
    /// Records what the service reads of other services into this folder, one file for each of them, as it does with all tests where
    /// `FM_RECORD_CONTRACTS` names a folder: the messages that [`MockBus::deliver`] and [`MockBus::command`] bring from their declared
    /// senders, what [`MockBus::answer`] replies, and what [`crate::http::Client`] asks and reads. They are written when the bus is dropped.
    #[must_use]
    pub fn record_contracts(self, folder: &std::path::Path) -> Self {
        self.recorder.set_folder(folder);
        self
    }
    /// Puts documents into the store, without events.
    pub async fn given<T: Document>(&self, docs: &[T]) {
        let work = self.work();
        self.drive(async move {
            for d in docs {
                work.insert(d.clone(), |_, _| Ok(())).await.expect("inserts");
            }
        })
        .await;
    }
    /// The service's state.
    pub fn state(&self) -> &S {
        &self.service.state
    }
    /// The identities of this test.
    pub fn identities(&self) -> &TestIdentities {
        &self.identities
    }
    /// The bus as the signed-in user has it.
    pub fn bus(&self) -> Bus {
        let caller = self.token.borrow().as_deref().map(|t| self.rt.verifier.verify_access(t).expect("a good token"));
        Bus::new(self.rt.clone(), caller)
    }
    /// The store as the signed-in user has it.
    pub fn work(&self) -> Work {
        Work::new(self.bus(), None)
    }
    /// The signed-in user.
    ///
    /// # Panics
    /// If nobody is.
    pub fn identity(&self) -> Identity {
        self.bus().caller.expect("somebody is signed in")
    }
    /// Makes a call to this service as the signed-in user. A call that names its senders comes from one of them, or from
    /// [`MockBus::from`].
    ///
    /// # Errors
    /// The handler's.
    pub async fn call<M: Call>(&self, m: M) -> Reply<M::Reply> {
        if M::SENDERS == Senders::Any {
            let bus = self.bus();
            return self.drive(async move { bus.call(m).await }).await;
        }
        let envelope = self.envelope(MessageKind::Call, M::AT, M::SENDERS, &m);
        let reply = self.drive(async move { self.rt.transport.request(envelope, CALL).await }).await?;
        serde_json::from_str(&reply).internal()
    }
    /// Runs a job of [`Service::every`] once.
    ///
    /// # Panics
    /// If there is no such job, or it fails.
    pub async fn run_job(&self, name: &str) {
        let job = self.service.jobs.iter().find(|j| j.name == name).expect("a job of this name").task.clone();
        let (state, work) = (self.service.state.clone(), Work::new(Bus::new(self.rt.clone(), None), None));
        self.drive(async move { job(state, work).await }).await.expect("the job succeeds");
    }
    /// Lets this much time pass for schedules and for tokens, and sends what falls due. An access token expires as in production.
    pub async fn advance(&self, time: Duration) {
        self.identities.advance(time);
        self.drive(async {}).await;
    }
    /// Tells the service that messages for each instance may have been missed.
    pub async fn gap(&self) {
        for task in self.service.on_gap.clone() {
            let (state, work) = (self.service.state.clone(), Work::new(Bus::new(self.rt.clone(), None), None));
            self.drive(async move { task(state, work).await }).await.expect("the gap is closed");
        }
    }
    /// The spans that this instance keeps of a trace, earliest first.
    pub fn trace(&self, id: TraceId) -> Vec<SpanRecord> {
        self.rt.tracer.trace(id)
    }
    /// The events of this type that went out, each once, in order.
    pub fn published<E: Event>(&self) -> Published<E> {
        Published::new(E::NAME, self.transport.sent(MessageKind::Event, E::NAME))
    }
    /// The commands of this type that went out, each once, in order.
    pub fn sent<C: Command>(&self) -> Published<C> {
        Published::new(C::AT, self.transport.sent(MessageKind::Command, C::AT))
    }
    /// All events and commands that went out.
    pub(in crate::testing) fn went_out(&self) -> Vec<Envelope> {
        self.transport.lock().log.clone()
    }
    /// All events of this type that went over the wire, with their envelopes, duplicates included.
    pub fn wire<E: Event>(&self) -> Vec<(Envelope, E)> {
        self.transport.wire(E::NAME).into_iter().map(|m| (m.clone(), m.decode().expect("decodes"))).collect()
    }
}
