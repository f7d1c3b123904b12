//! What can be set of a proxy.

use crate::upstream::{Protocol, Times, endpoint::is_endpoint};
use fm_sdk::config::parse_duration;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// Where requests go.
pub enum Target {
    /// To what an earlier step has found.
    Discovered,
    Fixed(String),
}

pub struct Settings {
    pub target: Target,
    pub protocol: Protocol,
    /// Whether calls of gRPC may last and send as long as something moves.
    pub grpc: bool,
    /// How many other instances are tried.
    pub retries: usize,
    pub times: Times,
    /// For all of a request, from its head to the end of its answer; zero: no limit.
    pub request_timeout: Duration,
    /// When another instance is asked too. Zero: never.
    pub hedge_after: Duration,
    /// For event streams, instead of `times.idle`.
    pub stream_idle: Duration,
    pub at_once: usize,
    /// How long a request waits for a place among them.
    pub wait: Duration,
    pub preserve_host: bool,
    pub strip_prefix: Option<String>,
    /// Whether clients may switch to WebSocket.
    pub websocket: bool,
}

#[derive(Deserialize)]
struct Raw {
    target: String,
    protocol: Protocol,
    grpc: bool,
    retries: usize,
    hedge_after: String,
    connect_timeout: String,
    head_timeout: String,
    idle_timeout: String,
    stream_idle_timeout: String,
    client_timeout: String,
    request_timeout: String,
    at_once: usize,
    wait: String,
    preserve_host: bool,
    strip_prefix: Option<String>,
    websocket: bool,
}

impl Settings {
    /// Reads settings that fit the schema.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn read(settings: &Map<String, Value>) -> Result<Settings, String> {
        let raw: Raw = crate::plugins::read(settings)?;
        let target = match raw.target.as_str() {
            "${target}" => Target::Discovered,
            // Whoever can name the target of a request can reach what only the gateway can reach.
            url if url.contains("${") => return Err("a target is ${target} or an address without variables".into()),
            url if is_endpoint(url) => Target::Fixed(url.to_owned()),
            url => return Err(format!("{url}: a target is ${{target}}, http://host:port or https://host:port")),
        };
        if raw.strip_prefix.as_ref().is_some_and(|p| !p.starts_with('/') || p.ends_with('/')) {
            return Err("a prefix starts with / and does not end in one".into());
        }
        let times = Times {
            connect: parse_duration(&raw.connect_timeout)?,
            head: parse_duration(&raw.head_timeout)?,
            idle: parse_duration(&raw.idle_timeout)?,
            client: parse_duration(&raw.client_timeout)?,
        };
        if raw.grpc && raw.protocol == Protocol::Http1 {
            return Err("gRPC needs HTTP/2: protocol is auto or h2".into());
        }
        Ok(Settings {
            target,
            protocol: raw.protocol,
            grpc: raw.grpc,
            retries: raw.retries,
            times,
            request_timeout: parse_duration(&raw.request_timeout)?,
            hedge_after: parse_duration(&raw.hedge_after)?,
            stream_idle: parse_duration(&raw.stream_idle_timeout)?,
            at_once: raw.at_once,
            wait: parse_duration(&raw.wait)?,
            preserve_host: raw.preserve_host,
            strip_prefix: raw.strip_prefix,
            websocket: raw.websocket,
        })
    }
}

/// The schema of the settings.
pub fn schema() -> Value {
    let time = |title: &str, default: &str, description: &str| json!({"type": "string", "format": "duration", "default": default, "title": title, "description": description});
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "target": {
                "type": "string", "default": "${target}", "title": "Target",
                "description": "What a plugin before has found, or http://host:port or https://host:port"
            },
            "protocol": {
                "type": "string", "enum": ["auto", "http1", "h2"], "default": "auto", "title": "Protocol",
                "description": "auto: what the instance says in its metadata, else over TLS what both sides agree on (ALPN), else HTTP/1.1; h2: HTTP/2, in clear text by prior knowledge (h2c)"
            },
            "grpc": {
                "type": "boolean", "default": false, "title": "gRPC streams",
                "description": "Calls of gRPC last and send as long as something moves: only the idle timeout of streams and their own deadline bound them, no other limit on time, and none on the body"
            },
            "retries": {
                "type": "integer", "minimum": 0, "maximum": 5, "default": 2, "title": "Retries",
                "description": "How many other instances are tried: GET and HEAD as long as nothing was answered, others only if nothing was sent, or the upstream says over HTTP/2 that it has not looked at them"
            },
            "hedge_after": time("Hedge after", "1s", "When a GET or HEAD that waits is sent to another instance too, within a budget; 0s: never. For routes whose answers take longer than this, name more"),
            "connect_timeout": time("Connect timeout", "2s", "Until the connection stands"),
            "head_timeout": time("Answer timeout", "30s", "From the last byte sent to the head of the answer"),
            "idle_timeout": time("Idle timeout", "60s", "Between two pieces of the answer"),
            "stream_idle_timeout": time("Idle timeout of streams", "10m", "Between two events, or two messages of a gRPC stream"),
            "client_timeout": time("Client timeout", "10s", "Between two pieces of the client's body"),
            "request_timeout": time("Request timeout", "10m", "For the whole request, from its head to the end of its answer, whatever moves; 0s: no limit. Event streams have none"),
            "at_once": {
                "type": "integer", "minimum": 1, "maximum": 100_000, "default": 1024, "title": "At once",
                "description": "How many requests may be under way to this upstream"
            },
            "wait": time("Wait", "250ms", "For a place among them; half as many may wait, the others are answered 503 at once"),
            "preserve_host": {
                "type": "boolean", "default": true, "title": "Keep the host",
                "description": "Sends the host that the client asked for, not the instance's"
            },
            "websocket": {
                "type": "boolean", "default": false, "title": "WebSocket",
                "description": "Lets clients switch to WebSocket; closed when nothing comes for as long as event streams may be silent"
            },
            "strip_prefix": {"type": "string", "minLength": 2, "title": "Strip prefix", "description": "Is cut off the path"}
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(settings: Value) -> Result<Settings, String> {
        let mut value = settings;
        assert_eq!(crate::pipeline::schema::validate(&schema(), &mut value), []);
        Settings::read(value.as_object().unwrap())
    }

    #[test]
    fn without_settings_the_target_is_discovered() {
        let settings = read(json!({})).unwrap();
        assert!(matches!(settings.target, Target::Discovered));
        assert_eq!((settings.retries, settings.times.head), (2, Duration::from_secs(30)));
    }

    #[test]
    fn a_client_cannot_name_the_target() {
        for target in ["http://${header.x-target}:80", "${path.x}", "ftp://a:1", "http://a", "http://u@a:1", "http://a:1/x", "http://:1"] {
            assert!(read(json!({"target": target})).is_err(), "{target}");
        }
        assert!(read(json!({"target": "http://127.0.0.1:8080"})).is_ok());
        assert!(read(json!({"target": "https://a.example:443"})).is_ok());
    }

    #[test]
    fn the_protocol_is_one_of_three_and_fits_grpc() {
        assert_eq!(read(json!({})).unwrap().protocol, Protocol::Auto);
        assert_eq!(read(json!({"protocol": "h2", "grpc": true})).unwrap().protocol, Protocol::H2);
        assert!(read(json!({"protocol": "http1", "grpc": true})).is_err());
        assert_ne!(crate::pipeline::schema::validate(&schema(), &mut json!({"protocol": "h3"})), []);
    }

    #[test]
    fn times_are_read_and_nonsense_is_refused() {
        assert!(read(json!({"head_timeout": "5"})).is_err());
        assert_eq!(read(json!({"head_timeout": "1.5s"})).unwrap().times.head, Duration::from_millis(1500));
    }
}
