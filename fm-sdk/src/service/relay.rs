//! Hands messages from the outbox to the broker: publish, confirm, then forget. Each instance relays what it wrote itself, at once,
//! and what others left behind when they died.

use super::Runtime;
use crate::{Error, Result};
use futures::{StreamExt, stream::FuturesOrdered};
use std::{sync::Arc, time::Duration};
use tokio::sync::{Mutex, Notify};

/// Messages of one round.
const BATCH: u32 = 512;
/// A message this old, still unsent, has lost its writer.
const ORPHANED: Duration = Duration::from_secs(15);
/// How often to look for what others left.
const TICK: Duration = Duration::from_secs(5);
/// The wait after a round in which something could not be sent.
const BACK_OFF: Duration = Duration::from_millis(500);

#[derive(Default)]
pub(crate) struct Relay {
    one: Mutex<()>,
    more: Notify,
}
impl Relay {
    pub fn wake(&self) {
        self.more.notify_one();
    }
}

impl Runtime {
    /// One round: how many messages left, and whether some could not.
    pub(crate) async fn relay_round(&self) -> Result<(usize, bool)> {
        let _one = self.relay.one.lock().await;
        let waiting = self.store.pending(&self.instance, ORPHANED, BATCH).await?;
        let oldest = waiting.iter().map(|(_, m)| m.at_ms).min().map_or(0, |at| crate::time::now_ms() - at);
        self.metrics.outbox(waiting.len(), oldest.max(0) as f64 / 1000.0);
        let mut sending: FuturesOrdered<_> = waiting
            .into_iter()
            .map(|(place, m)| {
                let (id, name) = (m.id.clone(), m.name.clone());
                let sent = self.transport.publish(m);
                async move { (place, id, name, sent.await) }
            })
            .collect();
        let (mut done, mut failed) = (Vec::new(), None);
        while let Some((place, id, name, sent)) = sending.next().await {
            self.metrics.published(&name, sent.as_ref().map_or_else(Error::code, |()| "ok"));
            match sent {
                Ok(()) => done.push((place, id)),
                Err(e) => failed = Some((name, e)),
            }
        }
        if let Some((name, e)) = &failed {
            log::warn!("outbox: {name} could not be sent, will be tried again: {}", e.chain());
        }
        let n = done.len();
        if n > 0 {
            self.store.relayed(done).await?;
        }
        Ok((n, failed.is_some()))
    }

    /// Relays until nothing is left or something cannot be sent; true if nothing is left.
    pub(crate) async fn flush(&self) -> Result<bool> {
        loop {
            match self.relay_round().await? {
                (_, true) => return Ok(false),
                (0, false) => return Ok(true),
                _ => {}
            }
        }
    }

    /// Relays for ever, woken by every step that has messages.
    pub(crate) async fn relay_for_ever(self: Arc<Self>) {
        loop {
            let clean = self.flush().await.unwrap_or_else(|e| {
                log::error!("outbox: cannot be read: {}", e.chain());
                false
            });
            if clean {
                let _ = tokio::time::timeout(TICK, self.relay.more.notified()).await;
            } else {
                tokio::time::sleep(BACK_OFF).await;
            }
        }
    }
}
