//! Whether a schema can take the place of another one: fields are only added, never required of old senders, never retyped or removed.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What happens to the values that a schema describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// Read from senders who know the older schema. They may send everything that they could before.
    Accepted,
    /// Read from senders whose schema is theirs; only what is asked of them counts, not what is left unread.
    Subscribed,
    /// Written for readers who know the older schema. They get nothing that they could not get before.
    Given,
}

/// A schema, in the document that its references lead to.
#[derive(Clone, Copy)]
pub(super) struct Located<'a> {
    pub document: &'a Value,
    pub schema: &'a Value,
}

/// Tells what breaks when `new` takes the place of `old`: one line for each path.
pub(super) fn breaks(at: &str, old: Located, new: Located, used: Use) -> Vec<String> {
    let mut found = Vec::new();
    compare(at, old, new, used, 0, &mut found);
    found
}

/// Deeper than any message; a schema may refer to itself.
const MAX_DEPTH: usize = 16;

fn compare(at: &str, old: Located, new: Located, used: Use, depth: usize, found: &mut Vec<String>) {
    if depth > MAX_DEPTH {
        return;
    }
    let (was, is) = (Facts::of(old), Facts::of(new));
    // What was allowed and what must stay allowed, seen from the one who does not change.
    let (narrow, wide, verb) = if used == Use::Given { (&is, &was, "may now be") } else { (&was, &is, "can no longer be") };
    for kind in narrow.kinds.iter().filter(|kind| !wide.has(kind)) {
        found.push(format!("{at}: {verb} {kind}"));
    }
    if let Some(allowed) = &wide.values {
        match &narrow.values {
            Some(values) => found.extend(values.difference(allowed).map(|value| format!("{at}: {verb} {value}"))),
            None => found.push(format!("{at}: {verb} a value other than {}", allowed.iter().cloned().collect::<Vec<_>>().join(", "))),
        }
    }
    if narrow.min.unwrap_or(f64::MIN) < wide.min.unwrap_or(f64::MIN) {
        found.push(format!("{at}: {verb} less than {}", wide.min.unwrap_or_default()));
    }
    if narrow.max.unwrap_or(f64::MAX) > wide.max.unwrap_or(f64::MAX) {
        found.push(format!("{at}: {verb} more than {}", wide.max.unwrap_or_default()));
    }
    for (name, field) in &was.fields {
        let path = format!("{at}.{name}");
        match is.fields.get(name) {
            None if used == Use::Subscribed => {}
            None => found.push(format!("{path}: removed")),
            Some(now) => {
                if used == Use::Given && was.required.contains(name) && !is.required.contains(name) {
                    found.push(format!("{path}: may now be absent"));
                }
                let inner = |document, schema| Located { document, schema };
                compare(&path, inner(old.document, field), inner(new.document, now), used, depth + 1, found);
            }
        }
    }
    if used != Use::Given {
        found.extend(is.required.difference(&was.required).map(|name| format!("{at}.{name}: is now required")));
        if is.closed && !was.closed {
            found.push(format!("{at}: refuses fields that it does not know"));
        }
    }
    for (step, a, b) in [("[*]", &was.items, &is.items), (".*", &was.rest, &is.rest)] {
        if let (Some(a), Some(b)) = (a, b) {
            let (a, b) = (Located { schema: a, ..old }, Located { schema: b, ..new });
            compare(&format!("{at}{step}"), a, b, used, depth + 1, found);
        }
    }
}

/// The JSON types.
const KINDS: [&str; 7] = ["null", "boolean", "integer", "number", "string", "array", "object"];

/// What a schema says, its references followed and its alternatives put together.
#[derive(Clone, Debug, Default)]
struct Facts {
    kinds: BTreeSet<&'static str>,
    /// The only values, as JSON text; null aside, which is a type of its own here.
    values: Option<BTreeSet<String>>,
    min: Option<f64>,
    max: Option<f64>,
    fields: BTreeMap<String, Value>,
    required: BTreeSet<String>,
    items: Option<Value>,
    rest: Option<Value>,
    closed: bool,
}

impl Facts {
    fn of(at: Located) -> Self {
        Self::within(at, 0).unwrap_or_else(Self::anything)
    }
    fn anything() -> Self {
        Facts { kinds: KINDS.into(), ..Facts::default() }
    }
    fn has(&self, kind: &str) -> bool {
        self.kinds.contains(kind) || (kind == "integer" && self.kinds.contains("number"))
    }

    /// None if the schema says nothing.
    fn within(at: Located, depth: usize) -> Option<Self> {
        if depth > MAX_DEPTH {
            return None;
        }
        let Located { document, schema } = at;
        let arms = |name: &str| schema[name].as_array().into_iter().flatten().map(|schema| Located { document, schema });
        let mut all = Vec::new();
        if let Some(target) = schema["$ref"].as_str().and_then(|r| document.pointer(r.strip_prefix('#')?)) {
            all.extend(Self::within(Located { document, schema: target }, depth + 1));
        }
        all.extend(arms("allOf").filter_map(|arm| Self::within(arm, depth + 1)));
        for name in ["anyOf", "oneOf"] {
            all.extend(arms(name).map(|arm| Self::within(arm, depth + 1).unwrap_or_else(Self::anything)).reduce(Self::or));
        }
        all.extend(Self::own(schema));
        all.into_iter().reduce(Self::and)
    }

    fn own(schema: &Value) -> Option<Self> {
        let values: Option<Vec<&Value>> = match (schema.get("enum"), schema.get("const")) {
            (Some(values), _) => values.as_array().map(|values| values.iter().collect()),
            (None, value) => value.map(|value| vec![value]),
        };
        let named: Vec<&str> = match &schema["type"] {
            Value::String(kind) => vec![kind],
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
            _ => values.iter().flatten().map(|value| kind_of(value)).collect(),
        };
        let mut kinds: BTreeSet<_> = KINDS.into_iter().filter(|kind| named.contains(kind)).collect();
        let fields = schema["properties"].as_object();
        if kinds.is_empty() {
            fields?;
            kinds = KINDS.into();
        }
        let text = |value: &&Value| (!value.is_null()).then(|| value.to_string());
        let limit = |names: [&str; 2]| names.iter().find_map(|name| schema[*name].as_f64());
        Some(Facts {
            kinds,
            values: values.map(|values| values.iter().filter_map(text).collect()),
            min: limit(["minimum", "exclusiveMinimum"]),
            max: limit(["maximum", "exclusiveMaximum"]),
            fields: fields.into_iter().flatten().map(|(name, field)| (name.clone(), field.clone())).collect(),
            required: schema["required"].as_array().into_iter().flatten().filter_map(|name| Some(name.as_str()?.to_owned())).collect(),
            items: schema.get("items").filter(|items| items.is_object()).cloned(),
            rest: schema.get("additionalProperties").filter(|rest| rest.is_object()).cloned(),
            closed: schema["additionalProperties"] == false,
        })
    }

    /// Both hold.
    fn and(self, other: Self) -> Self {
        let kinds = self.kinds.iter().copied().filter(|kind| other.has(kind)).chain(other.kinds.iter().copied().filter(|k| self.has(k)));
        let kinds = kinds.collect();
        let values = match (self.values, other.values) {
            (Some(a), Some(b)) => Some(a.intersection(&b).cloned().collect()),
            (a, b) => a.or(b),
        };
        let mut fields = self.fields;
        fields.extend(other.fields);
        Facts {
            kinds,
            values,
            min: [self.min, other.min].into_iter().flatten().reduce(f64::max),
            max: [self.max, other.max].into_iter().flatten().reduce(f64::min),
            fields,
            required: self.required.union(&other.required).cloned().collect(),
            items: self.items.or(other.items),
            rest: self.rest.or(other.rest),
            closed: self.closed || other.closed,
        }
    }

    /// One of them holds. Beside null the other one counts alone.
    fn or(self, other: Self) -> Self {
        if self.is_null() || other.is_null() {
            let (null, mut kept) = if self.is_null() { (self, other) } else { (other, self) };
            kept.kinds.extend(null.kinds);
            return kept;
        }
        let only = |a: &Facts, b: &Facts| a.kinds.contains("object") && !b.kinds.contains("object");
        let required = if only(&self, &other) {
            self.required
        } else if only(&other, &self) {
            other.required
        } else {
            self.required.intersection(&other.required).cloned().collect()
        };
        let mut fields = other.fields;
        fields.extend(self.fields);
        Facts {
            kinds: self.kinds.union(&other.kinds).copied().collect(),
            values: self.values.zip(other.values).map(|(a, b)| a.union(&b).cloned().collect()),
            min: self.min.zip(other.min).map(|(a, b)| a.min(b)),
            max: self.max.zip(other.max).map(|(a, b)| a.max(b)),
            fields,
            required,
            items: self.items.or(other.items),
            rest: self.rest.or(other.rest),
            closed: self.closed && other.closed,
        }
    }
    fn is_null(&self) -> bool {
        self.kinds.iter().eq(["null"].iter())
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(used: Use, old: Value, new: Value) -> Vec<String> {
        breaks("car.listed", Located { document: &old, schema: &old }, Located { document: &new, schema: &new }, used)
    }
    fn object(properties: Value, required: &[&str]) -> Value {
        json!({"type": "object", "properties": properties, "required": required})
    }

    #[test]
    fn an_added_optional_field_breaks_nobody() {
        let old = object(json!({"id": {"type": "string"}}), &["id"]);
        let new = object(json!({"id": {"type": "string"}, "price": {"type": ["integer", "null"]}}), &["id"]);
        for used in [Use::Accepted, Use::Subscribed, Use::Given] {
            assert_eq!(found(used, old.clone(), new.clone()), [""; 0], "{used:?}");
        }
    }

    #[test]
    fn a_removed_field_breaks_readers_and_senders_but_a_subscriber_may_read_less() {
        let old = object(json!({"car": object(json!({"price": {"type": "integer"}}), &["price"])}), &["car"]);
        let new = object(json!({"car": object(json!({}), &[])}), &["car"]);
        assert_eq!(found(Use::Given, old.clone(), new.clone()), ["car.listed.car.price: removed"]);
        assert_eq!(found(Use::Accepted, old.clone(), new.clone()), ["car.listed.car.price: removed"]);
        assert_eq!(found(Use::Subscribed, old, new), [""; 0]);
    }

    #[test]
    fn a_field_that_becomes_required_breaks_senders_and_one_that_may_be_absent_breaks_readers() {
        let (optional, required) = (object(json!({"id": {}}), &[]), object(json!({"id": {}}), &["id"]));
        assert_eq!(found(Use::Accepted, optional.clone(), required.clone()), ["car.listed.id: is now required"]);
        assert_eq!(found(Use::Subscribed, optional.clone(), required.clone()), ["car.listed.id: is now required"]);
        assert_eq!(found(Use::Given, optional.clone(), required.clone()), [""; 0]);
        assert_eq!(found(Use::Given, required.clone(), optional.clone()), ["car.listed.id: may now be absent"]);
        assert_eq!(found(Use::Accepted, required, optional), [""; 0]);
        let added = object(json!({"id": {}, "at": {}}), &["at"]);
        assert_eq!(found(Use::Accepted, object(json!({"id": {}}), &[]), added), ["car.listed.at: is now required"]);
    }

    #[test]
    fn a_type_may_widen_where_it_is_read_and_narrow_where_it_is_written() {
        let (integer, number, text) = (json!({"type": "integer"}), json!({"type": "number"}), json!({"type": "string"}));
        assert_eq!(found(Use::Accepted, integer.clone(), number.clone()), [""; 0]);
        assert_eq!(found(Use::Given, integer.clone(), number.clone()), ["car.listed: may now be number"]);
        assert_eq!(found(Use::Given, number.clone(), integer.clone()), [""; 0]);
        assert_eq!(found(Use::Accepted, number, integer.clone()), ["car.listed: can no longer be number"]);
        assert_eq!(found(Use::Accepted, integer.clone(), text.clone()), ["car.listed: can no longer be integer"]);
        assert_eq!(found(Use::Given, integer, text), ["car.listed: may now be string"]);
        let (byte, short) =
            (json!({"type": "integer", "minimum": 0, "maximum": 255}), json!({"type": "integer", "minimum": -1, "maximum": 300}));
        assert_eq!(found(Use::Accepted, byte.clone(), short.clone()), [""; 0]);
        assert_eq!(found(Use::Given, byte, short), ["car.listed: may now be less than 0", "car.listed: may now be more than 255"]);
    }

    #[test]
    fn values_of_an_enum_may_be_added_where_they_are_read_only() {
        let (few, more) = (json!({"enum": ["a"]}), json!({"oneOf": [{"const": "a"}, {"const": "b"}]}));
        assert_eq!(found(Use::Accepted, few.clone(), more.clone()), [""; 0]);
        assert_eq!(found(Use::Given, few.clone(), more.clone()), [r#"car.listed: may now be "b""#]);
        assert_eq!(found(Use::Accepted, more, few.clone()), [r#"car.listed: can no longer be "b""#]);
        assert_eq!(found(Use::Accepted, json!({"type": "string"}), few), [r#"car.listed: can no longer be a value other than "a""#]);
    }

    #[test]
    fn references_lists_maps_and_nullable_types_are_followed() {
        let document = |kind: &str| {
            json!({
                "type": "object",
                "properties": {
                    "one": {"oneOf": [{"type": "null"}, {"$ref": "#/$defs/Item"}]},
                    "many": {"type": "array", "items": {"$ref": "#/$defs/Item"}},
                    "by_name": {"type": "object", "additionalProperties": {"allOf": [{"$ref": "#/$defs/Item"}]}},
                    "itself": {"$ref": "#"},
                },
                "$defs": {"Item": {"type": "object", "properties": {"n": {"type": kind}}}},
            })
        };
        let found = found(Use::Given, document("integer"), document("string"));
        for path in ["car.listed.one.n", "car.listed.many[*].n", "car.listed.by_name.*.n", "car.listed.itself.one.n"] {
            assert!(found.contains(&format!("{path}: may now be string")), "{path}: {found:?}");
        }
        assert_eq!(
            super::breaks(
                "x",
                Located { document: &json!({}), schema: &json!(true) },
                Located { document: &json!({}), schema: &json!({}) },
                Use::Given
            ),
            [""; 0]
        );
    }

    #[test]
    fn a_value_that_may_no_longer_be_null_breaks_senders_and_one_that_may_now_be_breaks_readers() {
        let (text, nullable) = (json!({"type": "string"}), json!({"type": ["string", "null"]}));
        assert_eq!(found(Use::Accepted, nullable.clone(), text.clone()), ["car.listed: can no longer be null"]);
        assert_eq!(found(Use::Given, text, nullable), ["car.listed: may now be null"]);
    }
}
