//! Hands messages from the outbox to the broker: publish, confirm, then forget. Each instance relays what it wrote itself, at once,
//! and what others left behind when they died.

use super::{Runtime, Schedule};
use crate::{Backoff, BoxFuture, Envelope, Error, Result, bus::transport::REFUSED};
use futures::{StreamExt, stream::FuturesOrdered};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::sync::{Mutex, Notify};

/// Messages of one round.
const BATCH: u32 = 512;
/// A message this old, still unsent, has lost its writer.
pub(super) const ORPHANED: Duration = Duration::from_secs(15);
/// How often to look for what others left.
const TICK: Duration = Duration::from_secs(5);
/// The wait after a round in which something could not be sent.
const RETRY_DELAY: Duration = Duration::from_millis(500);
/// The longest wait while the broker refuses messages: an event for a full queue also reaches those that are not full, each time anew.
const MAX_RETRY_DELAY: Duration = Duration::from_secs(8);
/// What cannot be sent does not hold up what lies behind it, up to this many.
const MAX_STUCK: u32 = 8 * BATCH;

#[derive(Default)]
pub(crate) struct Relay {
    one: Mutex<()>,
    more: Notify,
    /// Messages of the last round that could not be sent.
    stuck: AtomicU32,
}
impl Relay {
    pub fn wake(&self) {
        self.more.notify_one();
    }
}

impl Runtime {
    /// Sends what waits, once.
    pub(crate) async fn relay_round(&self) -> Result<Round> {
        let _one = self.relay.one.lock().await;
        let batch = BATCH + self.relay.stuck.load(Relaxed).min(MAX_STUCK);
        let waiting = self.store.pending(&self.instance, ORPHANED, batch).await?;
        let oldest = waiting.iter().map(|(_, m)| m.at_ms).min().map_or(0, |at| crate::time::now_ms() - at);
        self.metrics.outbox(waiting.len(), oldest.max(0) as f64 / 1000.0);
        let mut sending: FuturesOrdered<_> = waiting
            .into_iter()
            .map(|(place, m)| {
                let (id, name) = (m.id.clone(), m.name.clone());
                let sent = self.hand_over(m);
                async move { (place, id, name, sent.await) }
            })
            .collect();
        let (mut done, mut stuck, mut failed) = (Vec::new(), 0, None);
        while let Some((place, id, name, sent)) = sending.next().await {
            if !Schedule::is_named(&name) {
                self.metrics.published(&name, sent.as_ref().map_or_else(Error::code, |()| "ok"));
            }
            match sent {
                Ok(()) => done.push((place, id)),
                Err(e) => {
                    stuck += 1;
                    failed = Some((name, e));
                }
            }
        }
        self.relay.stuck.store(stuck, Relaxed);
        if let Some((name, e)) = &failed {
            log::warn!("outbox: {name} could not be sent, will be tried again: {}", e.chain());
        }
        let sent = done.len();
        if sent > 0 {
            self.store.relayed(done).await?;
        }
        Ok(Round { sent, failed: failed.map(|(_, e)| e) })
    }

    /// A message goes to the broker, a schedule to the others in the store.
    fn hand_over(&self, m: Envelope) -> BoxFuture<'_, Result<()>> {
        if Schedule::is_named(&m.name) { Box::pin(self.unpack_schedule(m)) } else { Box::pin(self.publish(m)) }
    }

    /// Relays until nothing is left, or something cannot be sent: gives why.
    pub(crate) async fn flush(&self) -> Result<Option<Error>> {
        loop {
            match self.relay_round().await? {
                Round { failed: Some(e), .. } => return Ok(Some(e)),
                Round { sent: 0, .. } => return Ok(None),
                _ => {}
            }
        }
    }

    /// Relays for ever, woken by every step that has messages.
    pub(crate) async fn relay_for_ever(self: Arc<Self>) {
        let mut backoff = Backoff::new(RETRY_DELAY, MAX_RETRY_DELAY);
        loop {
            match self.flush().await {
                Ok(None) => {
                    let _ = tokio::time::timeout(TICK, self.relay.more.notified()).await;
                    backoff.reset();
                    continue;
                }
                Ok(Some(e)) if e.code() == REFUSED => {}
                Ok(Some(_)) => backoff.reset(),
                Err(e) => {
                    log::error!("outbox: cannot be read: {}", e.chain());
                    backoff.reset();
                }
            }
            tokio::time::sleep(backoff.next_wait()).await;
        }
    }
}

/// What became of one round.
pub(crate) struct Round {
    /// How many messages the broker has confirmed.
    pub sent: usize,
    /// The last error of those that were not sent.
    pub failed: Option<Error>,
}
