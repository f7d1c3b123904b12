//! A service as a value, the context of its handlers, and how it runs.

mod application;
mod ask;
mod asyncapi;
mod batch;
mod builder;
mod cli_client;
mod command;
mod cx;
mod dead_letters;
mod documents;
mod expiry;
mod forget;
mod gate;
mod handle;
mod handler;
mod job;
mod middleware;
mod openapi;
mod program;
mod run;
mod schedules;
mod snapshot;
#[cfg(feature = "rabbitmq")]
mod topology;
mod workers;

pub use application::Application;
pub use batch::{Batch, BatchCx, BatchItem};
pub use builder::Service;
pub use command::{NoSettings, run, run_with};
pub use cx::Cx;
pub(crate) use handle::DeliveryInfo;
pub(crate) use handler::Handler;
pub(crate) use job::Job;
pub(crate) use middleware::surround;
pub use middleware::{Invocation, InvocationKind, Middleware, Next};
pub use program::Program;
pub use run::stop_signal;
pub(crate) use snapshot::{Page, PageRequest, call_name};
