use super::{Cx, Handler, Job, documents::Documents, handler::Run, job::Task, middleware::Layers, snapshot::Cursor};
use crate::{
    Call, Command, Error, Event, Handled, HandlerOptions, Kind, Reply, Result, ResultExt, Runtime, Work,
    bus::transport::{Audience, Subscription},
    identity::{MAX_SCOPES, ScopeTable, is_own},
    message::{Declaration, Senders, owner},
    runtime::Schedule,
    store::{Document, SCHEDULES, SNAPSHOTS, Spec},
};
use actix_web::web;
use futures::FutureExt;
use serde::{Serialize, de::DeserializeOwned};
use std::{borrow::Cow, sync::Arc, time::Duration};

type Routes = Arc<dyn Fn(&mut web::ServiceConfig) + Send + Sync>;

/// A service: the same value runs in production and in tests.
///
/// ```
/// use fm_sdk::{actix_web::web, prelude::*, testing::MockBus};
///
/// messages! { call "fm-greeter/greet" Greet { name: String } -> String; }
///
/// async fn greet(m: Greet, cx: Cx<String>) -> Reply<String> {
///     Ok(format!("{} {}", cx.state, m.name))
/// }
/// async fn greeting(word: web::Data<String>) -> String {
///     word.to_string()
/// }
/// fn greeter() -> Service<String> {
///     Service::new("fm-greeter", "hello".into())
///         .call(greet)
///         .http(|cfg| {
///             cfg.route("/greeting", web::get().to(greeting));
///         })
/// }
/// # actix_rt::System::new().block_on(async {
/// let bus = MockBus::for_service(greeter());          // in production: `fm_sdk::run(greeter)`
/// assert_eq!(bus.call(Greet { name: "ann".into() }).await.unwrap(), "hello ann");
/// assert_eq!(bus.get("/greeting").await.body, b"hello");
/// # });
/// ```
#[must_use = "a service does nothing until it runs"]
pub struct Service<S> {
    pub(crate) name: &'static str,
    pub(crate) state: Arc<S>,
    pub(crate) handlers: Vec<Handler<S>>,
    pub(crate) routes: Vec<Routes>,
    pub(crate) specs: Vec<Spec>,
    pub(crate) at_start: Vec<Task<S>>,
    pub(crate) on_gap: Vec<Task<S>>,
    pub(crate) jobs: Vec<Job<S>>,
    pub(crate) layers: Layers,
    pub(crate) scopes: &'static [&'static str],
    pub(crate) defined_scopes: ScopeTable,
    pub(crate) version: &'static str,
    pub(crate) about: &'static str,
    pub(crate) faults: Vec<String>,
    pub(crate) published: Vec<Declaration>,
    pub(crate) documents: Documents,
}
impl<S> Clone for Service<S> {
    fn clone(&self) -> Self {
        Service {
            name: self.name,
            state: self.state.clone(),
            handlers: self.handlers.clone(),
            routes: self.routes.clone(),
            specs: self.specs.clone(),
            at_start: self.at_start.clone(),
            on_gap: self.on_gap.clone(),
            jobs: self.jobs.clone(),
            layers: self.layers.clone(),
            scopes: self.scopes,
            defined_scopes: self.defined_scopes.clone(),
            version: self.version,
            about: self.about,
            faults: self.faults.clone(),
            published: self.published.clone(),
            documents: self.documents.clone(),
        }
    }
}

impl<S: Send + Sync + 'static> Service<S> {
    /// Names a service (`fm-cars`) and gives it its state, shared by all handlers of an instance.
    pub fn new(name: &'static str, state: S) -> Self {
        Service {
            name,
            state: Arc::new(state),
            handlers: vec![],
            routes: vec![],
            specs: vec![],
            at_start: vec![],
            on_gap: vec![],
            jobs: vec![],
            layers: vec![],
            scopes: &[],
            defined_scopes: ScopeTable::new(),
            version: "",
            about: "",
            faults: vec![],
            published: vec![],
            documents: Documents::default(),
        }
    }
    /// Keeps documents of this type.
    pub fn keeps<T: Document>(mut self) -> Self {
        if [SCHEDULES, SNAPSHOTS].contains(&T::COLLECTION) {
            self.faults.push(format!("the collection {} belongs to fm-sdk", T::COLLECTION));
        }
        if self.specs.iter().all(|s| s.collection != T::COLLECTION) {
            self.specs.push(Spec { collection: T::COLLECTION, indexes: T::INDEXES });
        }
        self
    }
    /// Says that it publishes this event: so it is in the service's AsyncAPI document. In a test, a service that says so of one event fails
    /// when it publishes another one.
    pub fn publishes<E: Event>(mut self) -> Self {
        if !E::SENDERS.allow(self.name) {
            self.faults.push(format!("{} is not a declared sender of {}", self.name, E::NAME));
        }
        if self.published.iter().all(|m| m.name != E::NAME) {
            self.published.push(Declaration::event::<E>());
        }
        self
    }
    /// Answers a call.
    pub fn call<M: Call>(self, f: impl AsyncFn(M, Cx<S>) -> Reply<M::Reply> + Send + Sync + 'static) -> Self {
        self.call_with(HandlerOptions::new(), f)
    }
    /// Answers a call, with options of its own. A call is not tried again: its caller is told.
    pub fn call_with<M: Call>(self, options: HandlerOptions, f: impl AsyncFn(M, Cx<S>) -> Reply<M::Reply> + Send + Sync + 'static) -> Self {
        self.add(Audience::Call, Declaration::call::<M>(), options, f)
    }
    /// Obeys a command.
    pub fn command<M: Command>(self, f: impl AsyncFn(M, Cx<S>) -> Handled + Send + Sync + 'static) -> Self {
        self.command_with(HandlerOptions::new(), f)
    }
    /// Obeys a command, with options of its own.
    pub fn command_with<M: Command>(self, options: HandlerOptions, f: impl AsyncFn(M, Cx<S>) -> Handled + Send + Sync + 'static) -> Self {
        self.add(Audience::Command, Declaration::command::<M>(), options, f)
    }
    /// Listens to an event; one instance of this service gets each.
    pub fn on<M: Event>(self, f: impl AsyncFn(M, Cx<S>) -> Handled + Send + Sync + 'static) -> Self {
        self.on_with(HandlerOptions::new(), f)
    }
    /// Listens to an event as [`Service::on`] does, with options of its own.
    pub fn on_with<M: Event>(self, options: HandlerOptions, f: impl AsyncFn(M, Cx<S>) -> Handled + Send + Sync + 'static) -> Self {
        self.add(Audience::Service, Declaration::event::<M>(), options, f)
    }
    /// Listens to an event; every instance that is up gets each, at most once. For what an instance keeps in memory; see
    /// [`Service::on_gap`].
    pub fn on_each_instance<M: Event>(self, f: impl AsyncFn(M, Cx<S>) -> Handled + Send + Sync + 'static) -> Self {
        self.on_each_instance_with(HandlerOptions::new(), f)
    }
    /// Listens to an event as [`Service::on_each_instance`] does, with options of its own.
    pub fn on_each_instance_with<M: Event>(
        self,
        options: HandlerOptions,
        f: impl AsyncFn(M, Cx<S>) -> Handled + Send + Sync + 'static,
    ) -> Self {
        self.add(Audience::EachInstance, Declaration::event::<M>(), options, f)
    }
    /// Runs when messages for each instance may have been missed: rebuild from the store what is kept from them. Also once before the
    /// instance is ready, when it has begun to listen; tried again until it succeeds.
    pub fn on_gap(mut self, f: impl AsyncFn(Arc<S>, Work) -> Result<()> + Send + Sync + 'static) -> Self {
        self.on_gap.push(task(f));
        self
    }
    /// Runs before the instance is ready, with the store and the registry at hand; tried again until it succeeds.
    pub fn at_start(mut self, f: impl AsyncFn(Arc<S>, Work) -> Result<()> + Send + Sync + 'static) -> Self {
        self.at_start.push(task(f));
        self
    }
    /// Runs again and again while the instance is up, on every instance, `every` after the last run ended; once more while it drains.
    pub fn every(self, every: Duration, name: &'static str, f: impl AsyncFn(Arc<S>, Work) -> Result<()> + Send + Sync + 'static) -> Self {
        self.job(every, name, false, f)
    }
    /// Runs again and again on one instance at a time, `every` after the last run ended. Which one is settled by a lease in the store; when
    /// that instance dies or hangs, another one takes over within 20 s (a lease of 15 s, asked for every 5 s) and runs `every` later. A run whose lease is lost is cut off.
    ///
    /// Two runs overlap only if a process stands still for longer than its lease and goes on: what a run changes must be guarded by the
    /// versions of its documents, as all changes are.
    pub fn every_once(
        self,
        every: Duration,
        name: &'static str,
        f: impl AsyncFn(Arc<S>, Work) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        self.job(every, name, true, f)
    }
    pub(super) fn job(
        mut self,
        every: Duration,
        name: impl Into<Cow<'static, str>>,
        once: bool,
        f: impl AsyncFn(Arc<S>, Work) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        self.jobs.push(Job { name: name.into(), every, once, task: task(f) });
        self
    }
    /// Adds HTTP routes. State is at hand as `web::Data<S>`.
    pub fn http(mut self, f: impl Fn(&mut web::ServiceConfig) + Send + Sync + 'static) -> Self {
        self.routes.push(Arc::new(f));
        self
    }
    /// Describes the HTTP routes: an OpenAPI document, as `utoipa` makes it (`.openapi(Api::openapi)`). It is served at `/openapi.json`,
    /// printed by `<service> openapi`, and gets what all services have in common: the scheme `bearer` of access tokens, the problem as body of each
    /// refusal, and the answers 401 and 403 where a token is asked for, and 503.
    pub fn openapi<D: Serialize>(mut self, document: impl Fn() -> D + Send + Sync + 'static) -> Self {
        self.documents.describe_http(move || serde_json::to_value(document()).internal());
        self
    }
    /// Says in the registry which scopes this service asks for.
    pub fn scopes(mut self, scopes: &'static [&'static str]) -> Self {
        self.scopes = scopes;
        self
    }

    /// Defines scopes of the service's own, and which roles have them: the issuer puts them into the tokens of users with these roles, from
    /// the next token on. A scope begins with the service's name; a service has 16 at most. They stay in the registry when the service
    /// stops, until `<service> forget`.
    ///
    /// ```
    /// # use fm_sdk::{Identity, Result, Service, actix_web::web};
    /// async fn write(who: Identity) -> Result<&'static str> {
    ///     who.require("fm-notes:write")?;
    ///     Ok("written")
    /// }
    /// let notes = Service::new("fm-notes", ())
    ///     .defines_scopes(&[("fm-notes:write", &["user", "dealer", "admin"]), ("fm-notes:moderate", &["admin"])])
    ///     .http(|cfg| { cfg.route("/notes", web::post().to(write)); });
    /// # fm_sdk::testing::MockBus::for_service(notes);
    /// ```
    pub fn defines_scopes(mut self, scopes: &[(&str, &[&str])]) -> Self {
        for (scope, roles) in scopes {
            if !is_own(self.name, scope) {
                self.faults.push(format!("the scope {scope} does not have the form {}:name", self.name));
            }
            self.defined_scopes.insert((*scope).into(), roles.iter().map(|&role| role.into()).collect());
        }
        if self.defined_scopes.len() > MAX_SCOPES {
            self.faults.push(format!("{} scopes, at most {MAX_SCOPES} can be defined", self.defined_scopes.len()));
        }
        self
    }

    /// Says what the service is for, in the first line of `--help`: `env!("CARGO_PKG_DESCRIPTION")`.
    pub fn about(mut self, about: &'static str) -> Self {
        self.about = about;
        self
    }

    /// Says which version of the service this is, in the registry and for `--version`: `env!("CARGO_PKG_VERSION")`.
    pub fn version(mut self, version: &'static str) -> Self {
        self.version = version;
        self
    }

    /// Has this version unless it says which it has.
    pub(super) fn version_or(self, version: &'static str) -> Self {
        if self.version.is_empty() { self.version(version) } else { self }
    }

    pub(super) fn add<M: DeserializeOwned + 'static, R: Serialize + 'static>(
        mut self,
        audience: Audience,
        message: Declaration,
        options: HandlerOptions,
        f: impl AsyncFn(M, Cx<S>) -> Result<R> + Send + Sync + 'static,
    ) -> Self {
        let name = message.name;
        self.check_handler(audience, &message, &options);
        if options.has_batch() {
            self.faults.push(format!("the handler of {name} has options of a batch, and takes single messages"));
        }
        let f = Arc::new(f);
        let run: Run<S> = Run::One(Arc::new(move |body, cx| {
            let f = f.clone();
            async move {
                let m: M = serde_json::from_str(&body)
                    .map_err(|e| Error::new(Kind::Malformed, "undecodable", format!("{name}: {e}")).permanent())?;
                serde_json::to_string(&f(m, cx).await?).internal()
            }
            .boxed_local()
        }));
        self.handlers.push(Handler::new(Subscription::new(audience, name).with(options), message, run));
        self
    }

    /// Notes what cannot be meant.
    pub(super) fn check_handler(&mut self, audience: Audience, message: &Declaration, options: &HandlerOptions) {
        let name = message.name;
        if matches!(audience, Audience::Call | Audience::Command) && owner(name) != self.name {
            self.faults.push(format!("{name} does not belong to {}", self.name));
        }
        if self.handlers.iter().any(|h| h.subscription.audience == audience && h.subscription.name == name) {
            self.faults.push(format!("{name} has two handlers"));
        }
        if let Some(fault) = options.fault() {
            self.faults.push(format!("the handler of {name} {fault}"));
        }
        if options.snapshot && audience != Audience::Service {
            self.faults.push(format!("the handler of {name} takes a snapshot, which only those of `on_with` can"));
        }
        if options.snapshot && !matches!(message.senders, Senders::Only([_])) {
            self.faults.push(format!("{name} has no single sender who could serve its snapshot"));
        }
    }

    /// Whether the parts fit together.
    pub(crate) fn check(&self) -> Result<()> {
        if self.faults.is_empty() {
            return Ok(());
        }
        Err(Error::new(Kind::Internal, "wiring", format!("{}: {}", self.name, self.faults.join("; "))))
    }
    /// The state that all handlers of an instance share.
    pub fn state(&self) -> &Arc<S> {
        &self.state
    }
    /// The service's name.
    pub fn name(&self) -> &'static str {
        self.name
    }
    pub(crate) fn subscriptions(&self) -> Vec<Subscription> {
        self.handlers.iter().map(|h| h.subscription.clone()).collect()
    }
    pub(crate) async fn prepare(&self, rt: &Runtime) -> Result<()> {
        let snapshots = (!self.needed_snapshots().is_empty()).then_some(Cursor::SPEC);
        rt.store.prepare(self.specs.iter().copied().chain([Schedule::SPEC]).chain(snapshots).collect()).await
    }
    /// Everything an HTTP app of this service needs, but the middleware.
    pub(crate) fn configure(&self, rt: &Arc<Runtime>, cfg: &mut web::ServiceConfig) {
        cfg.app_data(web::Data::from(rt.clone()))
            .app_data(web::Data::from(rt.verifier.clone()))
            .app_data(web::Data::from(self.state.clone()));
        for routes in &self.routes {
            routes(cfg);
        }
        self.documents.serve(self, cfg);
    }
}

fn task<S: 'static>(f: impl AsyncFn(Arc<S>, Work) -> Result<()> + Send + Sync + 'static) -> Task<S> {
    let f = Arc::new(f);
    Arc::new(move |state, work| {
        let f = f.clone();
        async move { f(state, work).await }.boxed_local()
    })
}
