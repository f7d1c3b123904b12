//! What becomes of a message after the service's verdict.

use super::{
    codec,
    consumer::{Order, Receipt},
    health::count,
    intake::{self, Lane, Origin},
    outgoing::Outgoing,
    parking,
    publisher::Job,
    topology,
};
use crate::{
    Envelope, Error, Fault, Kind, Result,
    bus::transport::{Audience, Delivery, Verdict},
    trace,
};
use amiquip::AmqpProperties;
use std::{sync::Arc, time::Duration};
use tokio::sync::oneshot;

/// Before a message whose copy could not be stored is given back, so that it does not circle at full speed.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Carries the verdict out: at once what needs no answer of the broker, the rest in a task.
pub(super) fn settle(lane: Arc<Lane>, origin: Origin, verdict: Verdict) {
    match (lane.audience, verdict) {
        (_, Verdict::Return) => intake::requeue(&lane, origin.receipt),
        (Audience::Call, verdict) => {
            answer(&lane, origin.reply_to, verdict);
            let _ = lane.orders.send(Order::Ack(origin.receipt));
        }
        (_, Verdict::Ack | Verdict::Answer(_) | Verdict::Fault(_)) => drop(lane.orders.send(Order::Ack(origin.receipt))),
        (_, Verdict::Retry(e)) => drop(lane.runtime.clone().spawn(failed(lane, origin, e, true))),
        (_, Verdict::Park(e)) => drop(lane.runtime.clone().spawn(failed(lane, origin, e, false))),
    }
}

/// A handler failed; `again` = may be tried again.
async fn failed(lane: Arc<Lane>, origin: Origin, e: Error, again: bool) {
    let Origin { message, receipt, flight, .. } = origin;
    if lane.audience == Audience::EachInstance {
        let _ = lane.orders.send(Order::Ack(receipt));
        drop(flight);
        if again {
            again_here(lane, message, e).await
        } else {
            given_up(&message, &e)
        }
        return;
    }
    let copy = match lane.retry.after(message.attempt).filter(|_| again) {
        Some(wait) => {
            count(&lane.publisher.shared.tally.retried);
            let attempt = message.attempt + 1;
            Outgoing::through(topology::delay(wait), lane.queue.clone(), Envelope { attempt, ..message })
        }
        None => parking::copy(&lane.service, lane.audience, message, &e),
    };
    move_on(&lane, copy, receipt).await;
    drop(flight);
}

/// Stores the copy, then settles the original: a message is never in neither place.
pub(super) async fn move_on(lane: &Lane, copy: Result<Outgoing>, receipt: Receipt) {
    let stored = match copy {
        Ok(copy) => {
            if copy.key == topology::parking(&lane.service) {
                count(&lane.publisher.shared.tally.parked);
            }
            lane.publisher.publish(copy).await
        }
        Err(e) => Err(e),
    };
    match stored {
        Ok(()) => drop(lane.orders.send(Order::Ack(receipt))),
        Err(e) => {
            log::warn!("a message of the queue {} could not be moved on and goes back into it: {}", lane.queue, e.chain());
            tokio::time::sleep(AFTER_FAILURE).await;
            intake::requeue(lane, receipt);
            if e.kind() == Kind::Unroutable {
                let _ = lane.orders.send(Order::Broken(e.message().to_owned()));
            }
        }
    }
}

fn answer(lane: &Lane, reply_to: Option<(String, String)>, verdict: Verdict) {
    let outcome: std::result::Result<String, Fault> = match verdict {
        Verdict::Answer(body) => Ok(body),
        Verdict::Ack => Ok("null".into()),
        Verdict::Fault(f) => Err(f),
        Verdict::Retry(e) | Verdict::Park(e) => Err(e.fault()),
        Verdict::Return => return,
    };
    let Some((key, correlation)) = reply_to else {
        log::warn!("a call in the queue {} has no reply-to", lane.queue);
        return;
    };
    let fault = outcome.is_err();
    let body = outcome.or_else(|f| serde_json::to_string(&f)).unwrap_or_default();
    let properties: AmqpProperties = codec::reply(&correlation, fault);
    // Mandatory, so that a caller that is gone is noticed and counted.
    let reply = Outgoing { exchange: String::new(), key, mandatory: true, properties, body: body.into_bytes() };
    let _ = lane.publisher.hand_over(Job::Reply(reply));
}

/// A message for every instance is tried again within this one: its queue may be gone by the time a copy would come back.
async fn again_here(lane: Arc<Lane>, mut message: Envelope, mut error: Error) {
    let mut stopping = lane.stopping.clone();
    while let Some(wait) = lane.retry.after(message.attempt) {
        count(&lane.publisher.shared.tally.retried);
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            _ = stopping.wait_for(|s| *s) => return,
        }
        message.attempt += 1;
        let (settle, verdict) = oneshot::channel();
        let delivery =
            Delivery { message: message.clone(), audience: lane.audience, deadline: None, redelivered: true, settle: settle.into() };
        if !intake::hand_over(&lane, delivery).await {
            return;
        }
        match verdict.await {
            Ok(Verdict::Retry(e)) => error = e,
            Ok(Verdict::Park(e)) => {
                error = e;
                break;
            }
            Ok(Verdict::Ack | Verdict::Answer(_) | Verdict::Fault(_) | Verdict::Return) | Err(_) => return,
        }
    }
    given_up(&message, &error);
}

/// It is not parked: there is no queue that it could be replayed to, and the other instances have handled it.
fn given_up(m: &Envelope, e: &Error) {
    trace::of_message(m.trace.as_deref(), || {
        log::error!("{} {} is given up by this instance after attempt {}: {}", m.name, m.id, m.attempt, e.chain());
    });
}
