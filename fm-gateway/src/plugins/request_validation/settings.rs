//! What can be set: whose document, and what happens to requests of which it says nothing.

use crate::plugins::service::ServiceName;
use fm_sdk::config::parse_duration;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::time::Duration;

const MAX_TIMEOUT: Duration = Duration::from_secs(300);

/// What becomes of a request that cannot be compared with anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Otherwise {
    Pass,
    Refuse,
}

pub struct Settings {
    pub service: ServiceName,
    pub unknown: Otherwise,
    pub undocumented: Otherwise,
    pub max_body: u64,
    pub timeout: Duration,
}

#[derive(Deserialize)]
struct Raw {
    service: ServiceName,
    unknown: Otherwise,
    undocumented: Otherwise,
    max_body: u64,
    timeout: String,
}

impl Settings {
    /// Reads settings that fit the schema.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn read(settings: &Map<String, Value>) -> Result<Settings, String> {
        let Raw { service, unknown, undocumented, max_body, timeout } = crate::plugins::read(settings)?;
        let timeout = parse_duration(&timeout)?;
        if timeout.is_zero() || timeout > MAX_TIMEOUT {
            return Err("timeout is longer than 0s, and 5m at most".into());
        }
        Ok(Settings { service, unknown, undocumented, max_body, timeout })
    }
}

/// The schema of the settings.
pub fn schema() -> Value {
    let otherwise = |title: &str, description: &str| json!({"type": "string", "enum": ["pass", "refuse"], "default": "pass", "title": title, "description": description});
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["service"],
        "properties": {
            "service": ServiceName::schema("Requests are compared with the OpenAPI document of its instances", "fm-cars"),
            "unknown": otherwise("Without a document", "What happens to requests while no instance has given a document"),
            "undocumented": otherwise("Not in the document", "What happens to requests whose path or method the document does not have"),
            "max_body": {
                "type": "integer", "minimum": 1, "maximum": 16_777_216, "default": 1_048_576, "title": "Bytes",
                "description": "The largest JSON body that is taken; it is read before it is sent on"
            },
            "timeout": {"type": "string", "format": "duration", "default": "30s", "title": "Timeout", "description": "Until a JSON body is here"}
        }
    })
}
