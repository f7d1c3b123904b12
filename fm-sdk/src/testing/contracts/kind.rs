//! The types of JSON, with integers apart from other numbers as Pact has them.

use serde_json::{Value, json};
use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Null,
    Boolean,
    Integer,
    Decimal,
    Text,
    Array,
    Object,
}

impl Kind {
    pub const ALL: [Kind; 7] = [Kind::Null, Kind::Boolean, Kind::Integer, Kind::Decimal, Kind::Text, Kind::Array, Kind::Object];

    pub fn of(value: &Value) -> Self {
        match value {
            Value::Null => Kind::Null,
            Value::Bool(_) => Kind::Boolean,
            Value::Number(n) if n.is_f64() => Kind::Decimal,
            Value::Number(_) => Kind::Integer,
            Value::String(_) => Kind::Text,
            Value::Array(_) => Kind::Array,
            Value::Object(_) => Kind::Object,
        }
    }
    /// A value of this type that stands for all of them.
    pub fn example(self) -> Value {
        match self {
            Kind::Null => Value::Null,
            Kind::Boolean => json!(true),
            Kind::Integer => json!(1),
            Kind::Decimal => json!(1.5),
            Kind::Text => json!("text"),
            Kind::Array => json!([]),
            Kind::Object => json!({}),
        }
    }
    pub fn is_container(self) -> bool {
        matches!(self, Kind::Array | Kind::Object)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Null => "null",
            Kind::Boolean => "boolean",
            Kind::Integer => "integer",
            Kind::Decimal => "decimal",
            Kind::Text => "string",
            Kind::Array => "array",
            Kind::Object => "object",
        })
    }
}
