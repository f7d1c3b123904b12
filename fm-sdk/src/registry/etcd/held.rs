//! A held key: its lease is kept alive, taken again when it is lost, and the key put back when somebody deletes it.

use super::{
    backoff::backoff,
    failure::Failure,
    keys::Keys,
    lease::{self, Beat, Lease},
    pool::Pool,
    runtime::Runtime,
};
use crate::{
    Backoff, BoxFuture, Error, Kind, Result,
    registry::{LeasedKey, Snapshot},
};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{Instant, sleep, sleep_until},
};

/// A wish of the owner of the key.
enum Ask {
    Put(String, oneshot::Sender<Result<()>>),
    Release(oneshot::Sender<()>),
}

pub(super) struct EtcdHeld(mpsc::UnboundedSender<Ask>);

impl LeasedKey for EtcdHeld {
    fn update(&self, value: String) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            let (tx, rx) = oneshot::channel();
            let _ = self.0.send(Ask::Put(value, tx));
            rx.await.unwrap_or_else(|_| Err(Error::new(Kind::Unavailable, "registry-unreachable", "the registry's client has ended")))
        })
    }
    fn release(self: Box<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            let (tx, rx) = oneshot::channel();
            let _ = self.0.send(Ask::Release(tx));
            let _ = rx.await;
        })
    }
}

/// The task behind a held key.
pub(super) struct KeepAlive {
    pool: Arc<Pool>,
    keys: Keys,
    key: String,
    value: String,
    ttl: Duration,
    /// The key as others see it.
    own: watch::Receiver<Arc<Snapshot>>,
    asks: mpsc::UnboundedReceiver<Ask>,
    /// Updates that wait for the next put.
    waiting: Vec<oneshot::Sender<Result<()>>>,
    /// The runtime lives until the key is released.
    _runtime: Arc<Runtime>,
}

/// The owner has let go; whom to tell.
struct Released(Option<oneshot::Sender<()>>);

impl Released {
    fn tell(self) {
        if let Some(tell) = self.0 {
            // Nobody may be waiting any more.
            let _ = tell.send(());
        }
    }
}

impl KeepAlive {
    pub(super) fn start(
        runtime: &Arc<Runtime>,
        pool: Arc<Pool>,
        keys: &Keys,
        key: &str,
        value: String,
        ttl: Duration,
        own: watch::Receiver<Arc<Snapshot>>,
    ) -> EtcdHeld {
        let (tx, asks) = mpsc::unbounded_channel();
        let (keys, key, _runtime) = (keys.clone(), key.to_string(), runtime.clone());
        let keep_alive = KeepAlive { pool, keys, key, value, ttl, own, asks, waiting: Vec::new(), _runtime };
        runtime.spawn(keep_alive.run());
        EtcdHeld(tx)
    }

    async fn run(mut self) {
        let mut backoff = backoff();
        loop {
            let lost = match self.session(&mut backoff).await {
                Ok(released) => return released.tell(),
                Err(failure) => failure,
            };
            log::warn!("registry: {} not registered, retrying: {}", self.key, lost.why());
            for waiting in self.waiting.drain(..) {
                let _ = waiting.send(Err(lost.clone().into()));
            }
            tokio::select! {
                () = sleep(backoff.next_wait()) => {}
                ask = self.asks.recv() => if let Err(released) = self.note(ask) {
                    return released.tell();
                }
            }
        }
    }

    /// Remembers a wish for the next put.
    fn note(&mut self, ask: Option<Ask>) -> std::result::Result<(), Released> {
        match ask {
            Some(Ask::Put(value, tell)) => {
                self.value = value;
                self.waiting.push(tell);
                Ok(())
            }
            Some(Ask::Release(tell)) => Err(Released(Some(tell))),
            None => Err(Released(None)),
        }
    }

    /// From taking a lease to losing it.
    async fn session(&mut self, backoff: &mut Backoff) -> std::result::Result<Released, Failure> {
        let lease = lease::grant(&self.pool, self.ttl).await?;
        let mut put_at = self.put(lease).await?;
        backoff.reset();
        let mut beat = Beat::new(lease);
        let mut good_until = Instant::now() + lease.ttl;
        let mut next = Instant::now() + lease.ttl / 3;
        let mut followed = true;
        loop {
            tokio::select! {
                ask = self.asks.recv() => {
                    if let Err(released) = self.note(ask) {
                        // If the registry is unreachable now, the key goes when its lease ends.
                        if let Err(failure) = lease::revoke(&self.pool, lease).await {
                            log::warn!("registry: {} not removed, it expires with its lease: {}", self.key, failure.why());
                        }
                        return Ok(released);
                    }
                    put_at = self.put(lease).await?;
                }
                () = sleep_until(next) => match beat.once(&self.pool).await {
                    Ok(true) => {
                        good_until = Instant::now() + lease.ttl;
                        next = Instant::now() + lease.ttl / 3;
                    }
                    Ok(false) => return Err(Failure::broken("its lease has ended")),
                    Err(failure) if failure.is_not_found() || Instant::now() > good_until => return Err(failure),
                    Err(_) => next = Instant::now() + Duration::from_millis(rand::random_range(100..300)),
                },
                changed = self.own.changed(), if followed => {
                    followed = changed.is_ok();
                    if self.is_gone(put_at) {
                        log::info!("registry: {} was deleted by somebody else, registering it again", self.key);
                        put_at = self.put(lease).await?;
                    }
                }
            }
        }
    }

    /// The registry knows our put, and shows no key: somebody has deleted it.
    fn is_gone(&mut self, put_at: i64) -> bool {
        let now = self.own.borrow_and_update();
        now.known && !now.stale && now.revision >= put_at && !now.entries.contains_key(&self.key)
    }

    async fn put(&mut self, lease: Lease) -> std::result::Result<i64, Failure> {
        let revision = lease::put(&self.pool, &self.keys, &self.key, &self.value, lease).await?;
        for waiting in self.waiting.drain(..) {
            let _ = waiting.send(Ok(()));
        }
        Ok(revision)
    }
}
