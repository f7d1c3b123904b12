//! What RabbitMQ and networks do to a bus: the broker dies, hangs, throws clients out, is full, or gets what is not ours.
#![cfg(feature = "rabbitmq")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod broker;
mod connecting;
mod foreign;
mod overload;
mod sessions;
mod tap;
mod topology;
mod world;
