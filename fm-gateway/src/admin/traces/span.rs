//! A span as instances tell of it at `/traces/{trace_id}`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A span of any instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Span {
    pub trace_id: String,
    pub span_id: String,
    #[serde(default)]
    pub parent_span_id: Option<String>,
    pub service: String,
    pub instance: String,
    pub kind: String,
    pub name: String,
    /// Microseconds since the Unix epoch, by the clock of the instance.
    pub start_us: i64,
    pub duration_us: u64,
    pub status: String,
    #[serde(default)]
    pub attributes: Map<String, Value>,
    #[serde(default)]
    pub links: Vec<Link>,
}

/// A span that another one has to do with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    pub trace_id: String,
    pub span_id: String,
}

impl Span {
    pub fn has_failed(&self) -> bool {
        self.status == "error"
    }

    /// An attribute as text; empty if there is none.
    pub fn text(&self, key: &str) -> String {
        match self.attributes.get(key) {
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
            None => String::new(),
        }
    }
}
