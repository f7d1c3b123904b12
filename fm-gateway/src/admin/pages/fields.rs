//! The form of a plugin, made of the JSON Schema of its settings.

use crate::table::Problem;
use serde_json::{Map, Number, Value};

/// One field of a form.
pub struct Field {
    /// The name of its control.
    pub id: String,
    pub title: String,
    pub help: String,
    /// `text`, `number`, `check`, `select`, `lines`, `json`.
    pub kind: &'static str,
    pub value: String,
    pub checked: bool,
    /// Values, and whether each is chosen.
    pub options: Vec<(String, bool)>,
    pub default: String,
    pub required: bool,
    /// Its description says so.
    pub takes_variables: bool,
    pub errors: Vec<String>,
}

/// The fields of all settings, with what is wrong with them.
pub fn fields(schema: &Value, settings: &Map<String, Value>, prefix: &str, at: &str, problems: &[Problem]) -> Vec<Field> {
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let properties = schema["properties"].as_object().into_iter().flatten();
    properties
        .map(|(name, property)| {
            let value = settings.get(name);
            let place = format!("{at}.{name}");
            let is_here = |p: &&Problem| p.at.strip_prefix(&place).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
            Field {
                id: format!("{prefix}{name}"),
                title: property["title"].as_str().unwrap_or(name).into(),
                help: property["description"].as_str().unwrap_or_default().into(),
                kind: kind(property),
                value: value.map(|value| shown(property, value)).unwrap_or_default(),
                checked: value.or(property.get("default")) == Some(&Value::Bool(true)),
                options: options(property, value),
                default: property.get("default").map(|value| shown(property, value)).unwrap_or_default(),
                takes_variables: property.to_string().contains("${variables}"),
                required: required.contains(&name.as_str()),
                errors: problems.iter().filter(is_here).map(|p| p.message.clone()).collect(),
            }
        })
        .collect()
}

/// Takes settings from a form. What cannot be read is kept as text, so that the check of the schema names it and nothing typed is lost.
pub fn read(schema: &Value, form: &[(String, String)], prefix: &str, settings: &mut Map<String, Value>) {
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let id = format!("{prefix}{name}");
        let text = form.iter().rfind(|(field, _)| *field == id).map(|(_, text)| text.replace("\r\n", "\n"));
        let value = match (kind(property), text) {
            ("check", text) => Some(Value::Bool(text.is_some())),
            (_, None) => continue,
            (_, Some(text)) if text.trim().is_empty() => None,
            ("lines", Some(text)) => Some(text.lines().map(str::trim).filter(|l| !l.is_empty()).map(Value::from).collect()),
            ("number", Some(text)) => Some(number(&text)),
            ("json", Some(text)) => Some(serde_json::from_str(&text).unwrap_or(Value::String(text))),
            ("select", Some(text)) => Some(choice(property, &text)),
            (_, Some(text)) => Some(Value::String(text)),
        };
        match value.filter(|value| property.get("default") != Some(value)) {
            Some(Value::Bool(false)) if property.get("default").is_none() => drop(settings.remove(name)),
            Some(value) => drop(settings.insert(name.clone(), value)),
            None => drop(settings.remove(name)),
        }
    }
}

fn kind(property: &Value) -> &'static str {
    if property["enum"].is_array() {
        return "select";
    }
    match property["type"].as_str() {
        Some("boolean") => "check",
        Some("integer" | "number") => "number",
        Some("array") if property["items"]["type"] == "string" => "lines",
        Some("string") => "text",
        _ => "json",
    }
}

fn shown(property: &Value, value: &Value) -> String {
    match (kind(property), value) {
        (_, Value::String(text)) => text.clone(),
        ("lines", Value::Array(items)) => items.iter().map(|item| item.as_str().unwrap_or_default()).collect::<Vec<_>>().join("\n"),
        ("json", value) => serde_json::to_string_pretty(value).unwrap_or_default(),
        (_, value) => value.to_string(),
    }
}

fn options(property: &Value, value: Option<&Value>) -> Vec<(String, bool)> {
    let chosen = value.or(property.get("default"));
    property["enum"].as_array().into_iter().flatten().map(|option| (shown(&Value::Null, option), chosen == Some(option))).collect()
}

fn choice(property: &Value, text: &str) -> Value {
    let options = property["enum"].as_array().into_iter().flatten();
    options.clone().find(|option| shown(&Value::Null, option) == text).cloned().unwrap_or_else(|| text.into())
}

fn number(text: &str) -> Value {
    text.trim().parse::<Number>().map_or_else(|_| text.into(), Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::Catalogue;
    use serde_json::json;

    #[test]
    fn a_form_that_is_sent_back_unchanged_changes_no_setting() {
        let settings = json!({
            "rate": 10, "service": "fm-cars", "names": ["a", "b"], "optional": true, "set": {"x": "y"}, "by": "user", "other": "kept"
        });
        let schema = json!({"properties": {
            "rate": {"type": "integer"}, "service": {"type": "string"}, "names": {"type": "array", "items": {"type": "string"}},
            "optional": {"type": "boolean"}, "set": {"type": "object"}, "by": {"enum": ["ip", "user"], "default": "ip"}, "absent": {"type": "boolean"}}});
        let settings = settings.as_object().unwrap();
        let form: Vec<(String, String)> = fields(&schema, settings, "p.", "", &[])
            .into_iter()
            .filter(|field| field.kind != "check" || field.checked)
            .map(|field| match field.options.iter().find(|(_, chosen)| *chosen) {
                Some((option, _)) => (field.id, option.clone()),
                None => (field.id, field.value),
            })
            .collect();
        let mut read_back = settings.clone();
        read(&schema, &form, "p.", &mut read_back);
        assert_eq!(&read_back, settings);
    }

    #[test]
    fn invalid_fields_are_kept_for_the_validation_to_report() {
        let schema = json!({"properties": {"rate": {"type": "integer"}, "set": {"type": "object"}}});
        let mut settings = Map::new();
        let form = [("rate".to_owned(), "ten".to_owned()), ("set".to_owned(), "{".to_owned())];
        read(&schema, &form, "", &mut settings);
        assert_eq!(Value::Object(settings), json!({"rate": "ten", "set": "{"}));
    }

    #[test]
    fn every_setting_of_every_plugin_has_a_field() {
        for plugin in Catalogue::shipped().iter() {
            let schema = plugin.schema();
            let properties = schema["properties"].as_object().map_or(0, Map::len);
            assert_eq!(fields(&schema, &Map::new(), "", "", &[]).len(), properties, "{}", plugin.name());
        }
    }
}
