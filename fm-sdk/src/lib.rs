//! Build small services: a bus with delivery guarantees, a registry, identity and a document store behind one small API.
//!
//! A service is a value: a name, its state, the messages it handles, the documents it keeps and its HTTP routes.
//! The same value runs in production (RabbitMQ, etcd, SQLite or MongoDB), alone in a debugger (`FM_BUS=memory`,
//! `FM_REGISTRY=memory`) and in tests (`testing::MockBus`), and behaves the same in all three.
//!
//! Start with [`prelude`]; authors of back ends find their traits in [`backend`].
#![forbid(unsafe_code)]

extern crate self as fm_sdk;

pub mod backend;
#[doc(hidden)]
pub mod bus;
mod clock;
pub mod config;
mod connection;
mod error;
mod future;
pub mod health;
pub mod http;
pub mod identity;
pub mod logging;
pub mod message;
pub mod metrics;
pub mod prelude;
pub mod registry;
mod runtime;
mod service;
pub mod store;
pub mod testing;
pub mod text;
pub mod time;
mod tls;
pub mod trace;
mod work;

pub use bus::transport::HandlerOptions;
#[doc(hidden)]
pub use bus::transport::Transport;
pub use clock::Clock;
pub use connection::ConnectionState;
pub use error::{Error, Fault, FieldError, Handled, Kind, Reply, Result, ResultExt, reject};
pub use future::BoxFuture;
pub use identity::Identity;
pub use message::{Call, Command, Envelope, Event, MessageKind, Senders};
#[doc(hidden)]
pub use runtime::Backends;
pub use runtime::Runtime;
pub use service::{
    Application, Cx, Invocation, InvocationKind, Middleware, Next, NoSettings, Program, Service, run, run_with, stop_signal,
};
pub use work::{Bus, Calling, Doc, DocRef, Docs, Out, Work};

pub use {actix_rt, actix_web, serde, serde_json};

/// Compiles the examples of the guides.
#[cfg(doctest)]
mod guides {
    #[doc = include_str!("../docs/handlers.md")]
    struct Handlers;
    #[doc = include_str!("../docs/middleware.md")]
    struct Middleware;
    #[doc = include_str!("../docs/scheduled-messages.md")]
    struct ScheduledMessages;
}
