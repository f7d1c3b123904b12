//! The exchanges and queues, their names and their arguments. Declaring is idempotent; a difference to what is there is an error.

use super::options::QueueKind;
use crate::bus::transport::{Audience, Consume};
use amiquip::{AmqpValue, Channel, ExchangeDeclareOptions, ExchangeType, FieldTable, QueueDeclareOptions};
use std::time::Duration;

/// The topic exchange of all events.
pub(crate) const EVENTS: &str = "fm.events";
/// The second route of every event: it has the same bindings as [`EVENTS`], which forwards everything to it.
pub(crate) const EVENTS_BACKUP: &str = "fm.events.backup";
/// Exchange and queue of the events that nobody listens to.
pub(super) const UNROUTED: &str = "fm.unrouted";
const MAX_UNROUTED: i64 = 10_000;
/// Each lost connection counts as a delivery, so a small limit dead-letters messages that no handler has seen: our own attempts govern.
const DELIVERY_LIMIT: i64 = 50;
/// Dead letters are read again and again, and must not count away.
const NO_DELIVERY_LIMIT: i64 = 1_000_000_000;
/// A service that is unreachable for longer is not known any more: calls fail at once instead of at their deadline.
const CALLS_KEPT_MS: i64 = 60_000;

/// The queue that the instances of a service share. An instance's own queue has a name of its own per session.
pub(crate) fn queue(service: &str, audience: Audience) -> String {
    let last = match audience {
        Audience::Service => "events",
        Audience::Command => "commands",
        Audience::Call => "calls",
        Audience::EachInstance => "each",
    };
    format!("fm.{service}.{last}")
}

/// The queue of a service's dead letters. Its name is that of the first version: the arguments of the other queues contain it.
pub(crate) fn dead_letters(service: &str) -> String {
    format!("fm.{service}.parking")
}

/// The exchange, and the queue behind it, in which a message waits.
pub(crate) fn delay(wait: Duration) -> String {
    match wait.as_millis() {
        ms if ms % 60_000 == 0 && ms > 0 => format!("fm.delay.{}m", ms / 60_000),
        ms if ms % 1000 == 0 && ms > 0 => format!("fm.delay.{}s", ms / 1000),
        ms => format!("fm.delay.{}ms", ms.max(1)),
    }
}

/// Declares what every publisher needs.
///
/// Whoever finds [`EVENTS`] deleted declares it again, but cannot know the bindings of the other services. So each binding exists twice, on
/// [`EVENTS`] and on [`EVENTS_BACKUP`], and either is enough: a queue gets an event once, however many routes lead to it. An exchange that was
/// declared a moment ago has no binding at all, so its events take the way of the alternate exchange, which leads to the backup too; the next
/// binding that it gets is the one to the backup.
pub(super) fn declare_events(c: &Channel, kind: QueueKind) -> amiquip::Result<()> {
    exchange(c, ExchangeType::Fanout, UNROUTED, FieldTable::new())?;
    let mut args = durable(kind);
    args.insert("x-max-length".into(), AmqpValue::LongLongInt(MAX_UNROUTED));
    declare(c, UNROUTED, args)?;
    c.queue_bind(UNROUTED, UNROUTED, "", FieldTable::new())?;
    let alternate = || table([("alternate-exchange", text(UNROUTED))]);
    exchange(c, ExchangeType::Topic, EVENTS_BACKUP, alternate())?;
    c.exchange_bind(EVENTS_BACKUP, UNROUTED, "", FieldTable::new())?;
    exchange(c, ExchangeType::Topic, EVENTS, alternate())?;
    c.exchange_bind(EVENTS_BACKUP, EVENTS, "#", FieldTable::new())
}

/// A delay queue. Its exchange is a fanout, so that the routing key can be the queue to come back to; a copy published to the waiting
/// queue by name would look like a cycle to the broker, which drops it.
pub(super) fn declare_delay(c: &Channel, kind: QueueKind, wait: Duration) -> amiquip::Result<()> {
    let name = delay(wait);
    exchange(c, ExchangeType::Fanout, &name, FieldTable::new())?;
    let mut args = durable(kind);
    args.insert("x-message-ttl".into(), AmqpValue::LongLongInt(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX).max(1)));
    dead_letter(&mut args, kind, None);
    declare(c, &name, args)?;
    c.queue_bind(name.as_str(), name.as_str(), "", FieldTable::new())
}

/// What one service needs; gives its queues, each with its audience. The queue of the instance belongs to this connection.
pub(super) fn declare_service(c: &Channel, kind: QueueKind, calls: QueueKind, what: &Consume) -> amiquip::Result<Vec<(Audience, String)>> {
    let wants = |a: Audience| what.subscriptions.iter().any(|s| s.audience == a);
    let mut queues = Vec::new();
    // Where the others fall to comes first.
    declare_dead_letters(c, kind, &what.service)?;
    for audience in [Audience::Service, Audience::Command] {
        if wants(audience) {
            let name = queue(&what.service, audience);
            let mut args = durable(kind);
            if kind == QueueKind::Quorum {
                args.insert("x-delivery-limit".into(), AmqpValue::LongLongInt(DELIVERY_LIMIT));
            }
            dead_letter(&mut args, kind, Some(&dead_letters(&what.service)));
            declare(c, &name, args)?;
            queues.push((audience, name));
        }
    }
    if wants(Audience::Call) {
        let name = queue(&what.service, Audience::Call);
        let mut args = table([("x-expires", AmqpValue::LongLongInt(CALLS_KEPT_MS))]);
        if calls == QueueKind::Quorum {
            args.append(&mut durable(calls));
        }
        let options = QueueDeclareOptions { durable: calls == QueueKind::Quorum, arguments: args, ..Default::default() };
        c.queue_declare(name.as_str(), options)?;
        queues.push((Audience::Call, name));
    }
    if wants(Audience::EachInstance) {
        // A name of its own for each session: the old queue may live on until the broker has seen that the old connection is dead.
        let name = format!("{}.{}.{:08x}", queue(&what.service, Audience::EachInstance), what.instance, rand::random::<u32>());
        let options = QueueDeclareOptions { exclusive: true, auto_delete: true, ..Default::default() };
        c.queue_declare(name.as_str(), options)?;
        queues.push((Audience::EachInstance, name));
    }
    bind_service(c, what, &queues)?;
    Ok(queues)
}

/// Binds the queues of one service to the events that it listens to.
pub(super) fn bind_service(c: &Channel, what: &Consume, queues: &[(Audience, String)]) -> amiquip::Result<()> {
    for s in &what.subscriptions {
        if let Some((_, q)) = queues.iter().find(|(a, _)| *a == s.audience && matches!(a, Audience::Service | Audience::EachInstance)) {
            for exchange in [EVENTS_BACKUP, EVENTS] {
                c.queue_bind(q.as_str(), exchange, s.name, FieldTable::new())?;
            }
        }
    }
    Ok(())
}

/// The queue of a service's dead letters.
pub(super) fn declare_dead_letters(c: &Channel, kind: QueueKind, service: &str) -> amiquip::Result<()> {
    let mut args = durable(kind);
    if kind == QueueKind::Quorum {
        args.insert("x-delivery-limit".into(), AmqpValue::LongLongInt(NO_DELIVERY_LIMIT));
    }
    declare(c, &dead_letters(service), args)
}

fn exchange(c: &Channel, type_: ExchangeType, name: &str, arguments: FieldTable) -> amiquip::Result<()> {
    c.exchange_declare(type_, name, ExchangeDeclareOptions { durable: true, arguments, ..Default::default() }).map(|_| ())
}

fn declare(c: &Channel, name: &str, arguments: FieldTable) -> amiquip::Result<()> {
    c.queue_declare(name, QueueDeclareOptions { durable: true, arguments, ..Default::default() }).map(|_| ())
}

fn durable(kind: QueueKind) -> FieldTable {
    let name = match kind {
        QueueKind::Quorum => "quorum",
        QueueKind::Classic => "classic",
    };
    table([("x-queue-type", text(name))])
}

/// Through the default exchange: to the queue named here, or by the message's own routing key.
fn dead_letter(args: &mut FieldTable, kind: QueueKind, to: Option<&str>) {
    args.insert("x-dead-letter-exchange".into(), text(""));
    if let Some(queue) = to {
        args.insert("x-dead-letter-routing-key".into(), text(queue));
    }
    if kind == QueueKind::Quorum {
        args.insert("x-dead-letter-strategy".into(), text("at-least-once"));
        args.insert("x-overflow".into(), text("reject-publish"));
    }
}

fn table<const N: usize>(entries: [(&str, AmqpValue); N]) -> FieldTable {
    entries.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()
}

fn text(s: &str) -> AmqpValue {
    AmqpValue::LongString(s.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_distinct_wait_has_a_name_of_its_own() {
        let names = [1, 50, 1000, 1500, 10_000, 60_000, 90_000, 600_000].map(|ms| delay(Duration::from_millis(ms)));
        assert_eq!(names.join(" ").replace("fm.delay.", ""), "1ms 50ms 1s 1500ms 10s 1m 90s 10m");
    }
}
