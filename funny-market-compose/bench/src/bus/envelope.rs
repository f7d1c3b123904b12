//! What the SDK sends along with a message: for bare loops that carry the same.

use super::sdk::EVENT;
use amiquip::{AmqpProperties, AmqpValue, FieldTable};

const AT_MS: i64 = 1_764_000_000_000;

/// With a call that is made for the user of this token.
pub(super) fn of_call(token: &str) -> AmqpProperties {
    let mut headers = headers("call", token);
    headers.insert("fm-deadline".into(), AmqpValue::LongLongInt(AT_MS + 5000));
    properties("fm-bench/echo", headers).with_delivery_mode(1).with_expiration("5000".into())
}

/// With an event that this token is bound to.
pub(super) fn of_event(token: &str) -> AmqpProperties {
    let at = AT_MS.unsigned_abs() / 1000;
    properties(EVENT, headers("event", token)).with_delivery_mode(2).with_timestamp(at).with_content_type("application/json".into())
}

fn headers(kind: &str, token: &str) -> FieldTable {
    let text = |s: &str| AmqpValue::LongString(s.into());
    let trace = text("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    let all = [
        ("fm-kind", text(kind)),
        ("fm-at", AmqpValue::LongLongInt(AT_MS)),
        ("fm-instance", text("one")),
        ("fm-token", text(token)),
        ("traceparent", trace),
    ];
    all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn properties(name: &str, headers: FieldTable) -> AmqpProperties {
    AmqpProperties::default()
        .with_message_id("019ac0de-0000-7000-8000-000000000000".into())
        .with_type_(name.into())
        .with_app_id("fm-bench-caller".into())
        .with_headers(headers)
}
