//! [`Envelope`] to AMQP properties and back. The body travels as it is.

use crate::{Envelope, Error, Fault, Kind, MessageKind, Result, message::Subject};
use amiquip::{AmqpProperties, AmqpValue, FieldTable};
use serde_json::{Value, json};

const INSTANCE: &str = "fm-instance";
const KIND: &str = "fm-kind";
const AT: &str = "fm-at";
const ATTEMPT: &str = "fm-attempt";
const TOKEN: &str = "fm-token";
const TRACE: &str = "traceparent";
const SUBJECT: &str = "fm-subject";
const VERSION: &str = "fm-version";
const DEADLINE: &str = "fm-deadline";
const OUTCOME: &str = "fm-outcome";
const PERSISTENT: u8 = 2;
const TRANSIENT: u8 = 1;

/// The properties of a message.
pub(super) fn properties(m: &Envelope) -> AmqpProperties {
    with_headers(m, headers(m))
}

fn headers(m: &Envelope) -> FieldTable {
    let kind = match m.kind {
        MessageKind::Event => "event",
        MessageKind::Command => "command",
        MessageKind::Call => "call",
    };
    let mut h = FieldTable::new();
    h.insert(KIND.into(), string(kind));
    h.insert(AT.into(), AmqpValue::LongLongInt(m.at_ms));
    h.insert(INSTANCE.into(), string(&m.instance));
    // A reader takes a message without it for a first attempt.
    if m.attempt > 1 {
        h.insert(ATTEMPT.into(), AmqpValue::LongLongInt(m.attempt.into()));
    }
    for (name, value) in [(TOKEN, &m.token), (TRACE, &m.trace)] {
        if let Some(v) = value {
            h.insert(name.into(), string(v));
        }
    }
    if let Some(s) = &m.subject {
        h.insert(SUBJECT.into(), string(&s.document));
        h.insert(VERSION.into(), AmqpValue::LongLongInt(s.version));
    }
    h
}

fn with_headers(m: &Envelope, h: FieldTable) -> AmqpProperties {
    let p =
        AmqpProperties::default().with_message_id(m.id.clone()).with_type_(m.name.clone()).with_app_id(m.source.clone()).with_headers(h);
    if m.kind == MessageKind::Call {
        return p.with_delivery_mode(TRANSIENT);
    }
    // For operators, who find events and commands in queues; no reader needs them.
    let at = u64::try_from(m.at_ms / 1000).unwrap_or_default();
    p.with_delivery_mode(PERSISTENT).with_timestamp(at).with_content_type("application/json".into())
}

/// The properties of a call: also when its reply is of no use any more. Where the reply goes, and how long the broker may keep the call,
/// are set when it is sent.
pub(super) fn call(m: &Envelope, correlation: u64, deadline_ms: i64) -> AmqpProperties {
    let mut h = headers(m);
    h.insert(DEADLINE.into(), AmqpValue::LongLongInt(deadline_ms));
    with_headers(m, h).with_correlation_id(correlation.to_string())
}

/// The properties of a reply.
pub(super) fn reply(correlation: String, fault: bool) -> AmqpProperties {
    let p = AmqpProperties::default().with_correlation_id(correlation).with_delivery_mode(TRANSIENT);
    // A reader takes a reply without it for an answer.
    if fault { with_header(p, OUTCOME, string("fault")) } else { p }
}

/// The JSON Schema of the headers of a message, for who speaks AMQP without this crate.
pub(crate) fn headers_schema(kind: MessageKind) -> Value {
    let text = |about: &str| json!({"type": "string", "description": about});
    let number = |about: &str| json!({"type": "integer", "description": about});
    let (title, name) = match kind {
        MessageKind::Event => ("EventHeaders", "event"),
        MessageKind::Command => ("CommandHeaders", "command"),
        MessageKind::Call => ("CallHeaders", "call"),
    };
    let mut schema = json!({"title": title, "type": "object", "required": [KIND], "properties": {
        KIND: {"const": name},
        AT: number("When it was made, in milliseconds since the Unix epoch"),
        INSTANCE: text("The instance that sent it"),
        ATTEMPT: number("Absent at the first attempt"),
        TRACE: text("W3C Trace Context"),
    }});
    let token = if kind == MessageKind::Call {
        "The access token of the caller, or a delegation token bound to this message"
    } else {
        "A delegation token bound to this message"
    };
    schema["properties"][TOKEN] = text(token);
    if kind == MessageKind::Call {
        schema["properties"][DEADLINE] = number("When the caller stops waiting, in milliseconds since the Unix epoch");
    } else {
        schema["required"] = json!([KIND, TOKEN]);
        schema["properties"][SUBJECT] = text("The document whose change caused it: collection/id");
        schema["properties"][VERSION] = number("The version of that document after the change");
    }
    schema
}

/// Reads a reply.
pub(super) fn outcome(p: &AmqpProperties, body: Vec<u8>) -> Result<String> {
    let unreadable = || Error::new(Kind::Internal, "undecodable", "the reply of a call cannot be read");
    let body = String::from_utf8(body).map_err(|e| unreadable().caused_by(e))?;
    if text(p, OUTCOME) != Some("fault") {
        return Ok(body);
    }
    let fault: Fault = serde_json::from_str(&body).map_err(|e| unreadable().caused_by(e))?;
    Err(fault.into())
}

/// Reads a message.
///
/// # Errors
/// What makes it foreign: not one of ours, or broken on its way; and its body.
pub(super) fn envelope(p: &AmqpProperties, body: Vec<u8>) -> std::result::Result<Envelope, (String, Vec<u8>)> {
    let body = String::from_utf8(body).map_err(|e| (format!("the body is not UTF-8: {}", e.utf8_error()), e.into_bytes()))?;
    match properties_of(p) {
        Ok(m) => Ok(Envelope { body, ..m }),
        Err(why) => Err((why, body.into_bytes())),
    }
}

/// Reads all but the body.
fn properties_of(p: &AmqpProperties) -> std::result::Result<Envelope, String> {
    let required = |v: &Option<String>, what: &str| v.clone().filter(|v| !v.is_empty()).ok_or(format!("the message has no {what}"));
    let kind = match text(p, KIND) {
        Some("event") => MessageKind::Event,
        Some("command") => MessageKind::Command,
        Some("call") => MessageKind::Call,
        _ => return Err(format!("the message has no header `{KIND}`")),
    };
    Ok(Envelope {
        id: required(p.message_id(), "message-id")?,
        kind,
        name: required(p.type_(), "type")?,
        body: String::new(),
        source: p.app_id().clone().unwrap_or_default(),
        instance: text(p, INSTANCE).unwrap_or_default().into(),
        at_ms: number(p, AT).unwrap_or_default(),
        token: text(p, TOKEN).map(Into::into),
        trace: text(p, TRACE).map(Into::into),
        subject: text(p, SUBJECT).zip(number(p, VERSION)).map(|(d, version)| Subject { document: d.into(), version }),
        attempt: number(p, ATTEMPT).and_then(|n| u32::try_from(n).ok()).unwrap_or(1).max(1),
    })
}

/// When the caller stops waiting, in milliseconds since the Unix epoch.
pub(super) fn deadline_ms(p: &AmqpProperties) -> Option<i64> {
    number(p, DEADLINE)
}

pub(super) fn text<'a>(p: &'a AmqpProperties, header: &str) -> Option<&'a str> {
    match p.headers().as_ref()?.get(header)? {
        AmqpValue::LongString(s) => Some(s),
        _ => None,
    }
}

pub(super) fn number(p: &AmqpProperties, header: &str) -> Option<i64> {
    Some(match *p.headers().as_ref()?.get(header)? {
        AmqpValue::LongLongInt(n) => n,
        AmqpValue::Timestamp(n) => i64::try_from(n).ok()?,
        AmqpValue::LongInt(n) => n.into(),
        AmqpValue::LongUInt(n) => n.into(),
        AmqpValue::ShortInt(n) => n.into(),
        AmqpValue::ShortUInt(n) => n.into(),
        AmqpValue::ShortShortInt(n) => n.into(),
        AmqpValue::ShortShortUInt(n) => n.into(),
        _ => return None,
    })
}

pub(super) fn with_header(p: AmqpProperties, name: &str, value: AmqpValue) -> AmqpProperties {
    let mut h = p.headers().clone().unwrap_or_default();
    h.insert(name.into(), value);
    p.with_headers(h)
}

pub(super) fn string(s: impl Into<String>) -> AmqpValue {
    AmqpValue::LongString(s.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> Envelope {
        Envelope {
            id: "id-1".into(),
            kind: MessageKind::Command,
            name: "fm-cars/delete-all".into(),
            body: "{\"ü\":1}".into(),
            source: "fm-profile".into(),
            instance: "i1".into(),
            at_ms: 1_700_000_000_123,
            token: Some("t".into()),
            trace: Some("00-1-2-01".into()),
            subject: Some(Subject { document: "users/1".into(), version: i64::MAX }),
            attempt: 3,
        }
    }

    #[test]
    fn a_message_round_trips() {
        for m in [full(), Envelope { kind: MessageKind::Event, token: None, trace: None, subject: None, ..full() }] {
            assert_eq!(envelope(&properties(&m), m.body.clone().into_bytes()), Ok(m));
        }
    }

    #[test]
    fn a_foreign_message_is_refused_with_the_reason() {
        let m = full();
        for (p, body, word) in [
            (AmqpProperties::default(), &b"{}"[..], "fm-kind"),
            (properties(&m).with_message_id(String::new()), b"{}", "message-id"),
            (properties(&m).with_type_(String::new()), b"{}", "type"),
            (properties(&m), &[0xff, 0xfe], "UTF-8"),
        ] {
            assert!(envelope(&p, body.to_vec()).unwrap_err().0.contains(word), "{word}");
        }
    }

    #[test]
    fn calls_and_answers_carry_nothing_that_no_reader_needs() {
        let first = Envelope { kind: MessageKind::Call, attempt: 1, token: None, trace: None, subject: None, ..full() };
        let p = call(&first, 7, 1_250);
        let headers: Vec<_> = p.headers().as_ref().unwrap().keys().map(String::as_str).collect();
        assert_eq!(headers, [AT, DEADLINE, INSTANCE, KIND]);
        assert!(p.timestamp().is_none() && p.content_type().is_none());
        assert!(reply("1".into(), false).headers().is_none());
    }

    #[test]
    fn every_header_that_is_sent_is_described() {
        for kind in [MessageKind::Event, MessageKind::Command, MessageKind::Call] {
            let m = Envelope { kind, ..full() };
            let schema = headers_schema(kind);
            let sent = if kind == MessageKind::Call { call(&Envelope { subject: None, ..m }, 7, 1_250) } else { properties(&m) };
            for name in sent.headers().as_ref().unwrap().keys() {
                assert!(schema["properties"][name].is_object(), "{name} of a {kind:?}");
            }
        }
    }

    #[test]
    fn envelopes_of_0_2_which_say_everything_are_read_too() {
        let m = Envelope { attempt: 1, ..full() };
        let p = with_header(properties(&m), ATTEMPT, AmqpValue::LongLongInt(1));
        assert_eq!(envelope(&p, m.body.clone().into_bytes()), Ok(m));
        let answer = with_header(reply("1".into(), false), OUTCOME, string("answer"));
        assert_eq!(outcome(&answer, b"42".to_vec()).unwrap(), "42");
    }

    #[test]
    fn replies_and_faults_are_told_apart() {
        assert_eq!(outcome(&reply("1".into(), false), b"42".to_vec()).unwrap(), "42");
        let fault = Error::new(Kind::Conflict, "taken", "is taken").fault();
        let e = outcome(&reply("1".into(), true), serde_json::to_vec(&fault).unwrap()).unwrap_err();
        assert_eq!((e.kind(), e.code(), e.message()), (Kind::Conflict, "taken", "is taken"));
    }

    #[test]
    fn a_call_carries_its_deadline_and_its_correlation_id() {
        let p = call(&full(), 7, 1_250);
        assert_eq!((deadline_ms(&p), p.correlation_id().as_deref()), (Some(1_250), Some("7")));
    }
}
