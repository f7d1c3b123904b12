use crate::Market;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use std::collections::BTreeMap;

impl Market {
    /// Reads the instances of a service that the registry knows: name and what is written there (`url`, `version`, ...).
    ///
    /// # Panics
    /// When the registry does not answer, or with something else.
    pub fn registered(&self, service: &str) -> BTreeMap<String, Value> {
        let prefix = format!("{}/fm/services/{service}/", self.address("registry_prefix"));
        // `0` follows `/`: the range has all keys below the prefix.
        let end = format!("{}0", prefix.trim_end_matches('/'));
        let body = json!({ "key": STANDARD.encode(&prefix), "range_end": STANDARD.encode(end) });
        let answer = self.at("registry").post("/v3/kv/range", body).expect(200).json();
        let entries = answer["kvs"].as_array().cloned().unwrap_or_default();
        entries
            .iter()
            .map(|entry| {
                let [key, value] = ["key", "value"].map(|field| decoded(&entry[field]));
                let name = key.rsplit('/').next().unwrap_or_default().to_owned();
                (name, serde_json::from_str(&value).unwrap_or_else(|error| panic!("{key}: {error} in {value:?}")))
            })
            .collect()
    }
}

fn decoded(value: &Value) -> String {
    let text = value.as_str().and_then(|text| STANDARD.decode(text).ok()).and_then(|bytes| String::from_utf8(bytes).ok());
    text.unwrap_or_else(|| panic!("the registry answered {value}"))
}
