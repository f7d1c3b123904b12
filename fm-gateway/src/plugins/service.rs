//! The setting `service`, which several plugins have.

use serde::Deserialize;
use serde_json::{Value, json};
use std::{ops::Deref, sync::Arc};

/// The name under which the instances of a service register.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct ServiceName(Arc<str>);

impl ServiceName {
    /// The schema of the setting; the description says what becomes of the service.
    pub fn schema(description: &str, example: &str) -> Value {
        json!({"type": "string", "minLength": 1, "maxLength": 100, "title": "Service", "description": description, "examples": [example]})
    }

    pub fn shared(&self) -> Arc<str> {
        self.0.clone()
    }
}

impl TryFrom<String> for ServiceName {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        if name.contains(['/', '$']) {
            return Err("a service's name has no / and no variables");
        }
        Ok(ServiceName(name.into()))
    }
}

impl Deref for ServiceName {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}
