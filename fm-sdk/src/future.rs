use std::{future::Future, pin::Pin};

/// A boxed future that may change threads; what the traits of backends return, so that they stay object safe.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
