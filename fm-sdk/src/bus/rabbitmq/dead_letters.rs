//! Dead letters: how a message becomes one, and how an operator lists and removes them.

use super::{Shared, codec, one_off::on_own_connection, publish::outgoing::Outgoing, topology};
use crate::{
    Envelope, Error, MessageKind, Result,
    bus::transport::{Audience, DeadLetter},
    time::now_ms,
    trace,
};
use amiquip::{AmqpProperties, AmqpValue, Channel, Get};
use sha2::{Digest, Sha256};
use std::sync::Arc;

// The names of these headers are those of 0.2, whose dead letters are read too.
const CODE: &str = "fm-parked-code";
const CAUSE: &str = "fm-parked-cause";
const AT: &str = "fm-parked-at";
const FROM: &str = "fm-parked-from";
const MAX_CAUSE_CHARS: usize = 8192;

/// A message of ours, with what led here.
pub(super) fn copy(service: &str, audience: Audience, m: Envelope, e: &Error) -> Result<Outgoing> {
    trace::of_message(m.trace.as_deref(), || {
        log::warn!(
            service, name = m.name.as_str(), id = m.id.as_str(), attempt = m.attempt, error = e.chain().as_str();
            "bus: message failed permanently, moving it to the dead-letter queue"
        );
    });
    let mut out = Outgoing::to_queue(topology::dead_letters(service), m)?;
    out.properties = marked(out.properties, audience, e.code(), &e.chain());
    Ok(out)
}

/// A message that is not ours, as it came.
pub(super) fn foreign(service: &str, audience: Audience, p: &AmqpProperties, body: Vec<u8>, why: String) -> Result<Outgoing> {
    log::warn!(service, cause = why.as_str(); "bus: message cannot be decoded, moving it to the dead-letter queue");
    let id = p.message_id().clone().filter(|id| !id.is_empty()).unwrap_or_else(|| uuid::Uuid::now_v7().to_string());
    let p = AmqpProperties::default().with_message_id(id).with_delivery_mode(2);
    let properties = marked(p, audience, "undecodable", &why);
    Ok(Outgoing { exchange: String::new(), key: topology::dead_letters(service), mandatory: true, properties, body })
}

fn marked(p: AmqpProperties, audience: Audience, code: &str, cause: &str) -> AmqpProperties {
    let from = match audience {
        Audience::Service => "events",
        Audience::Command => "commands",
        Audience::Call => "calls",
        Audience::EachInstance => "each",
    };
    let cause: String = cause.chars().take(MAX_CAUSE_CHARS).collect();
    let p = codec::with_header(p, CODE, codec::string(code));
    let p = codec::with_header(p, CAUSE, codec::string(cause));
    let p = codec::with_header(p, FROM, codec::string(from));
    codec::with_header(p, AT, AmqpValue::LongLongInt(now_ms()))
}

fn read(get: &Get) -> DeadLetter {
    let (p, body) = (&get.delivery.properties, &get.delivery.body);
    // Dead-lettered by the broker itself: then only its own headers tell from where.
    let from = codec::text(p, FROM).or_else(|| codec::text(p, "x-first-death-queue")?.rsplit('.').next());
    let audience = match from {
        Some("commands") => Audience::Command,
        Some("calls") => Audience::Call,
        Some("each") => Audience::EachInstance,
        _ => Audience::Service,
    };
    let message = codec::envelope(p, body.clone()).unwrap_or_else(|_| Envelope {
        id: p.message_id().clone().unwrap_or_else(|| digest(body)),
        kind: if audience == Audience::Command { MessageKind::Command } else { MessageKind::Event },
        name: String::new(),
        body: String::from_utf8_lossy(body).into_owned(),
        source: String::new(),
        instance: String::new(),
        at_ms: 0,
        token: None,
        trace: None,
        subject: None,
        attempt: 1,
    });
    DeadLetter {
        message,
        audience,
        code: codec::text(p, CODE).unwrap_or("dead-lettered").into(),
        cause: codec::text(p, CAUSE).map_or_else(|| dead_lettered_for(p), Into::into),
        dead_lettered_at_ms: codec::number(p, AT).or_else(|| dead_lettered_at(p)).unwrap_or_default(),
    }
}

/// A stable id for a message that came without one.
fn digest(body: &[u8]) -> String {
    Sha256::digest(body).iter().take(16).map(|b| format!("{b:02x}")).collect()
}

/// When the broker set it aside, if it was the broker (<https://www.rabbitmq.com/docs/dlx#effects>).
fn dead_lettered_at(p: &AmqpProperties) -> Option<i64> {
    let AmqpValue::FieldArray(deaths) = p.headers().as_ref()?.get("x-death")? else { return None };
    let AmqpValue::FieldTable(first) = deaths.first()? else { return None };
    let AmqpValue::Timestamp(seconds) = first.get("time")? else { return None };
    i64::try_from(*seconds).ok()?.checked_mul(1000)
}

/// `delivery_limit`: too many deliveries ended with a lost connection.
fn dead_lettered_for(p: &AmqpProperties) -> String {
    format!("the broker gave up: {}", codec::text(p, "x-first-death-reason").unwrap_or("no reason given"))
}

/// The oldest ones. They stay, but the broker puts back what was read behind what was not: so all are read, and put in order here.
pub(super) async fn list(shared: Arc<Shared>, service: String, limit: usize) -> Result<Vec<DeadLetter>> {
    with_queue(shared, service, move |_, queue| {
        let mut seen = Vec::new();
        while let Some(get) = queue()? {
            seen.push(read(&get));
        }
        seen.sort_by_key(|p| p.dead_lettered_at_ms);
        seen.truncate(limit);
        Ok(seen)
    })
    .await
}

/// Takes one out for good.
pub(super) async fn take(shared: Arc<Shared>, service: String, id: String) -> Result<Option<DeadLetter>> {
    with_queue(shared, service, move |channel, queue| {
        while let Some(get) = queue()? {
            let dead_letter = read(&get);
            if dead_letter.message.id == id {
                get.ack(channel)?;
                return Ok(Some(dead_letter));
            }
        }
        Ok(None)
    })
    .await
}

/// Reads the queue one by one on a connection of its own; what was not acked is back in its place when that is closed.
async fn with_queue<T: Default + Send + 'static>(
    shared: Arc<Shared>,
    service: String,
    work: impl FnOnce(&Channel, &dyn Fn() -> amiquip::Result<Option<Get>>) -> amiquip::Result<T> + Send + 'static,
) -> Result<T> {
    let one_at_a_time = shared.dead_letter_readers.clone().lock_owned().await;
    on_own_connection(shared, "reads dead letters", move |connection| {
        let _one_at_a_time = one_at_a_time;
        let queue = topology::dead_letters(&service);
        let read = connection.open_channel(None).and_then(|channel| work(&channel, &|| channel.basic_get(queue.as_str(), false)));
        match read {
            // Not declared yet, so there is no dead letter.
            Err(amiquip::Error::ServerClosedChannel { code: 404, .. }) => Ok(T::default()),
            read => read,
        }
    })
    .await
}
