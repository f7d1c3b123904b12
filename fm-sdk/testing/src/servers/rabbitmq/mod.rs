//! A real RabbitMQ.

mod control;
mod node;
mod server;

pub use server::RabbitMqServer;
