//! Values that a schema allows.

use serde_json::{Map, Value, json};

/// How much of an object a value has.
#[derive(Clone, Copy, PartialEq)]
pub enum Fields {
    /// What is required.
    Required,
    /// All that there are.
    All,
    /// All, and one that a newer owner may have added.
    Newer,
}

/// A value of a schema in `document`.
pub fn sample(schema: &Value, document: &Value, fields: Fields) -> Value {
    let below = |schema: &Value| sample(schema, document, fields);
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        return below(document.pointer(target.trim_start_matches('#')).expect("a reference leads somewhere"));
    }
    if let Some(first) = ["allOf", "anyOf", "oneOf", "enum"].iter().find_map(|key| schema.get(key)?.get(0)) {
        return if schema.get("enum").is_some() { first.clone() } else { below(first) };
    }
    let kind = &schema["type"];
    match kind.as_str().or_else(|| kind[0].as_str()) {
        Some("object") => {
            let is_required = |name: &String| schema["required"].as_array().is_some_and(|names| names.iter().any(|known| known == name));
            let known = schema["properties"].as_object().into_iter().flatten();
            let mut object: Map<_, _> = known
                .filter(|(name, _)| fields != Fields::Required || is_required(name))
                .map(|(name, schema)| (name.clone(), below(schema)))
                .collect();
            if fields == Fields::Newer {
                object.insert("added later".into(), json!({"by": "a newer owner"}));
            }
            object.into()
        }
        Some("array") => json!([below(&schema["items"])]),
        Some("string") => json!("text"),
        Some("integer") => json!(7),
        Some("number") => json!(1.5),
        Some("boolean") => json!(true),
        Some("null") => Value::Null,
        _ => panic!("no sample is known for {schema}"),
    }
}
