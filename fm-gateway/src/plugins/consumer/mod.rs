//! What plugins have in common that know clients by credentials of their own: API keys, passwords.

use crate::{
    front::is_stripped,
    pipeline::{Answer, Decision, Exchange},
    plugins::header_name,
};
use fm_sdk::{Error, Kind};
use http::{HeaderName, HeaderValue, header::WWW_AUTHENTICATE};
use serde_json::{Value, json};
use std::sync::Arc;

const MAX_NAME: usize = 64;

/// Tells the service by a header who was recognised.
pub struct Forwarding(HeaderName);

impl Forwarding {
    /// The schema of the setting `forward_as`.
    pub fn schema() -> Value {
        json!({
            "type": "string", "minLength": 1, "default": "x-consumer-username", "title": "Header for the service",
            "description": "Tells the service who asks; one of those that are taken out of every request, so that no client can send it"
        })
    }

    /// Reads the setting.
    ///
    /// # Errors
    /// A sentence, if clients could send the header themselves on another route.
    pub fn read(name: &str) -> Result<Forwarding, String> {
        let name = header_name(name)?;
        if is_stripped(name.as_str()) {
            return Ok(Forwarding(name));
        }
        Err(format!("{name}: clients can send this header themselves on other routes; x-consumer-... are taken out everywhere"))
    }

    /// Notes who asks, for the steps that follow and for the service.
    pub fn accept(&self, exchange: &mut Exchange, consumer: &Consumer) {
        exchange.head.headers.insert(self.0.clone(), consumer.value.clone());
        exchange.consumer = Some(consumer.name.clone());
    }
}

/// A client that is known by its credentials.
#[derive(Debug)]
pub struct Consumer {
    pub name: Arc<str>,
    /// Its name, as a header has it.
    value: HeaderValue,
}

impl Consumer {
    /// # Errors
    /// A sentence, if the name cannot stand in every log, header and `Authorization`.
    pub fn named(name: &str) -> Result<Consumer, String> {
        let is_plain = |b: u8| b.is_ascii_graphic() && !matches!(b, b':' | b',' | b'"' | b'\\');
        let value = HeaderValue::from_str(name).ok();
        match value.filter(|_| (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(is_plain)) {
            Some(value) => Ok(Consumer { name: name.into(), value }),
            None => Err(format!(r#"{name:?}: a name has 1 to {MAX_NAME} visible ASCII characters, none of : , " and \"#)),
        }
    }
}

/// Answers 401 with a challenge (RFC 9110, 11.6.1).
pub fn refuse(exchange: &Exchange, code: &'static str, message: &'static str, challenge: &HeaderValue) -> Decision {
    let error = Error::new(Kind::Unauthenticated, code, message);
    Decision::Answer(Answer::problem(&error, &exchange.trace).with(WWW_AUTHENTICATE, challenge.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_that_clients_can_send_elsewhere_is_refused() {
        for name in ["x-consumer-username", "X-Consumer-Id", "x-user-id"] {
            assert!(Forwarding::read(name).is_ok(), "{name}");
        }
        for name in ["x-partner", "accept", "x-forwarded-for", "", "a b"] {
            assert!(Forwarding::read(name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_name_can_stand_everywhere() {
        assert_eq!(&*Consumer::named("partner-7@shop.example").unwrap().name, "partner-7@shop.example");
        for name in ["", "a b", "a:b", "a\n", "ä", "a\"b", "a,b", &"a".repeat(65)] {
            Consumer::named(name).unwrap_err();
        }
    }
}
