//! Sets and removes headers of requests and answers.

use crate::pipeline::{Answer, Drivers, Exchange, Flow, Phases, Plugin, Step, Text};
use fm_sdk::{Error, Kind};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

pub struct Headers;

/// What frames messages, belongs to a connection or is the gateway's own to say.
const RESERVED: [&str; 16] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "traceparent",
    "transfer-encoding",
    "upgrade",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-request-id",
];

#[derive(Deserialize)]
struct Settings {
    #[serde(default)]
    request: Changes,
    #[serde(default)]
    response: Changes,
}

#[derive(Default, Deserialize)]
struct Changes {
    #[serde(default)]
    set: BTreeMap<String, String>,
    #[serde(default)]
    remove: Vec<String>,
}

struct Changed {
    request: Compiled,
    response: Compiled,
}

/// Changes, ready for requests.
#[derive(Default)]
struct Compiled {
    set: Vec<(HeaderName, Text)>,
    remove: Vec<HeaderName>,
}

impl Plugin for Headers {
    fn name(&self) -> &'static str {
        "headers"
    }

    fn about(&self) -> &'static str {
        "Sets and removes headers of requests and answers"
    }

    fn schema(&self) -> Value {
        let changes = |title: &str| {
            json!({
                "type": "object", "additionalProperties": false, "default": {}, "title": title,
                "properties": {
                    "set": {"type": "object", "title": "Set", "description": "Name and value, which may use ${variables}; replaces all of that name"},
                    "remove": {"type": "array", "items": {"type": "string", "minLength": 1}, "title": "Remove", "description": "Names"}
                }
            })
        };
        json!({
            "type": "object",
            "additionalProperties": false,
            "properties": {"request": changes("Request"), "response": changes("Answer")}
        })
    }

    fn phases(&self) -> Phases {
        Phases { request: true, response: true, ..Phases::default() }
    }

    fn build(&self, settings: &Map<String, Value>, _: &Drivers) -> Result<Box<dyn Step>, String> {
        let settings: Settings = super::read(settings)?;
        Ok(Box::new(Changed { request: compile(settings.request)?, response: compile(settings.response)? }))
    }
}

impl Step for Changed {
    fn request<'a>(&'a self, exchange: &'a mut Exchange) -> Flow<'a> {
        let Some(values) = self.request.values(exchange) else {
            return Flow::fail(Error::new(Kind::Malformed, "header-invalid", "this request has a value that no header can have"));
        };
        self.request.apply(&mut exchange.head.headers, values);
        Flow::pass()
    }

    fn response(&self, exchange: &mut Exchange, answer: &mut Answer) {
        match self.response.values(exchange) {
            Some(values) => self.response.apply(&mut answer.headers, values),
            None => log::warn!(route = exchange.route.id.as_str(); "headers: invalid header value, leaving the response headers unchanged"),
        }
    }
}

impl Compiled {
    /// The values for this request; `None`, if one cannot stand in a header.
    fn values(&self, exchange: &Exchange) -> Option<Vec<HeaderValue>> {
        self.set.iter().map(|(_, text)| HeaderValue::from_str(&text.render(exchange)).ok()).collect()
    }

    fn apply(&self, headers: &mut HeaderMap, values: Vec<HeaderValue>) {
        for name in &self.remove {
            headers.remove(name);
        }
        for ((name, _), value) in self.set.iter().zip(values) {
            headers.insert(name.clone(), value);
        }
    }
}

fn compile(changes: Changes) -> Result<Compiled, String> {
    let set = changes.set.iter().map(|(name, text)| {
        let parsed = Text::parse(text)?;
        if parsed.vars().next().is_none() && HeaderValue::from_str(text).is_err() {
            return Err(format!("{text:?} is no header's value"));
        }
        Ok((name_of(name)?, parsed))
    });
    let remove = changes.remove.iter().map(|name| name_of(name));
    Ok(Compiled { set: set.collect::<Result<_, _>>()?, remove: remove.collect::<Result<_, _>>()? })
}

fn name_of(name: &str) -> Result<HeaderName, String> {
    let parsed = super::header_name(name)?;
    if RESERVED.contains(&parsed.as_str()) {
        return Err(format!("{name}: this header is the gateway's own to say"));
    }
    Ok(parsed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn framing_and_the_gateways_own_headers_cannot_be_changed() {
        for name in RESERVED.into_iter().chain(["Transfer-Encoding", "HOST", "", "a b", "a:"]) {
            name_of(name).unwrap_err();
        }
        assert_eq!(name_of("X-Frame-Options").unwrap(), "x-frame-options");
        let set = BTreeMap::from([("x".to_owned(), "a\r\nb".to_owned())]);
        assert!(compile(Changes { set, remove: Vec::new() }).is_err());
    }
}
