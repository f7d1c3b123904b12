//! Lets in clients by a key of their own, of which only a hash is known here.
//!
//! A key is as long and random as a token, so SHA-256 is enough (NIST SP 800-63B, 5.1.2.2, on secrets of 112 bits and more): nobody can guess one.

mod keys;

use super::consumer::{Forwarding, refuse};
use crate::{
    front::is_stripped,
    pipeline::{Drivers, Exchange, Flow, Phases, Plugin, Step, trace::is_secret},
};
use http::{HeaderName, HeaderValue, Uri, header, uri::PathAndQuery};
use keys::{Hashes, Keys};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::{borrow::Cow, collections::BTreeMap};

const CHALLENGE: HeaderValue = HeaderValue::from_static("Key");

pub struct ApiKey;

#[derive(Deserialize)]
struct Settings {
    keys: BTreeMap<String, Hashes>,
    header: String,
    query: Option<String>,
    forward_as: String,
}

struct Guard {
    keys: Keys,
    header: HeaderName,
    query: Option<String>,
    forwarding: Forwarding,
}

impl Plugin for ApiKey {
    fn name(&self) -> &'static str {
        "api-key"
    }

    fn about(&self) -> &'static str {
        "Lets in clients by an API key"
    }

    fn schema(&self) -> Value {
        json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["keys"],
            "properties": {
                "keys": {
                    "type": "object", "title": "Keys",
                    "description": "The SHA-256 of its key in hexadecimal for each client by its name; a list while a client changes its key. `fm-gateway secret key` makes one"
                },
                "header": {
                    "type": "string", "minLength": 1, "default": "x-api-key", "title": "Header",
                    "description": "The header of the request that has the key"
                },
                "query": {
                    "type": "string", "minLength": 1, "title": "Query parameter",
                    "description": "Takes the key from this parameter, too; addresses are kept in logs of others, so prefer the header", "examples": ["api_key"]
                },
                "forward_as": Forwarding::schema()
            }
        })
    }

    fn phases(&self) -> Phases {
        Phases::REQUEST
    }

    fn provides(&self) -> &'static [&'static str] {
        &["consumer"]
    }

    fn restricts(&self) -> bool {
        true
    }

    fn guards(&self, _: &Map<String, Value>) -> bool {
        true
    }

    fn build(&self, settings: &Map<String, Value>, _: &Drivers) -> Result<Box<dyn Step>, String> {
        let Settings { keys, header, query, forward_as } = super::read(settings)?;
        if let Some(query) = query.as_deref().filter(|query| !is_secret(query)) {
            return Err(hidden(query));
        }
        let (keys, header) = (Keys::read(keys)?, key_header(&header)?);
        Ok(Box::new(Guard { keys, header, query, forwarding: Forwarding::read(&forward_as)? }))
    }
}

fn key_header(name: &str) -> Result<HeaderName, String> {
    let parsed = super::header_name(name)?;
    if [header::AUTHORIZATION, header::PROXY_AUTHORIZATION, header::COOKIE].contains(&parsed) || is_stripped(parsed.as_str()) {
        return Err(format!("{parsed}: this header is taken out or has another use"));
    }
    if is_secret(parsed.as_str()) { Ok(parsed) } else { Err(hidden(name)) }
}

fn hidden(name: &str) -> String {
    format!("{name}: traces would show the key; a name with api-key, token or secret is masked")
}

impl Step for Guard {
    fn request<'a>(&'a self, exchange: &'a mut Exchange) -> Flow<'a> {
        if exchange.recorder.is_some() {
            exchange.note_read(&format!("header.{}", self.header));
        }
        let presented = self.presented(exchange);
        let consumer = match &presented[..] {
            [] => return Flow::Now(refuse(exchange, "api-key-missing", "an API key is needed", &CHALLENGE)),
            [key] => self.keys.find(key),
            // The service, or who checks after us, may take another one than we do.
            _ => None,
        };
        let Some(consumer) = consumer else {
            return Flow::Now(refuse(exchange, "api-key-invalid", "this API key is not known", &CHALLENGE));
        };
        let without = match &self.query {
            Some(name) => match without_parameter(&exchange.head.uri, name) {
                Ok(uri) => uri,
                Err(_) => return Flow::Now(refuse(exchange, "api-key-invalid", "this API key is not known", &CHALLENGE)),
            },
            None => None,
        };
        if let Some(uri) = without {
            exchange.head.uri = uri;
        }
        exchange.head.headers.remove(&self.header);
        self.forwarding.accept(exchange, consumer);
        Flow::pass()
    }
}

impl Guard {
    /// All keys that the request has.
    fn presented<'a>(&self, exchange: &'a Exchange) -> Vec<Cow<'a, [u8]>> {
        let mut keys: Vec<Cow<'_, [u8]>> =
            exchange.head.headers.get_all(&self.header).iter().map(|value| value.as_bytes().into()).collect();
        if let (Some(name), Some(query)) = (&self.query, exchange.head.uri.query()) {
            let parameters = form_urlencoded::parse(query.as_bytes()).filter(|(parameter, _)| parameter == name);
            keys.extend(parameters.map(|(_, value)| match value {
                Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
                Cow::Owned(text) => Cow::Owned(text.into_bytes()),
            }));
        }
        keys
    }
}

/// The address without a parameter, if it has it; the others stay as they are.
fn without_parameter(uri: &Uri, name: &str) -> Result<Option<Uri>, http::Error> {
    let Some(query) = uri.query() else { return Ok(None) };
    let is_it = |pair: &&str| form_urlencoded::parse(pair.as_bytes()).next().is_some_and(|(parameter, _)| parameter == name);
    let kept: Vec<&str> = query.split('&').filter(|pair| !is_it(pair)).collect();
    let target = if kept.is_empty() { uri.path().to_owned() } else { format!("{}?{}", uri.path(), kept.join("&")) };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(target)?);
    Ok(Some(Uri::from_parts(parts)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_taken_out_in_every_spelling_and_the_others_stay() {
        for (uri, left) in [
            ("/a?api_key=k", "/a"),
            ("/a?x=%20&api%5Fkey=k&&y", "/a?x=%20&&y"),
            ("/a?api_key=1&api_key=2&b", "/a?b"),
            ("/a?x=api_key", "/a?x=api_key"),
            ("http://h/a?api_key=k&b=1", "http://h/a?b=1"),
        ] {
            let uri: Uri = uri.parse().unwrap();
            assert_eq!(without_parameter(&uri, "api_key").unwrap().unwrap(), left, "{uri}");
        }
        assert!(without_parameter(&"/a".parse().unwrap(), "api_key").unwrap().is_none());
    }

    #[test]
    fn a_header_whose_value_would_be_shown_or_never_comes_is_refused() {
        for name in ["x-partner", "authorization", "cookie", "x_api_key", "a b", ""] {
            key_header(name).unwrap_err();
        }
        assert_eq!(key_header("X-Partner-Key").unwrap(), "x-partner-key");
    }
}
