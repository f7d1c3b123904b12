//! What can be set: which requests are copied, for whom, and what the copies may cost.

use crate::plugins::service::ServiceName;
use fm_sdk::config::parse_duration;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// A share is a number of so many.
pub const WHOLE: u32 = 1_000_000;
const MAX_TIMEOUT: Duration = Duration::from_secs(60);

pub struct Settings {
    pub service: ServiceName,
    /// Of [`WHOLE`].
    pub share: u32,
    pub keeps_identity: bool,
    pub max_body: usize,
    pub at_once: usize,
    pub timeout: Duration,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Identity {
    Remove,
    Keep,
}

#[derive(Deserialize)]
struct Raw {
    service: ServiceName,
    percent: f64,
    identity: Identity,
    max_body: usize,
    at_once: usize,
    timeout: String,
}

impl Settings {
    /// Reads settings that fit the schema.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn read(settings: &Map<String, Value>) -> Result<Settings, String> {
        let Raw { service, percent, identity, max_body, at_once, timeout } = crate::plugins::read(settings)?;
        let timeout = parse_duration(&timeout)?;
        if timeout.is_zero() || timeout > MAX_TIMEOUT {
            return Err("timeout is longer than 0s, and 60s at most".into());
        }
        let share = (percent / 100.0 * f64::from(WHOLE)).round() as u32;
        Ok(Settings { service, share, keeps_identity: matches!(identity, Identity::Keep), max_body, at_once, timeout })
    }
}

/// The schema of the settings.
pub fn schema() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["service"],
        "properties": {
            "service": ServiceName::schema("Gets the copies; while it has no instance there are none", "fm-cars-next"),
            "percent": {
                "type": "number", "minimum": 0, "maximum": 100, "default": 100, "title": "Percent", "description": "The share of requests that are copied"
            },
            "identity": {
                "type": "string", "enum": ["remove", "keep"], "default": "remove", "title": "Identity",
                "description": "Whether copies have what says who asks: tokens, cookies and what the gateway says of the client. With it they do what the requests do"
            },
            "max_body": {
                "type": "integer", "minimum": 0, "maximum": 1_048_576, "default": 65_536, "title": "Bytes",
                "description": "Requests with a larger body are not copied"
            },
            "at_once": {
                "type": "integer", "minimum": 1, "maximum": 10_000, "default": 64, "title": "At once",
                "description": "So many copies may be under way; more are left out"
            },
            "timeout": {"type": "string", "format": "duration", "default": "5s", "title": "Timeout", "description": "For a copy and its answer"}
        }
    })
}
