//! Puts messages together that come one by one: until there are as many as a batch may have, or the first has waited long enough.

use crate::{Envelope, bus::transport::Outcome, service::DeliveryInfo};
use std::{
    future::Future,
    mem,
    pin::pin,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::oneshot, time::sleep};

/// A message that waits for its batch.
struct Waiting {
    message: Envelope,
    info: DeliveryInfo,
    outcome: oneshot::Sender<Outcome>,
}

/// The messages of the batch that fills up, over all workers of an instance.
pub(crate) struct Collector {
    size: usize,
    wait: Duration,
    filling: Mutex<Filling>,
}

#[derive(Default)]
struct Filling {
    /// Grows with each batch, so that a message can tell whether its own is still there.
    batch: u64,
    waiting: Vec<Waiting>,
}

impl Filling {
    fn take(&mut self) -> Vec<Waiting> {
        self.batch += 1;
        mem::take(&mut self.waiting)
    }
}

impl Collector {
    pub fn new(size: u16, wait: Duration) -> Self {
        Collector { size: size.into(), wait, filling: Mutex::default() }
    }
    fn filling(&self) -> MutexGuard<'_, Filling> {
        self.filling.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a message and gives how it ended. Who completes the batch, or has begun it and waited long enough, handles all of it.
    pub async fn join<F: Future<Output = Vec<Outcome>>>(
        &self,
        message: Envelope,
        info: DeliveryInfo,
        handle: impl Fn(Vec<(Envelope, DeliveryInfo)>) -> F,
    ) -> Outcome {
        let (sender, outcome) = oneshot::channel();
        let (batch, is_first, full) = {
            let mut filling = self.filling();
            filling.waiting.push(Waiting { message, info, outcome: sender });
            let (batch, is_first) = (filling.batch, filling.waiting.len() == 1);
            (batch, is_first, (filling.waiting.len() >= self.size).then(|| filling.take()))
        };
        let mut outcome = pin!(outcome);
        let run = async |batch: Vec<Waiting>| {
            let (messages, outcomes): (Vec<_>, Vec<_>) = batch.into_iter().map(|w| ((w.message, w.info), w.outcome)).unzip();
            for (outcome, sender) in handle(messages).await.into_iter().zip(outcomes) {
                let _ = sender.send(outcome);
            }
        };
        match full {
            Some(batch) => run(batch).await,
            None if is_first => {
                tokio::select! {
                    biased;
                    ended = &mut outcome => return ended.unwrap_or(Outcome::Requeue),
                    () = sleep(self.wait) => {}
                }
                let own = {
                    let mut filling = self.filling();
                    (filling.batch == batch).then(|| filling.take())
                };
                if let Some(batch) = own {
                    run(batch).await;
                }
            }
            None => {}
        }
        // Whoever handled it has ended without a word: its worker is stopping.
        outcome.await.unwrap_or(Outcome::Requeue)
    }
}
