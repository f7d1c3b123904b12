//! A service that subscribes late, beside the owner of the event: both as they run in production.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[cfg(all(feature = "rabbitmq", feature = "etcd"))]
mod killed;
mod late;
mod market;
