//! From a raw delivery to the handler: reads it, drops expired calls, and moves messages that cannot be read to the dead letters.

use super::{
    super::{codec, dead_letters, metrics::count},
    mailbox::DeliveryTag,
    outcome,
    subscription::Subscription,
};
use crate::{
    bus::transport::{Acknowledger, Audience, Delivery, Handler, Incoming},
    time::now_ms,
};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// Hands a message to the handler. Gives it back if there is nothing to be done but to acknowledge it.
pub(super) fn take(subscription: &Arc<Subscription>, mut delivery: amiquip::Delivery, handler: &Handler) -> Option<DeliveryTag> {
    let metrics = &subscription.publisher.shared.metrics;
    let (properties, body) = (std::mem::take(&mut delivery.properties), std::mem::take(&mut delivery.body));
    let redelivered = delivery.redelivered;
    let tag = DeliveryTag { session: subscription.events.session, delivery, _in_flight: subscription.in_flight.count() };
    if redelivered {
        count(&metrics.redelivered);
    }
    let message = match codec::envelope(&properties, body) {
        Ok(m) => m,
        // Nothing of an instance's own queue becomes a dead letter: it could not be replayed, and each instance would add one.
        Err((cause, _)) if subscription.audience == Audience::EachInstance => {
            log::error!(service = subscription.what.service.as_str(), cause = cause.as_str(); "bus: broadcast event cannot be decoded, dropping it");
            return Some(tag);
        }
        Err((cause, body)) => {
            let subscription = subscription.clone();
            subscription.runtime.clone().spawn(async move {
                let copy = dead_letters::foreign(&subscription.what.service, subscription.audience, &properties, body, cause);
                outcome::move_on(&subscription, copy, tag).await;
            });
            return None;
        }
    };
    let deadline = match codec::deadline_ms(&properties).map(|at| at - now_ms()) {
        Some(..=0) => {
            count(&metrics.expired);
            return Some(tag);
        }
        Some(left) => Some(Instant::now() + Duration::from_millis(left.unsigned_abs())),
        None => None,
    };
    let reply_to = properties.reply_to().clone().zip(properties.correlation_id().clone());
    // A call is not kept: it is answered whatever becomes of it.
    let kept = (subscription.audience != Audience::Call).then(|| message.clone());
    let (audience, subscription) = (subscription.audience, subscription.clone());
    let acknowledger = Acknowledger::new(move |outcome| {
        outcome::acknowledge(subscription, outcome::Origin { message: kept, reply_to, tag }, outcome);
        Ok(())
    });
    handler(Incoming::Message(Box::new(Delivery { message, audience, deadline, redelivered, acknowledger })));
    None
}
