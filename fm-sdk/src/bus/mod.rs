//! The bus: what services say to each other, and the back end that carries it.

mod broker_metrics;
mod handler_options;
pub mod memory;
#[cfg(feature = "rabbitmq")]
pub mod rabbitmq;
pub mod transport;

pub(crate) use broker_metrics::register as register_metrics;
