//! Cross-origin requests of browsers (Fetch standard, 3.2): answers preflights, and says who may read answers.

use crate::pipeline::{Answer, Drivers, Exchange, Flow, Phases, Plugin, Step};
use fm_sdk::config::parse_duration;
use http::{
    HeaderMap, HeaderValue, Method, StatusCode,
    header::{
        ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
    },
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

pub struct Cors;

#[derive(Deserialize)]
struct Settings {
    origins: Vec<String>,
    methods: Vec<String>,
    headers: Vec<String>,
    expose: Vec<String>,
    credentials: bool,
    max_age: String,
}

struct Policy {
    /// Empty: any.
    origins: Vec<HeaderValue>,
    methods: HeaderValue,
    headers: Option<HeaderValue>,
    expose: Option<HeaderValue>,
    credentials: bool,
    max_age: HeaderValue,
}

impl Plugin for Cors {
    fn name(&self) -> &'static str {
        "cors"
    }

    fn about(&self) -> &'static str {
        "Lets pages of other origins ask, and answers their preflights"
    }

    fn schema(&self) -> Value {
        let words = |title: &str, default: Value, description: &str| {
            let items = json!({"type": "string", "minLength": 1});
            json!({"type": "array", "items": items, "default": default, "title": title, "description": description})
        };
        json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["origins"],
            "properties": {
                "origins": {
                    "type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1, "title": "Origins",
                    "description": "scheme://host, perhaps :port, as browsers send them; * alone means any", "examples": [["https://partner.example"]]
                },
                "methods": words("Methods", json!(["GET", "HEAD", "POST"]), "What pages may do; the route must take OPTIONS too, for preflights"),
                "headers": words("Headers", json!([]), "What pages may send beside the usual"),
                "expose": words("Exposed headers", json!([]), "What pages may read beside the usual"),
                "credentials": {
                    "type": "boolean", "default": false, "title": "Credentials",
                    "description": "Lets pages send cookies; not for any origin"
                },
                "max_age": {
                    "type": "string", "format": "duration", "default": "10m", "title": "Maximum age",
                    "description": "How long browsers may keep the answer to a preflight"
                }
            }
        })
    }

    fn phases(&self) -> Phases {
        Phases { request: true, response: true, ..Phases::default() }
    }

    fn build(&self, settings: &Map<String, Value>, _: &Drivers) -> Result<Box<dyn Step>, String> {
        let settings: Settings = super::read(settings)?;
        let any = settings.origins.iter().any(|origin| origin == "*");
        if any && settings.origins.len() > 1 {
            return Err("* means any origin, and stands alone".into());
        }
        if any && settings.credentials {
            return Err("credentials are for named origins only".into());
        }
        let origins = if any { Vec::new() } else { settings.origins.iter().map(|o| origin(o)).collect::<Result<_, _>>()? };
        for name in settings.headers.iter().chain(&settings.expose) {
            super::header_name(name)?;
        }
        for method in &settings.methods {
            Method::from_bytes(method.as_bytes()).map_err(|_| format!("{method:?} is no method"))?;
        }
        let max_age = HeaderValue::from(parse_duration(&settings.max_age)?.as_secs());
        let methods = list(&settings.methods)?.unwrap_or(HeaderValue::from_static("GET"));
        let (headers, expose) = (list(&settings.headers)?, list(&settings.expose)?);
        Ok(Box::new(Policy { origins, methods, headers, expose, credentials: settings.credentials, max_age }))
    }
}

impl Step for Policy {
    fn request<'a>(&'a self, exchange: &'a mut Exchange) -> Flow<'a> {
        exchange.note_read("header.origin");
        let head = &exchange.head;
        let is_preflight =
            head.method == Method::OPTIONS && head.headers.contains_key(ORIGIN) && head.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        if !is_preflight {
            return Flow::pass();
        }
        let mut answer = Answer::of_upstream(StatusCode::NO_CONTENT, HeaderMap::new(), crate::pipeline::Body::WouldBe(None));
        if self.allowed(&head.headers).is_some() {
            answer.headers.insert(ACCESS_CONTROL_ALLOW_METHODS, self.methods.clone());
            answer.headers.insert(ACCESS_CONTROL_MAX_AGE, self.max_age.clone());
            if let Some(headers) = &self.headers {
                answer.headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, headers.clone());
            }
        }
        answer.headers.insert(VARY, HeaderValue::from_name(ACCESS_CONTROL_REQUEST_METHOD));
        answer.headers.append(VARY, HeaderValue::from_name(ACCESS_CONTROL_REQUEST_HEADERS));
        Flow::answer(answer)
    }

    fn response(&self, exchange: &mut Exchange, answer: &mut Answer) {
        let headers = &mut answer.headers;
        // What a service says of its own would be a second policy.
        for name in [ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_EXPOSE_HEADERS] {
            headers.remove(name);
        }
        if !self.origins.is_empty() {
            headers.append(VARY, HeaderValue::from_name(ORIGIN));
        }
        let Some(origin) = self.allowed(&exchange.head.headers) else { return };
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        if self.credentials {
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        if let Some(expose) = &self.expose {
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, expose.clone());
        }
    }
}

impl Policy {
    /// What the origin of a request is told, if it may ask.
    fn allowed(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let origin = headers.get(ORIGIN)?;
        if self.origins.is_empty() {
            return Some(HeaderValue::from_static("*"));
        }
        self.origins.iter().find(|allowed| *allowed == origin).cloned()
    }
}

/// Reads an origin as browsers write it (RFC 6454, 6.2): anything else would never match.
fn origin(text: &str) -> Result<HeaderValue, String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-' | b':' | b'[' | b']');
    match (rest, HeaderValue::from_str(text)) {
        (Some(host), Ok(value)) if !host.is_empty() && host.bytes().all(plain) => Ok(value),
        _ => Err(format!("{text:?} is no origin: scheme://host, in lower case, without a path")),
    }
}

fn list(names: &[String]) -> Result<Option<HeaderValue>, String> {
    if names.is_empty() {
        return Ok(None);
    }
    HeaderValue::from_str(&names.join(", ")).map(Some).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::origin;

    #[test]
    fn an_origin_has_a_scheme_and_a_host_and_nothing_else() {
        for text in ["https://a.example", "http://localhost:8080", "https://[::1]:8443"] {
            assert_eq!(origin(text).unwrap(), text);
        }
        for text in [
            "a.example",
            "https://",
            "https://A.example",
            "https://a.example/",
            "ftp://a.example",
            "null",
            "https://*.example",
            "https://u@a",
        ] {
            origin(text).unwrap_err();
        }
    }
}
