//! For authors of back ends: what carries the messages of a service, and how an instance is put on back ends of one's own.
//!
//! A transport implements [`Transport`]; `fm-sdk-testing` has the suite that it must pass. The traits of the other two back ends lie with
//! what they are about: [`Registry`](crate::registry::Registry) and [`Driver`](crate::store::Driver).

#[cfg(feature = "rabbitmq")]
pub use crate::bus::rabbitmq::RabbitMq;
pub use crate::{
    bus::{memory::Memory as MemoryBus, transport::*},
    runtime::Backends,
};
