//! The fields of a structured line.

use super::user;
use crate::pipeline::{
    Exchange, Outcome,
    trace::{MASK, is_secret, without_query_values},
};
use http::{HeaderName, header};
use log::kv::{ToValue, Value};
use serde::Deserialize;
use std::borrow::Cow;

/// What a line can say of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    Method,
    Host,
    Path,
    Query,
    Protocol,
    Scheme,
    Status,
    Bytes,
    Micros,
    Complete,
    Client,
    Route,
    Upstream,
    User,
    Referer,
    UserAgent,
    TraceId,
}

/// A value that keeps its type in JSON.
#[derive(Debug, PartialEq, Eq)]
pub enum FieldValue<'a> {
    Text(Cow<'a, str>),
    Number(u64),
    Flag(bool),
}

impl ToValue for FieldValue<'_> {
    fn to_value(&self) -> Value<'_> {
        match self {
            FieldValue::Text(text) => Value::from(text.as_ref()),
            FieldValue::Number(number) => Value::from(*number),
            FieldValue::Flag(flag) => Value::from(*flag),
        }
    }
}

impl Field {
    /// The names of all, as settings have them.
    pub const NAMES: [&str; 17] = [
        "method",
        "host",
        "path",
        "query",
        "protocol",
        "scheme",
        "status",
        "bytes",
        "micros",
        "complete",
        "client",
        "route",
        "upstream",
        "user",
        "referer",
        "user_agent",
        "trace_id",
    ];

    /// Those of a line whose settings name none.
    pub const USUAL: [Field; 10] = [
        Field::Method,
        Field::Host,
        Field::Path,
        Field::Status,
        Field::Bytes,
        Field::Micros,
        Field::Client,
        Field::Route,
        Field::User,
        Field::TraceId,
    ];

    pub fn name(self) -> &'static str {
        Field::NAMES[self as usize]
    }

    /// Its value, if the request has one.
    pub fn value<'a>(self, exchange: &'a Exchange, outcome: &Outcome) -> Option<FieldValue<'a>> {
        let text = |text: &'a str| Some(Cow::Borrowed(text));
        let text = match self {
            Field::Status => return Some(FieldValue::Number(outcome.status.as_u16().into())),
            Field::Bytes => return Some(FieldValue::Number(outcome.sent)),
            Field::Micros => return Some(FieldValue::Number(u64::try_from(outcome.took.as_micros()).unwrap_or(u64::MAX))),
            Field::Complete => return Some(FieldValue::Flag(outcome.complete)),
            Field::Method => text(exchange.head.method.as_str()),
            Field::Host => text(exchange.client.host()),
            Field::Path => Some(path(exchange)),
            Field::Query => query(exchange).map(Cow::Owned),
            Field::Protocol => Some(protocol(exchange).into()),
            Field::Scheme => text(exchange.client.scheme),
            Field::Client => Some(exchange.client.ip.to_string().into()),
            Field::Route => text(&exchange.route.id),
            Field::Upstream => exchange.upstream.as_ref().map(|upstream| upstream.name.as_ref().into()),
            Field::User => user(exchange),
            Field::Referer => header(exchange, &header::REFERER),
            Field::UserAgent => header(exchange, &header::USER_AGENT),
            Field::TraceId => Some(exchange.trace.trace_id().into()),
        };
        text.map(FieldValue::Text)
    }
}

/// The path in its normal form, without the values of parameters whose names are those of secrets: `/reset/{token}`.
pub fn path(exchange: &Exchange) -> Cow<'_, str> {
    let (pattern, path) = (&exchange.route.pattern, exchange.path());
    let secrets =
        pattern.params().filter(|name| is_secret(name)).filter_map(|name| pattern.param(path, name)).filter(|value| !value.is_empty());
    secrets.fold(Cow::Borrowed(path), |shown, secret| shown.replace(secret, MASK).into())
}

/// The names in the query. Any value may be a secret, and so may be what has no name.
pub fn query(exchange: &Exchange) -> Option<String> {
    exchange.head.uri.query().map(names)
}

fn names(query: &str) -> String {
    let shown = query.split('&').map(|pair| pair.split_once('=').map_or(MASK.into(), |(name, _)| format!("{name}={MASK}")));
    shown.collect::<Vec<_>>().join("&")
}

/// As `HTTP/1.1`.
pub fn protocol(exchange: &Exchange) -> String {
    format!("{:?}", exchange.head.version)
}

/// The value of a request's header, if it is a text; of an address in it, no value of its query.
pub fn header<'a>(exchange: &'a Exchange, name: &HeaderName) -> Option<Cow<'a, str>> {
    let value = exchange.head.headers.get(name)?.to_str().ok()?;
    Some(if *name == header::REFERER { without_query_values(value) } else { value.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_that_of_its_field() {
        for name in Field::NAMES {
            let field: Field = serde_json::from_value(name.into()).unwrap();
            assert_eq!(field.name(), name);
        }
    }

    #[test]
    fn a_query_has_its_names_alone() {
        for (query, shown) in [("a=1&token=x=y&b", "a=***&token=***&***"), ("abc.def.ghi", "***"), ("a=", "a=***")] {
            assert_eq!(names(query), shown);
        }
    }
}
