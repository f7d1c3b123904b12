//! Checks settings against the JSON Schema of their plugin, in the subset that a form can show.
//!
//! Known keywords: `type`, `enum`, `properties`, `required`, `additionalProperties: false`, `items`, `minItems`, `maxItems`, `minimum`,
//! `maximum`, `minLength`, `maxLength`, `default`, and for people `title`, `description`, `examples`, `format`, `$comment`. A schema with
//! another keyword is refused when its plugin is added, so that none is silently without effect.

use serde_json::{Map, Value};

const KNOWN: [&str; 17] = [
    "type",
    "enum",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "minItems",
    "maxItems",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "default",
    "title",
    "description",
    "examples",
    "format",
];

/// Something in a value that its schema refuses: where, and why.
pub type Finding = (String, String);

/// Checks that a schema uses only what is understood here.
///
/// # Errors
/// The keyword, and where it stands.
pub fn check_schema(schema: &Value) -> Result<(), String> {
    let Some(fields) = schema.as_object() else { return Err("a schema is an object".into()) };
    for (keyword, value) in fields {
        match keyword.as_str() {
            "properties" => {
                let properties = value.as_object().ok_or("properties is an object")?;
                properties.values().try_for_each(check_schema)?;
            }
            "items" => check_schema(value)?,
            "$comment" => {}
            k if KNOWN.contains(&k) => {}
            k => return Err(format!("the keyword {k} is not understood")),
        }
    }
    Ok(())
}

/// Fills in defaults and gives all that the schema refuses.
pub fn validate(schema: &Value, value: &mut Value) -> Vec<Finding> {
    let mut findings = Vec::new();
    visit(schema, value, "", &mut findings);
    findings
}

fn visit(schema: &Value, value: &mut Value, at: &str, findings: &mut Vec<Finding>) {
    let mut refuse = |why: String| findings.push((at.to_owned(), why));
    if let Some(expected) = schema["type"].as_str()
        && !is(expected, value)
    {
        return refuse(format!("{expected} expected"));
    }
    if let Some(allowed) = schema["enum"].as_array()
        && !allowed.contains(value)
    {
        let names: Vec<String> = allowed.iter().map(Value::to_string).collect();
        refuse(format!("one of {} expected", names.join(", ")));
    }
    if let Some(number) = value.as_f64() {
        if schema["minimum"].as_f64().is_some_and(|least| number < least) {
            refuse(format!("at least {} expected", schema["minimum"]));
        }
        if schema["maximum"].as_f64().is_some_and(|most| number > most) {
            refuse(format!("at most {} expected", schema["maximum"]));
        }
    }
    if let Some(text) = value.as_str() {
        bounds(schema, "Length", "characters", text.chars().count() as u64, &mut refuse);
    }
    if let Some(items) = value.as_array_mut() {
        bounds(schema, "Items", "items", items.len() as u64, &mut refuse);
        if schema.get("items").is_some() {
            for (n, item) in items.iter_mut().enumerate() {
                visit(&schema["items"], item, &format!("{at}[{n}]"), findings);
            }
        }
    } else if let Some(fields) = value.as_object_mut() {
        object(schema, fields, at, findings);
    }
}

fn object(schema: &Value, fields: &mut Map<String, Value>, at: &str, findings: &mut Vec<Finding>) {
    let empty = Map::new();
    let properties = schema["properties"].as_object().unwrap_or(&empty);
    let place = |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
    for (name, property) in properties {
        if let Some(default) = property.get("default")
            && !fields.contains_key(name)
        {
            fields.insert(name.clone(), default.clone());
        }
    }
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !fields.contains_key(name) {
            findings.push((place(name), "is missing".into()));
        }
    }
    let closed = schema["additionalProperties"] == Value::Bool(false);
    for (name, field) in fields.iter_mut() {
        match properties.get(name) {
            Some(property) => visit(property, field, &place(name), findings),
            None if closed => findings.push((place(name), "is not known here".into())),
            None => {}
        }
    }
}

fn bounds(schema: &Value, of: &str, what: &str, count: u64, refuse: &mut impl FnMut(String)) {
    if let Some(least) = schema[format!("min{of}")].as_u64().filter(|least| count < *least) {
        refuse(format!("at least {least} {what} expected"));
    }
    if let Some(most) = schema[format!("max{of}")].as_u64().filter(|most| count > *most) {
        refuse(format!("at most {most} {what} expected"));
    }
}

fn is(expected: &str, value: &Value) -> bool {
    match expected {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn schema() -> Value {
        json!({
            "type": "object", "additionalProperties": false, "required": ["service"],
            "properties": {
                "service": {"type": "string", "minLength": 1},
                "mode": {"enum": ["a", "b"], "default": "a"},
                "n": {"type": "integer", "minimum": 1, "maximum": 9},
                "list": {"type": "array", "maxItems": 2, "items": {"type": "string"}},
            },
        })
    }

    #[test]
    fn valid_settings_get_their_defaults() {
        let mut value = json!({"service": "x"});
        assert_eq!(validate(&schema(), &mut value), []);
        assert_eq!(value, json!({"service": "x", "mode": "a"}));
    }

    #[test]
    fn every_fault_is_named_with_its_place() {
        let mut value = json!({"mode": "c", "n": 0, "list": ["x", 1], "other": true});
        let findings = validate(&schema(), &mut value);
        let places: Vec<&str> = findings.iter().map(|(at, _)| at.as_str()).collect();
        assert_eq!(places, ["service", "list[1]", "mode", "n", "other"]);
    }

    #[test]
    fn a_keyword_that_would_have_no_effect_is_refused() {
        assert!(check_schema(&schema()).is_ok());
        assert!(check_schema(&json!({"properties": {"a": {"pattern": "x"}}})).unwrap_err().contains("pattern"));
    }
}
