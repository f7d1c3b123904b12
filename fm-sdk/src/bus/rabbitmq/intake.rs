//! From the consuming thread to the service: reads messages, drops expired calls, sets foreign ones aside.

use super::{
    codec,
    consumer::{Order, Raw, Receipt},
    health::count,
    parking,
    publisher::Publisher,
    settling,
};
use crate::{
    Envelope,
    bus::transport::{Audience, Delivery, Incoming, Retry, Settle},
    time::now_ms,
};
use async_channel::TrySendError;
use crossbeam_channel::Sender;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::{
    runtime::Handle,
    sync::{
        Notify,
        mpsc::{UnboundedSender, unbounded_channel},
        watch,
    },
    time::Instant,
};

/// One queue of one service, in one session.
pub(super) struct Lane {
    pub service: String,
    pub audience: Audience,
    pub queue: String,
    pub retry: Retry,
    pub into: async_channel::Sender<Incoming>,
    pub publisher: Publisher,
    pub orders: Sender<Order>,
    pub stopping: watch::Receiver<bool>,
    pub in_flight: Arc<InFlight>,
    /// Where its tasks run.
    pub runtime: Handle,
}

/// Messages taken from the broker and not settled yet.
#[derive(Default)]
pub(super) struct InFlight(AtomicUsize, Notify);

/// One of them.
pub(super) struct Flight(Arc<InFlight>);

impl InFlight {
    pub fn start(self: &Arc<Self>) -> Flight {
        self.0.fetch_add(1, SeqCst);
        Flight(self.clone())
    }
    /// Waits until there are none, at most so long.
    pub async fn none(&self, within: Duration) {
        let wait = async {
            loop {
                let changed = self.1.notified();
                tokio::pin!(changed);
                changed.as_mut().enable();
                if self.0.load(SeqCst) == 0 {
                    return;
                }
                changed.await;
            }
        };
        let _ = tokio::time::timeout(within, wait).await;
    }
}
impl Drop for Flight {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, SeqCst);
        self.0.1.notify_waiters();
    }
}

/// Takes what comes by one queue, on its thread. Never blocks, and keeps the order: what the service has no place for waits in a task, and
/// all that comes after it behind it.
pub(super) struct Intake {
    lane: Arc<Lane>,
    waiting: UnboundedSender<Delivery>,
    /// How many wait.
    behind: Arc<AtomicUsize>,
}

impl Intake {
    /// Tells the service of a gap first, if there was one.
    pub fn start(lane: Arc<Lane>, gap: bool) -> Self {
        let (waiting, mut next) = unbounded_channel();
        let behind = Arc::new(AtomicUsize::new(usize::from(gap)));
        let intake = Intake { lane: lane.clone(), waiting, behind: behind.clone() };
        lane.runtime.clone().spawn(async move {
            if gap {
                let _ = lane.into.send(Incoming::Gap).await;
                behind.fetch_sub(1, SeqCst);
            }
            while let Some(delivery) = next.recv().await {
                hand_over(&lane, delivery).await;
                behind.fetch_sub(1, SeqCst);
            }
        });
        intake
    }

    /// Reads a message, drops it if it is too late, sets it aside if it is foreign, else gives it to the service.
    pub fn take(&self, Raw { properties, body, receipt }: Raw) {
        let lane = &self.lane;
        let flight = lane.in_flight.start();
        if receipt.came_again() {
            count(&lane.publisher.shared.tally.redelivered);
        }
        let message = match codec::envelope(&properties, &body) {
            Ok(m) => m,
            // Nothing of an instance's own queue is parked: it could not be replayed, and each instance would park it again.
            Err(why) if lane.audience == Audience::EachInstance => {
                log::error!("a message of {} for each instance cannot be read and is given up: {why}", lane.service);
                let _ = lane.orders.send(Order::Ack(receipt));
                return;
            }
            Err(why) => {
                let lane = lane.clone();
                self.lane.runtime.spawn(async move {
                    let copy = parking::foreign(&lane.service, lane.audience, &properties, body, why);
                    settling::move_on(&lane, copy, receipt).await;
                    drop(flight);
                });
                return;
            }
        };
        let deadline = match codec::deadline_ms(&properties).map(|at| at - now_ms()) {
            Some(..=0) => {
                count(&lane.publisher.shared.tally.expired);
                let _ = lane.orders.send(Order::Ack(receipt));
                return;
            }
            Some(left) => Some(Instant::now() + Duration::from_millis(left.unsigned_abs())),
            None => None,
        };
        let reply_to = properties.reply_to().clone().zip(properties.correlation_id().clone());
        let redelivered = receipt.came_again();
        let origin = Origin { message: message.clone(), reply_to, receipt, flight };
        let (judged, audience) = (lane.clone(), lane.audience);
        let settle = Settle::new(move |verdict| {
            settling::settle(judged, origin, verdict);
            Ok(())
        });
        self.pass_on(Delivery { message, audience, deadline, redelivered, settle });
    }

    fn pass_on(&self, delivery: Delivery) {
        let delivery = if self.behind.load(SeqCst) > 0 {
            delivery
        } else {
            match self.lane.into.try_send(Incoming::Message(Box::new(delivery))) {
                Err(TrySendError::Full(Incoming::Message(delivery))) => *delivery,
                Ok(()) => return,
                // The service is gone without a word: take no more, or the same messages come back at full speed.
                Err(_) => return drop(self.lane.orders.send(Order::Stop(crossbeam_channel::bounded(1).0))),
            }
        };
        self.behind.fetch_add(1, SeqCst);
        let _ = self.waiting.send(delivery);
    }
}

/// What the verdict is about.
pub(super) struct Origin {
    pub message: Envelope,
    /// Queue and correlation id.
    pub reply_to: Option<(String, String)>,
    pub receipt: Receipt,
    pub flight: Flight,
}

/// Gives the message to the service, unless it stops before it has a place for it.
pub(super) async fn hand_over(lane: &Lane, delivery: Delivery) -> bool {
    let mut stopping = lane.stopping.clone();
    tokio::select! {
        biased;
        sent = lane.into.send(Incoming::Message(Box::new(delivery))) => sent.is_ok(),
        _ = stopping.wait_for(|s| *s) => false,
    }
}

/// Settles a message that has no copy elsewhere.
pub(super) fn requeue(lane: &Lane, receipt: Receipt) {
    let _ = lane.orders.send(Order::Requeue(receipt));
}
