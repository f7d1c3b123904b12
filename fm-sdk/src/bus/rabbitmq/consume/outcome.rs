//! What becomes of a message after its handler: acknowledged, answered, tried again later, a dead letter, or given back.

use super::{
    super::{codec, dead_letters, metrics::count, publish::outgoing::Outgoing, topology},
    mailbox::{Acknowledgement, DeliveryTag},
    subscription::Subscription,
};
use crate::{
    Envelope, Error, Fault, Kind, Result,
    bus::transport::{Audience, Delivery, Incoming, Outcome},
    trace,
};
use std::{sync::Arc, time::Duration};
use tokio::sync::oneshot;

/// Before a message whose copy could not be stored is given back, so that it does not circle at full speed.
const REQUEUE_DELAY: Duration = Duration::from_secs(1);

/// The message that an outcome is about.
pub(super) struct Origin {
    /// `None` for a call.
    pub message: Option<Envelope>,
    /// Queue and correlation id.
    pub reply_to: Option<(String, String)>,
    pub tag: DeliveryTag,
}

/// Carries an outcome out: what needs no answer of the broker goes to the worker, the rest to a task.
pub(super) fn acknowledge(subscription: Arc<Subscription>, origin: Origin, outcome: Outcome) {
    let Origin { message, reply_to, tag } = origin;
    let mailbox = subscription.mailbox.clone();
    match (outcome, message) {
        (Outcome::Requeue, _) => mailbox.acknowledge(Acknowledgement::Requeue(tag)),
        (outcome, None) => match reply(&subscription, reply_to, outcome) {
            Some(reply) => mailbox.acknowledge(Acknowledgement::Reply(Box::new(reply), tag)),
            None => mailbox.acknowledge(Acknowledgement::Ack(tag)),
        },
        (Outcome::Ack | Outcome::Reply(_) | Outcome::Fault(_), _) => mailbox.acknowledge(Acknowledgement::Ack(tag)),
        (Outcome::Retry(e), Some(m)) => drop(subscription.runtime.clone().spawn(failed(subscription, m, tag, e, true))),
        (Outcome::Reject(e), Some(m)) => drop(subscription.runtime.clone().spawn(failed(subscription, m, tag, e, false))),
    }
}

/// A handler failed; `again` = may be tried again.
async fn failed(subscription: Arc<Subscription>, message: Envelope, tag: DeliveryTag, e: Error, again: bool) {
    if subscription.audience == Audience::EachInstance {
        subscription.mailbox.acknowledge(Acknowledgement::Ack(tag));
        return if again { retry_here(subscription, message, e).await } else { give_up(&message, &e) };
    }
    let copy = match subscription.wait(&message).filter(|_| again) {
        Some(wait) => {
            count(&subscription.publisher.shared.metrics.retried);
            let attempt = message.attempt + 1;
            Outgoing::through(topology::delay(wait), subscription.queue.clone(), Envelope { attempt, ..message })
        }
        None => dead_letters::copy(&subscription.what.service, subscription.audience, message, &e),
    };
    move_on(&subscription, copy, tag).await;
}

/// Stores the copy, then acknowledges the original: a message is never in neither place.
pub(super) async fn move_on(subscription: &Subscription, copy: Result<Outgoing>, tag: DeliveryTag) {
    let stored = match copy {
        Ok(copy) => {
            if copy.key == topology::dead_letters(&subscription.what.service) {
                count(&subscription.publisher.shared.metrics.dead_lettered);
            }
            subscription.publisher.publish(copy).await
        }
        Err(e) => Err(e),
    };
    match stored {
        Ok(()) => subscription.mailbox.acknowledge(Acknowledgement::Ack(tag)),
        Err(e) => {
            log::warn!(
                queue = subscription.queue.as_str(), error = e.chain().as_str();
                "bus: retry copy of a failed message not confirmed, requeueing the message"
            );
            tokio::time::sleep(REQUEUE_DELAY).await;
            subscription.mailbox.acknowledge(Acknowledgement::Requeue(tag));
            // A queue is missing; the next session declares it.
            if e.kind() == Kind::Unroutable {
                subscription.events.ended(e.message().to_owned());
            }
        }
    }
}

fn reply(subscription: &Subscription, reply_to: Option<(String, String)>, outcome: Outcome) -> Option<Outgoing> {
    let outcome: std::result::Result<String, Fault> = match outcome {
        Outcome::Reply(body) => Ok(body),
        Outcome::Ack => Ok("null".into()),
        Outcome::Fault(f) => Err(f),
        Outcome::Retry(e) | Outcome::Reject(e) => Err(e.fault()),
        Outcome::Requeue => return None,
    };
    let Some((key, correlation)) = reply_to else {
        log::warn!(queue = subscription.queue.as_str(); "bus: a call has no reply-to, dropping its reply");
        return None;
    };
    let fault = outcome.is_err();
    let body = outcome.or_else(|f| serde_json::to_string(&f)).unwrap_or_default();
    let properties = codec::reply(correlation, fault);
    // Not mandatory: to the broker the address of a reply is no queue, so every reply would come back.
    Some(Outgoing { exchange: String::new(), key, mandatory: false, properties, body: body.into_bytes() })
}

/// A message for every instance is tried again within this one: its queue may be gone by the time a copy would come back.
async fn retry_here(subscription: Arc<Subscription>, mut message: Envelope, mut error: Error) {
    let mut stopping = subscription.stopping.clone();
    while let Some(wait) = subscription.wait(&message) {
        count(&subscription.publisher.shared.metrics.retried);
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            _ = stopping.wait_for(|s| *s) => return,
        }
        message.attempt += 1;
        let (acknowledger, outcome) = oneshot::channel();
        let audience = subscription.audience;
        let delivery =
            Delivery { message: message.clone(), audience, deadline: None, redelivered: true, acknowledger: acknowledger.into() };
        subscription.mailbox.acknowledge(Acknowledgement::Again(Incoming::Message(Box::new(delivery))));
        match outcome.await {
            Ok(Outcome::Retry(e)) => error = e,
            Ok(Outcome::Reject(e)) => {
                error = e;
                break;
            }
            Ok(Outcome::Ack | Outcome::Reply(_) | Outcome::Fault(_) | Outcome::Requeue) | Err(_) => return,
        }
    }
    give_up(&message, &error);
}

/// It becomes no dead letter: there is no queue that it could be replayed to, and the other instances have handled it.
fn give_up(m: &Envelope, e: &Error) {
    trace::of_message(m.trace.as_deref(), || {
        log::error!(
            name = m.name.as_str(), id = m.id.as_str(), attempt = m.attempt, error = e.chain().as_str();
            "bus: broadcast event failed permanently, dropping it"
        );
    });
}
