//! Asks a second instance when the first one lets a request wait, and takes whichever answers first (Dean and Barroso, The Tail at Scale).

use super::{Forward, attempt::Answered};
use crate::{
    pipeline::{Exchange, Upstream, trace::AttemptKind},
    upstream::{Failure, Limit},
};
use fm_sdk::registry::{Instance, balance::Picked};
use futures::{StreamExt, future::LocalBoxFuture, stream::FuturesUnordered};
use http::StatusCode;
use std::{cell::Cell, pin::pin, time::Duration};
use tokio::time::timeout;

/// How many times the usual wait a request is worth that goes to an instance which is ejected, because all are.
const HOPELESS: u32 = 2;

impl Forward {
    /// Asks the instance that was picked, for a request that may be repeated; others too, while there is no answer, as far as the budget of
    /// hedges allows. Whoever is slower is told to stop by its connection's end.
    pub(super) async fn hedged<'a>(
        &self,
        exchange: &Exchange,
        upstream: &'a Upstream,
        limit: &Limit,
        picked: Picked,
        kind: AttemptKind,
        tried: &mut Vec<&'a str>,
    ) -> Result<Answered, Failure> {
        let (after, none) = (self.settings.hedge_after, Cell::new(None));
        let instance = &upstream.instances[picked.index];
        let ejected = !upstream.health(instance).ejected_for.is_zero();
        let first = self.attempt(exchange, upstream, picked, kind, &none, true);
        if after.is_zero() {
            return first.await;
        }
        if ejected {
            // It hangs or is down, and so are the others: a quick refusal is better than a queue of those who wait.
            return timeout(after * HOPELESS, first).await.unwrap_or(Err(Failure::AllSilent));
        }
        if upstream.instances.len() == tried.len() {
            return first.await;
        }
        let mut first = pin!(first);
        if let Ok(result) = timeout(after, &mut first).await {
            return result;
        }
        let mut asked: FuturesUnordered<LocalBoxFuture<'_, Result<Answered, Failure>>> = FuturesUnordered::new();
        asked.push(Box::pin(first));
        loop {
            if let Some(picked) = self.hedge(upstream, limit, tried, after) {
                tried.push(&upstream.instances[picked.index].id);
                asked.push(Box::pin(self.attempt(exchange, upstream, picked, AttemptKind::Hedge, &none, true)));
            }
            let result = match timeout(after, asked.next()).await {
                // Nobody has answered; perhaps a third one does.
                Err(_) => continue,
                Ok(Some(result)) => result,
                Ok(None) => return Err(Failure::HeadTimeout),
            };
            let good = result.as_ref().is_ok_and(|(answer, _)| answer.status != StatusCode::SERVICE_UNAVAILABLE);
            if good || asked.is_empty() {
                return result;
            }
            self.judge(upstream, &result, true);
        }
    }

    /// Picks an instance that is asked too, if there is one and the budget allows it.
    fn hedge(&self, upstream: &Upstream, limit: &Limit, tried: &[&str], after: Duration) -> Option<Picked> {
        let is_up = |instance: &Instance| upstream.health(instance).ejected_for.is_zero();
        let left = upstream.instances.iter().any(|instance| !tried.contains(&instance.id.as_str()) && is_up(instance));
        if !left || tried.len() > self.settings.retries {
            return None;
        }
        let metrics = &self.drivers.tools.metrics;
        if !limit.hedges.take() {
            metrics.withheld(&upstream.name);
            return None;
        }
        let waited_for = upstream.instances.iter().filter(|instance| tried.contains(&instance.id.as_str()));
        let silent = waited_for.map(|instance| upstream.health(instance).silent_for).any(|silent| silent >= after);
        metrics.hedged(&upstream.name, if silent { "silent" } else { "slow" });
        upstream.pick(tried, true)
    }
}
