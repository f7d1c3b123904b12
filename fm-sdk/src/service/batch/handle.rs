//! The path of a batch: what is proven and new goes to the handler together, and singly what cannot be handled together.

use super::{BatchCx, item::Received};
use crate::{
    Bus, Envelope, Error, Identity, Kind, Result, Runtime, Work,
    bus::transport::Outcome,
    service::{
        DeliveryInfo, Handler, Service,
        handle::{Try, caught, identify, op},
        middleware::{self, Invocation},
    },
};
use futures::future::join_all;
use std::sync::{Arc, atomic::Ordering::Relaxed};

impl<S: Send + Sync + 'static> Service<S> {
    /// Handles these messages of one name, and gives how each ended.
    pub(crate) async fn handle_batch(&self, rt: &Arc<Runtime>, handler: &Handler<S>, batch: Vec<(Envelope, DeliveryInfo)>) -> Vec<Outcome> {
        let _turn = handler.turn().await;
        let tries: Vec<_> = batch.iter().map(|(m, info)| Try::begin(rt, m, info.audience)).collect();
        let mut results = join_all(batch.iter().map(|(m, info)| admit(rt, handler, m, *info))).await;
        self.handle_together(rt, handler, &batch, &tries, &mut results).await;
        let mut outcomes = Vec::with_capacity(batch.len());
        for (((m, info), tried), admitted) in batch.iter().zip(tries).zip(results) {
            let attempt = async {
                match admitted? {
                    Some(received) => self.run_batch(rt, handler, vec![received]).await,
                    None => Ok(()),
                }
            };
            let result = tried.run(m, attempt).await;
            outcomes.push(tried.end(rt, m, *info, Some(handler), result.map(|()| "null".into())));
        }
        outcomes
    }

    /// Handles all at once that are there for the first time. Where it succeeds nothing is left to do; where it does not, each is handled
    /// singly. One that has failed before is tried again by itself.
    async fn handle_together(
        &self,
        rt: &Arc<Runtime>,
        handler: &Handler<S>,
        batch: &[(Envelope, DeliveryInfo)],
        tries: &[Try],
        results: &mut [Result<Option<Received>>],
    ) {
        let is_new = |i: &usize| batch[*i].0.attempt == 1 && matches!(results[*i], Ok(Some(_)));
        let together: Vec<_> = (0..batch.len()).filter(is_new).collect();
        let received: Vec<_> = together.iter().filter_map(|&i| results[i].as_ref().ok()?.clone()).collect();
        if received.len() < 2 {
            return;
        }
        let (name, n) = (batch[together[0]].0.name.as_str(), received.len());
        match tries[together[0]].within(self.run_batch(rt, handler, received)).await {
            Ok(()) => together.into_iter().for_each(|i| results[i] = Ok(None)),
            Err(e) => log::info!(name, n; "batch: failed as a whole, handling its messages one by one: {}", e.chain()),
        }
    }

    /// One run of the handler, and the end of all its messages.
    async fn run_batch(&self, rt: &Arc<Runtime>, handler: &Handler<S>, received: Vec<Received>) -> Result<()> {
        let ops: Vec<_> = received.iter().map(|r| r.op.clone()).collect();
        let trail = rt.trails().begin();
        let bus = Bus { rt: rt.clone(), caller: None, trail: trail.clone(), deadline: handler.deadline(None) };
        let attempt = received.iter().map(|r| r.message.attempt).max().unwrap_or(1);
        let subscription = &handler.subscription;
        let invocation = Invocation::new(subscription.audience.into(), subscription.name.into(), None, attempt);
        let work = Work::of_batch(bus, ops.clone()).within(invocation.context().clone());
        let cx = BatchCx { state: self.state.clone(), work: work.clone() };
        caught(middleware::run(&self.layers, &invocation, handler.attempt_batch(received, cx))).await?;
        if work.is_repeated() {
            return Err(Error::new(Kind::Unavailable, "batch-repeated", "one message of the batch has changed a document before"));
        }
        if trail.wrote.load(Relaxed) {
            rt.store.finish_all(ops).await?;
        }
        Ok(())
    }
}

/// Proves the sender of one message. `None` = it has taken effect before.
async fn admit<S>(rt: &Arc<Runtime>, handler: &Handler<S>, m: &Envelope, info: DeliveryInfo) -> Result<Option<Received>> {
    let identity = identify(rt, m, info.audience)?;
    handler.message.senders.check_received(&m.name, identity.as_ref().and_then(Identity::act))?;
    let op = op(m);
    if rt.store.finished(&op).await?.is_some() {
        rt.metrics.duplicate(&m.name);
        return Ok(None);
    }
    Ok(Some(Received { rt: rt.clone(), message: m.clone(), identity, op }))
}
