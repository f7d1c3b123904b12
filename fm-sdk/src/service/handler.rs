use super::Cx;
use crate::{Result, bus::transport::Subscription, message::Senders};
use futures::future::LocalBoxFuture;
use std::sync::Arc;

pub(crate) type Run<S> = Arc<dyn Fn(String, Cx<S>) -> LocalBoxFuture<'static, Result<String>> + Send + Sync>;

/// What a service does with one kind of message.
pub(crate) struct Handler<S> {
    pub subscription: Subscription,
    pub senders: Senders,
    pub run: Run<S>,
}

impl<S> Clone for Handler<S> {
    fn clone(&self) -> Self {
        Handler { subscription: self.subscription.clone(), senders: self.senders, run: self.run.clone() }
    }
}
