use super::{
    BatchCx, Cx,
    batch::{Collector, Received, RunBatch},
};
use crate::{Error, Kind, Result, bus::transport::Subscription, message::Declaration};
use futures::future::LocalBoxFuture;
use std::{future::Future, sync::Arc};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::{Instant, timeout},
};

type RunOne<S> = Arc<dyn Fn(String, Cx<S>) -> LocalBoxFuture<'static, Result<String>> + Send + Sync>;

/// What is run for one message, or for several at once.
pub(crate) enum Run<S> {
    One(RunOne<S>),
    Batch(RunBatch<S>),
}

impl<S> Clone for Run<S> {
    fn clone(&self) -> Self {
        match self {
            Run::One(run) => Run::One(run.clone()),
            Run::Batch(run) => Run::Batch(run.clone()),
        }
    }
}

/// What a service does with one kind of message.
pub(crate) struct Handler<S> {
    pub subscription: Subscription,
    pub message: Declaration,
    run: Run<S>,
    /// How many messages may be handled at once, over all workers; `None` = any number.
    at_once: Option<Arc<Semaphore>>,
    /// Where messages wait for their batch, if it takes several.
    pub collector: Option<Arc<Collector>>,
}

impl<S> Handler<S> {
    pub fn new(subscription: Subscription, message: Declaration, run: Run<S>) -> Self {
        let at_once = subscription.options.concurrency.map(|n| Arc::new(Semaphore::new(n.into())));
        let (size, wait) = subscription.options.batch();
        let collector = matches!(run, Run::Batch(_)).then(|| Arc::new(Collector::new(size, wait)));
        Handler { subscription, message, run, at_once, collector }
    }

    /// Waits until one more message may be handled; it may until the permit is dropped.
    pub async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        match &self.at_once {
            // Nobody closes it.
            Some(semaphore) => semaphore.acquire().await.ok(),
            None => None,
        }
    }

    /// When an attempt that begins now is cut off, if its message has this deadline.
    pub fn deadline(&self, of_message: Option<Instant>) -> Option<Instant> {
        let own = self.subscription.options.timeout.and_then(|t| Instant::now().checked_add(t));
        [own, of_message].into_iter().flatten().min()
    }

    /// Makes one attempt.
    pub async fn attempt(&self, body: String, cx: Cx<S>) -> Result<String> {
        let Run::One(run) = &self.run else { return Err(Error::new(Kind::Internal, "wiring", "this handler takes batches")) };
        self.in_time(run(body, cx)).await
    }

    /// Makes one attempt at all of these.
    pub async fn attempt_batch(&self, received: Vec<Received>, cx: BatchCx<S>) -> Result<()> {
        let Run::Batch(run) = &self.run else { return Err(Error::new(Kind::Internal, "wiring", "this handler takes single messages")) };
        self.in_time(run(received, cx)).await
    }

    async fn in_time<T>(&self, run: impl Future<Output = Result<T>>) -> Result<T> {
        let Some(time) = self.subscription.options.timeout else { return run.await };
        let expired = |_| Error::new(Kind::TimedOut, "handler-timeout", format!("the handler took longer than {time:?}")).maybe_done();
        timeout(time, run).await.map_err(expired)?
    }
}

impl<S> Clone for Handler<S> {
    fn clone(&self) -> Self {
        Handler {
            subscription: self.subscription.clone(),
            message: self.message,
            run: self.run.clone(),
            at_once: self.at_once.clone(),
            collector: self.collector.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{HandlerOptions, bus::transport::Audience, messages};
    use std::time::Duration;

    messages! { call "fm-x/do" Do {} -> (); }

    #[test]
    fn an_attempt_ends_at_the_earlier_of_its_timeout_and_the_deadline_of_its_message() {
        let handler = |options: HandlerOptions| {
            let run: Run<()> = Run::One(Arc::new(|_, _| Box::pin(async { Ok(String::new()) })));
            Handler::new(Subscription::new(Audience::Call, "fm-x/do").with(options), Declaration::call::<Do>(), run)
        };
        let (now, minute) = (Instant::now(), Duration::from_secs(60));
        assert_eq!(handler(HandlerOptions::new()).deadline(None), None);
        assert_eq!(handler(HandlerOptions::new()).deadline(Some(now)), Some(now));
        let timed = handler(HandlerOptions::new().timeout(minute));
        assert_eq!(timed.deadline(Some(now)), Some(now));
        let ends = timed.deadline(Some(now + 10 * minute)).unwrap();
        assert!((now + minute..now + 2 * minute).contains(&ends));
        assert!(timed.deadline(None).is_some());
    }
}
