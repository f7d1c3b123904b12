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
    bus::transport::{Audience, Delivery, Incoming, Retry},
    time::now_ms,
};
use crossbeam_channel::Sender;
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::{
    sync::{Notify, mpsc::UnboundedReceiver, oneshot, watch},
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

/// Works until the session ends. Keeps the order of the queue.
pub(super) async fn run(lane: Arc<Lane>, mut from: UnboundedReceiver<Raw>) {
    while let Some(Raw { properties, body, receipt }) = from.recv().await {
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
                continue;
            }
            Err(why) => {
                let lane = lane.clone();
                tokio::spawn(async move {
                    let copy = parking::foreign(&lane.service, lane.audience, &properties, body, why);
                    settling::move_on(&lane, copy, receipt).await;
                    drop(flight);
                });
                continue;
            }
        };
        let deadline = match codec::deadline_ms(&properties).map(|at| at - now_ms()) {
            Some(..=0) => {
                count(&lane.publisher.shared.tally.expired);
                let _ = lane.orders.send(Order::Ack(receipt));
                continue;
            }
            Some(left) => Some(Instant::now() + Duration::from_millis(left.unsigned_abs())),
            None => None,
        };
        let reply_to = properties.reply_to().clone().zip(properties.correlation_id().clone());
        let origin = Origin { message: message.clone(), reply_to, flight };
        match hand_over(&lane, message, deadline).await {
            Some(verdict) => drop(tokio::spawn(settling::settle(lane.clone(), origin, receipt, verdict))),
            None => {
                // The service is gone without a word: take no more, or the same messages come back at full speed.
                if lane.into.is_closed() {
                    let _ = lane.orders.send(Order::Stop(crossbeam_channel::bounded(1).0));
                }
                requeue(&lane, receipt);
            }
        }
    }
}

/// What the verdict is about.
pub(super) struct Origin {
    pub message: Envelope,
    /// Queue and correlation id.
    pub reply_to: Option<(String, String)>,
    pub flight: Flight,
}

/// Gives the message to the service, unless it stops before it has a place for it.
pub(super) async fn hand_over(
    lane: &Lane,
    message: Envelope,
    deadline: Option<Instant>,
) -> Option<oneshot::Receiver<crate::bus::transport::Verdict>> {
    let (settle, verdict) = oneshot::channel();
    let delivery = Incoming::Message(Box::new(Delivery { message, audience: lane.audience, deadline, settle }));
    let mut stopping = lane.stopping.clone();
    tokio::select! {
        biased;
        sent = lane.into.send(delivery) => sent.ok().map(|()| verdict),
        _ = stopping.wait_for(|s| *s) => None,
    }
}

/// Settles a message that has no copy elsewhere.
pub(super) fn requeue(lane: &Lane, receipt: Receipt) {
    let _ = lane.orders.send(Order::Requeue(receipt));
}
