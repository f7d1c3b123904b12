//! What can be set: whom to ask, with what, for how long, and what of the answer goes on.

use super::call::{Ask, Whom};
use crate::{
    pipeline::Drivers,
    plugins::{header_name, service::ServiceName, service_header},
};
use fm_sdk::config::parse_duration;
use http::{HeaderName, Uri};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::time::Duration;

const MAX_TIMEOUT: Duration = Duration::from_secs(30);

pub struct Settings {
    pub ask: Ask,
    pub copy: Vec<HeaderName>,
}

#[derive(Deserialize)]
struct Raw {
    service: Option<ServiceName>,
    target: Option<String>,
    path: String,
    timeout: String,
    send: Vec<String>,
    copy: Vec<String>,
}

impl Settings {
    /// Reads settings that fit the schema.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn read(settings: &Map<String, Value>, drivers: &Drivers) -> Result<Settings, String> {
        let raw: Raw = crate::plugins::read(settings)?;
        let whom = match (raw.service, raw.target) {
            (Some(service), None) => Whom::service(&service, drivers),
            (None, Some(target)) => Whom::fixed(&target).ok_or_else(|| format!("{target}: a target is http://host:port"))?,
            _ => return Err("either a service or a target is asked".into()),
        };
        let path =
            raw.path.parse::<Uri>().ok().filter(|uri| uri.authority().is_none() && raw.path.starts_with('/') && !raw.path.contains('$'));
        let path = path.ok_or_else(|| format!("{}: a path begins with / and has no variables", raw.path))?;
        let timeout = parse_duration(&raw.timeout)?;
        if timeout.is_zero() || timeout > MAX_TIMEOUT {
            return Err("timeout is longer than 0s, and 30s at most".into());
        }
        let send = raw.send.iter().map(|name| header_name(name)).collect::<Result<_, _>>()?;
        let copy = raw.copy.iter().map(|name| service_header(name)).collect::<Result<_, _>>()?;
        Ok(Settings { ask: Ask { whom, path, timeout, send }, copy })
    }
}

/// The schema of the settings.
pub fn schema() -> Value {
    let headers = |title: &str, default: Value, description: &str| json!({"type": "array", "items": {"type": "string", "minLength": 1}, "default": default, "title": title, "description": description});
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["path"],
        "properties": {
            "service": ServiceName::schema("Asks its running instances", "fm-profile"),
            "target": {"type": "string", "minLength": 1, "title": "Target", "description": "Asks http://host:port instead"},
            "path": {
                "type": "string", "minLength": 1, "title": "Path",
                "description": "What is asked: GET with this path; 2xx lets the request pass, 401 and 403 refuse it", "examples": ["/authorize"]
            },
            "timeout": {
                "type": "string", "format": "duration", "default": "1s", "title": "Timeout", "description": "For the whole question; then the request is refused, too"
            },
            "send": headers("Headers for the question", json!(["authorization", "cookie"]), "Headers of the request that the question has"),
            "copy": headers("Headers for the service", json!([]), "Headers of the answer that the service behind gets; those that no client can send")
        }
    })
}
