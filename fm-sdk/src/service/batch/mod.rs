//! Handlers that take several messages at once, with one step of the store for all of them.

mod collector;
mod context;
mod handle;
mod item;

pub(crate) use collector::Collector;
pub use context::BatchCx;
pub(crate) use item::Received;
pub use item::{Batch, BatchItem};

use super::{Handler, Service, handler::Run};
use crate::{
    Command, Event, Handled, HandlerOptions, Result,
    bus::transport::{Audience, Consume, Subscription},
    message::Declaration,
};
use futures::{FutureExt, future::LocalBoxFuture};
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// Handles messages that are fit to be handled together.
pub(crate) type RunBatch<S> = Arc<dyn Fn(Vec<Received>, BatchCx<S>) -> LocalBoxFuture<'static, Result<()>> + Send + Sync>;

impl<S: Send + Sync + 'static> Service<S> {
    /// Listens to an event as [`Service::on`] does, and takes up to 100 at once, or what has come within 100 ms.
    ///
    /// Each document that is changed has the marks of all of them, and they are acknowledged together. If the handler fails, each is handled
    /// singly: those that are good are done, a bad one is tried again by itself. `docs/batches.md` tells all of it.
    ///
    /// ```
    /// use fm_sdk::{prelude::*, testing::MockBus};
    ///
    /// messages! { event "car.viewed" from "fm-web" Viewed { car: String } }
    /// #[derive(Clone, serde::Serialize, serde::Deserialize)]
    /// struct Views { id: String, views: u64 }
    /// document!(Views = "views" {});
    ///
    /// async fn count(batch: Batch<Viewed>, cx: BatchCx<()>) -> Handled {
    ///     for (car, of_car) in batch.group_by(|m| m.car.clone()) {
    ///         let views = of_car.len() as u64;
    ///         cx.doc::<Views>(&car).change(|v, _| { v.views += views; Ok(()) }).await?;
    ///     }
    ///     Ok(())
    /// }
    /// # actix_rt::System::new().block_on(async {
    /// let bus = MockBus::for_service(Service::new("fm-views", ()).keeps::<Views>().on_batch(count));
    /// bus.given(&[Views { id: "c1".into(), views: 0 }]).await;
    /// bus.deliver_batch([1, 2, 3].map(|_| Viewed { car: "c1".into() })).await.into_iter().for_each(|m| m.acked());
    /// assert_eq!(bus.work().doc::<Views>("c1").need().await.unwrap().views, 3);
    /// # });
    /// ```
    pub fn on_batch<M: Event>(self, f: impl AsyncFn(Batch<M>, BatchCx<S>) -> Handled + Send + Sync + 'static) -> Self {
        self.on_batch_with(HandlerOptions::new(), f)
    }
    /// Listens to an event as [`Service::on_batch`] does, with options of its own.
    pub fn on_batch_with<M: Event>(
        self,
        options: HandlerOptions,
        f: impl AsyncFn(Batch<M>, BatchCx<S>) -> Handled + Send + Sync + 'static,
    ) -> Self {
        self.add_batch(Audience::Service, Declaration::event::<M>(), options, f)
    }
    /// Obeys a command as [`Service::command`] does, and takes several at once, as [`Service::on_batch`] does.
    pub fn command_batch<M: Command>(self, f: impl AsyncFn(Batch<M>, BatchCx<S>) -> Handled + Send + Sync + 'static) -> Self {
        self.command_batch_with(HandlerOptions::new(), f)
    }
    /// Obeys a command as [`Service::command_batch`] does, with options of its own.
    pub fn command_batch_with<M: Command>(
        self,
        options: HandlerOptions,
        f: impl AsyncFn(Batch<M>, BatchCx<S>) -> Handled + Send + Sync + 'static,
    ) -> Self {
        self.add_batch(Audience::Command, Declaration::command::<M>(), options, f)
    }

    fn add_batch<M: DeserializeOwned + 'static>(
        mut self,
        audience: Audience,
        message: Declaration,
        options: HandlerOptions,
        f: impl AsyncFn(Batch<M>, BatchCx<S>) -> Handled + Send + Sync + 'static,
    ) -> Self {
        let name = message.name;
        self.check_handler(audience, &message, &options);
        if options.snapshot {
            self.faults.push(format!("the handler of {name} takes batches, and a snapshot comes one by one"));
        }
        // As many as a batch has must be able to be in flight.
        let (size, _) = options.batch();
        let prefetch = options.prefetch.unwrap_or(Consume::PREFETCH).max(size);
        let options = options.prefetch(prefetch);
        let f = Arc::new(f);
        let run: RunBatch<S> = Arc::new(move |received, cx| {
            let f = f.clone();
            async move { f(Batch::read(name, received)?, cx).await }.boxed_local()
        });
        self.handlers.push(Handler::new(Subscription::new(audience, name).with(options), message, Run::Batch(run)));
        self
    }
}

#[cfg(test)]
mod tests;
