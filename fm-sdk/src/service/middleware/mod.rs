//! What surrounds every handler of a service, of messages and of HTTP requests alike.

mod http;
mod invocation;

pub(crate) use http::surround;
pub use invocation::{Invocation, InvocationKind};

use super::Service;
use crate::{Error, Kind, Result};
use futures::{FutureExt, future::LocalBoxFuture};
use std::{future::Future, sync::Arc};

/// Surrounds the handlers of a service: counts, limits, refuses, gives them a context of its own. One trait for messages and for HTTP
/// requests; [`Service::wrap`] adds it.
///
/// ```
/// use fm_sdk::{Error, Invocation, Kind, Middleware, Next, Result, Service, Work, actix_web::web, messages, testing::MockBus};
///
/// messages! { command "fm-shop/order" from any Order {} }
///
/// /// The customer that a request or message is about, for whichever handler asks.
/// struct Customer(String);
/// struct KnownCustomers;
/// impl Middleware for KnownCustomers {
///     async fn handle(&self, invocation: &Invocation, next: Next<'_>) -> Result<()> {
///         let who = invocation.identity().ok_or_else(|| Error::new(Kind::Unauthenticated, "customer-missing", "sign in first"))?;
///         invocation.insert(Customer(who.sub().to_uppercase()));
///         next.run().await
///     }
/// }
///
/// async fn hello(work: Work) -> String {
///     work.context::<Customer>().map_or_else(String::new, |c| format!("hello {}", c.0))
/// }
/// let shop = Service::new("fm-shop", ()).wrap(KnownCustomers).http(|cfg| { cfg.route("/hello", web::get().to(hello)); });
/// # actix_rt::System::new().block_on(async {
/// let bus = MockBus::for_service(shop);
/// assert_eq!(bus.get("/hello").await.code(), "customer-missing");
/// bus.sign_in("ann", &[]);
/// assert_eq!(bus.get("/hello").await.body, b"hello ANN");
/// # });
/// ```
pub trait Middleware: Send + Sync + 'static {
    /// Handles one invocation: runs the rest with `next.run()`, or refuses it with an error.
    ///
    /// An error after `next.run()` replaces the outcome; what the handler changed in the store stays. A handler's error cannot be turned
    /// into success: give another error instead. Neither to run the rest nor to refuse is a fault, code `handler-skipped`. A panic is
    /// treated as one of the handler.
    ///
    /// # Errors
    /// What the rest gives, or a refusal. A message is then tried again, or becomes a dead letter if the error is permanent; an HTTP request
    /// is answered with a problem.
    fn handle(&self, invocation: &Invocation, next: Next<'_>) -> impl Future<Output = Result<()>>;
}

/// [`Middleware`] as an object.
pub(crate) trait Layer: Send + Sync {
    fn handle<'a>(&'a self, invocation: &'a Invocation, next: Next<'a>) -> LocalBoxFuture<'a, Result<()>>;
}

impl<M: Middleware> Layer for M {
    fn handle<'a>(&'a self, invocation: &'a Invocation, next: Next<'a>) -> LocalBoxFuture<'a, Result<()>> {
        Middleware::handle(self, invocation, next).boxed_local()
    }
}

pub(crate) type Layers = Vec<Arc<dyn Layer>>;

/// The rest of the way to the handler, and the handler.
#[must_use = "the handler runs only if this does"]
pub struct Next<'a> {
    layers: &'a [Arc<dyn Layer>],
    invocation: &'a Invocation,
    handler: LocalBoxFuture<'a, Result<()>>,
}

impl Next<'_> {
    /// Runs it. `Ok`: the handler has succeeded; an HTTP response that was not made of an [`Error`] counts as success, whatever its
    /// [status](Invocation::status).
    ///
    /// # Errors
    /// The handler's, or that of another middleware.
    pub async fn run(self) -> Result<()> {
        let Next { layers, invocation, handler } = self;
        match layers {
            [] => handler.await,
            [first, rest @ ..] => first.handle(invocation, Next { layers: rest, invocation, handler }).await,
        }
    }
}

/// Runs a handler inside of the layers.
pub(super) async fn run<T>(layers: &[Arc<dyn Layer>], invocation: &Invocation, handler: impl Future<Output = Result<T>>) -> Result<T> {
    if layers.is_empty() {
        return handler.await;
    }
    let mut outcome = None;
    let handler = async {
        let done = handler.await;
        let told = done.as_ref().map(|_| ()).map_err(Clone::clone);
        outcome = Some(done);
        told
    };
    Next { layers, invocation, handler: handler.boxed_local() }.run().await?;
    outcome.unwrap_or_else(|| Err(skipped(invocation)))
}

fn skipped(invocation: &Invocation) -> Error {
    Error::new(Kind::Internal, "handler-skipped", format!("a middleware has neither run {} nor refused it", invocation.name()))
}

impl<S: Send + Sync + 'static> Service<S> {
    /// Surrounds all handlers of messages and of HTTP requests with a middleware. The first one added is the outermost. Not for jobs, health
    /// and metrics. It runs after the caller's token was verified and the sender checked (a message that is refused for these reaches no
    /// middleware), and within the limit of `FM_MAX_REQUESTS`; a handler's timeout does not bound it.
    pub fn wrap(mut self, middleware: impl Middleware) -> Self {
        self.layers.push(Arc::new(middleware));
        self
    }
}
