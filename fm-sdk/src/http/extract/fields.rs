//! Finds the field of a value that serde could not read, and says what is wrong with it.

use crate::{Error, FieldError, Kind};
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;
use std::fmt::Display;

/// Reads a value; an error is `malformed` and names the field.
pub(super) fn read<'de, T: DeserializeOwned, D: serde::Deserializer<'de>>(from: D, what: &str) -> Result<T, Error>
where
    D::Error: Display,
{
    serde_path_to_error::deserialize(from).map_err(|e| {
        let mut field = String::new();
        for segment in e.path() {
            match segment {
                Segment::Seq { index } => field.push_str(&format!("[{index}]")),
                Segment::Map { key } | Segment::Enum { variant: key } => {
                    if !field.is_empty() {
                        field.push('.');
                    }
                    field.push_str(key);
                }
                Segment::Unknown => {}
            }
        }
        let message = e.inner().to_string();
        let (field, message) = named(field, sentence(&message));
        malformed(what, field, message)
    })
}

/// Makes the 400 for one field; for the whole when `field` is empty.
pub(super) fn malformed(what: &str, field: String, message: String) -> Error {
    let text = if field.is_empty() { format!("{what}: {message}") } else { format!("{what}: {field}: {message}") };
    let fields = if field.is_empty() { Vec::new() } else { vec![FieldError { field, message }] };
    Error::new(Kind::Malformed, "malformed", text).with_fields(fields)
}

/// serde names a missing or unknown field only in its message; the path ends above it.
fn named(mut field: String, message: String) -> (String, String) {
    for (start, says) in [("missing field `", "is required"), ("unknown field `", "is not known"), ("duplicate field `", "is given twice")]
    {
        if let Some((name, _)) = message.strip_prefix(start).and_then(|rest| rest.split_once('`')) {
            let last = field.rsplit('.').next().unwrap_or_default();
            if last != name {
                if !field.is_empty() {
                    field.push('.');
                }
                field.push_str(name);
            }
            return (field, says.into());
        }
    }
    (field, message)
}

/// Takes out what only makes sense to a program: line and column, and Rust's words for things.
fn sentence(message: &str) -> String {
    let message = match message.rfind(" at line ") {
        Some(at) => &message[..at],
        None => message,
    };
    match message {
        "unsupported value" => "is given more than once".into(),
        "invalid digit found in string" | "cannot parse integer from empty string" => "must be a whole number".into(),
        "number too large to fit in target type" => "is too large".into(),
        "number too small to fit in target type" => "is too small".into(),
        "invalid float literal" => "must be a number".into(),
        "provided string was not `true` or `false`" => "must be true or false".into(),
        other => other.into(),
    }
}
