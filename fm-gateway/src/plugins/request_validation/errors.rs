//! What is wrong with a value, field by field, as services say it: without the value itself.

use fm_sdk::FieldError;
use jsonschema::{ValidationError, Validator, error::ValidationErrorKind};
use serde_json::Value;

/// More are not told.
const MAX_ERRORS: usize = 20;
/// Characters of a message.
const MAX_MESSAGE: usize = 200;

/// Adds what a validator says of a value; `root` is its own name.
pub fn of(validator: &Validator, value: &Value, root: &str, errors: &mut Vec<FieldError>) {
    let room = MAX_ERRORS.saturating_sub(errors.len());
    errors.extend(
        validator.iter_errors(value).take(room).map(|error| FieldError { field: field(&error, value, root), message: message(&error) }),
    );
}

fn field(error: &ValidationError<'_>, value: &Value, root: &str) -> String {
    let mut name = name_of(error.instance_path().as_str(), value, root);
    let missing = match error.kind() {
        ValidationErrorKind::Required { property } => property.as_str(),
        ValidationErrorKind::AdditionalProperties { unexpected } | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            unexpected.first().map(String::as_str)
        }
        _ => None,
    };
    if let Some(missing) = missing {
        push(&mut name, missing);
    }
    name
}

/// The name of a place as clients write it: `/images/2/key` is `images[2].key`.
fn name_of(pointer: &str, value: &Value, root: &str) -> String {
    let (mut name, mut at) = (root.to_owned(), Some(value));
    for part in pointer.split('/').skip(1) {
        let part = part.replace("~1", "/").replace("~0", "~");
        match at {
            Some(Value::Array(items)) => {
                name.push_str(&format!("[{part}]"));
                at = part.parse::<usize>().ok().and_then(|n| items.get(n));
            }
            _ => {
                push(&mut name, &part);
                at = at.and_then(|value| value.get(&part));
            }
        }
    }
    name
}

fn push(name: &mut String, part: &str) {
    if !name.is_empty() {
        name.push('.');
    }
    name.push_str(part);
}

/// A value may be a secret, so it is not repeated.
fn message(error: &ValidationError<'_>) -> String {
    let message = match error.kind() {
        ValidationErrorKind::Required { .. } => "is required".to_owned(),
        ValidationErrorKind::AdditionalProperties { .. } | ValidationErrorKind::UnevaluatedProperties { .. } => "is not known".to_owned(),
        _ => error.masked_with("it").to_string(),
    };
    match message.char_indices().nth(MAX_MESSAGE) {
        Some((end, _)) => format!("{}...", &message[..end]),
        None => message,
    }
}
