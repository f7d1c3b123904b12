//! Threads that handle messages. Handlers' futures never leave theirs, so they need not be `Send`.

use super::{Service, handle::DeliveryInfo};
use crate::{
    Bus, Runtime, Work,
    bus::transport::{Delivery, Incoming, Outcome, Worker},
    trace,
};
use actix_rt::Arbiter;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::sync::Notify;

/// The wait before a task that failed is tried again.
const RETRY_DELAY: Duration = Duration::from_millis(500);

pub(super) struct Workers {
    arbiters: Vec<Arbiter>,
    busy: Arc<Busy>,
}

/// How many messages are being handled.
#[derive(Default)]
struct Busy {
    n: AtomicUsize,
    less: Notify,
}
struct One(Arc<Busy>);
impl One {
    fn more(busy: &Arc<Busy>) -> Self {
        busy.n.fetch_add(1, SeqCst);
        One(busy.clone())
    }
}
impl Drop for One {
    fn drop(&mut self) {
        self.0.n.fetch_sub(1, SeqCst);
        self.0.less.notify_waiters();
    }
}

impl Workers {
    /// Starts `n` threads.
    pub fn start(n: usize) -> Self {
        Workers { arbiters: (0..n).map(|_| Arbiter::new()).collect(), busy: Arc::default() }
    }

    /// What each thread does with what arrives.
    pub fn handling<S: Send + Sync + 'static>(&self, service: &Service<S>, rt: &Arc<Runtime>, attempts: u32) -> Vec<Worker> {
        let worker = |arbiter: &Arbiter| {
            let (service, rt, busy) = (service.clone(), rt.clone(), self.busy.clone());
            Worker::new(arbiter.handle(), move |incoming| {
                let (one, service, rt) = (One::more(&busy), service.clone(), rt.clone());
                actix_rt::spawn(async move {
                    match incoming {
                        Incoming::Message(delivery) => deliver(&service, &rt, attempts, *delivery).await,
                        Incoming::Gap => close_gap(&service, &rt).await,
                    }
                    drop(one);
                });
            })
        };
        self.arbiters.iter().map(worker).collect()
    }

    /// Waits until no message is being handled, at most this long; how many still are.
    pub async fn idle(&self, within: Duration) -> usize {
        let idle = async {
            loop {
                let less = self.busy.less.notified();
                if self.busy.n.load(SeqCst) == 0 {
                    return;
                }
                less.await;
            }
        };
        let _ = tokio::time::timeout(within, idle).await;
        self.busy.n.load(SeqCst)
    }

    pub fn stop(self) {
        for arbiter in self.arbiters {
            arbiter.stop();
            let _ = arbiter.join();
        }
    }
}

async fn deliver<S: Send + Sync + 'static>(service: &Service<S>, rt: &Arc<Runtime>, attempts: u32, delivery: Delivery) {
    let Delivery { message, audience, deadline, redelivered, acknowledger } = delivery;
    let trace = message.trace.clone();
    let outcome = service.handle_delivered(rt, message, DeliveryInfo { audience, deadline, redelivered, attempts }).await;
    if let Err(Outcome::Retry(e) | Outcome::Reject(e)) = acknowledger.send(outcome) {
        trace::of_message(trace.as_deref(), || {
            log::warn!("bus: outcome of a handler too late, the broker redelivers the message: {}", e.chain())
        });
    }
}

async fn close_gap<S: Send + Sync + 'static>(service: &Service<S>, rt: &Arc<Runtime>) {
    for task in &service.on_gap {
        while let Err(e) = task(service.state.clone(), Work::new(Bus::new(rt.clone(), None), None)).await {
            log::warn!("bus: state not rebuilt after a gap, trying again: {}", e.chain());
            tokio::time::sleep(RETRY_DELAY).await;
        }
    }
}
