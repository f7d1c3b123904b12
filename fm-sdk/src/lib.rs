#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

extern crate self as fm_sdk;

pub mod backend;
mod backoff;
#[doc(hidden)]
pub mod bus;
mod clock;
pub mod config;
mod connection;
mod connector;
mod duration;
mod error;
mod future;
#[cfg(any(test, doctest))]
mod guide;
pub mod health;
pub mod http;
pub mod identity;
pub mod logging;
pub mod message;
pub mod metrics;
pub mod prelude;
pub mod registry;
mod runtime;
mod schema;
mod service;
pub mod store;
pub mod testing;
pub mod text;
pub mod time;
mod tls;
pub mod trace;
mod work;

pub use backoff::Backoff;
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
    Application, Batch, BatchCx, BatchItem, Cx, Invocation, InvocationKind, Middleware, Next, NoSettings, Program, Service, run, run_with,
    stop_signal,
};
pub use work::{Bus, Calling, Doc, DocRef, Docs, Out, UnderKey, Work};

pub use {actix_rt, actix_web, serde, serde_json};
