//! What is wrong with a value, field by field, as services say it: without the value itself.

use boon::{ErrorKind, InstanceToken, SchemaIndex, Schemas, ValidationError};
use fm_sdk::FieldError;
use serde_json::Value;

/// More are not told.
const MAX_ERRORS: usize = 20;
/// Characters of a message.
const MAX_MESSAGE: usize = 200;

/// Adds what is wrong with a value; `root` is its own name.
pub fn of(schemas: &Schemas, schema: SchemaIndex, value: &Value, root: &str, errors: &mut Vec<FieldError>) {
    if let Err(error) = schemas.validate(value, schema) {
        let mut found = Vec::new();
        collect(&error, root, &mut found);
        errors.extend(found.into_iter().map(|(_, error)| error).take(MAX_ERRORS.saturating_sub(errors.len())));
    }
}

/// Gathers errors, each with how deep it lies in the value.
fn collect(error: &ValidationError<'_, '_>, root: &str, found: &mut Vec<(usize, FieldError)>) {
    let tokens = &error.instance_location.tokens;
    let mut push = |below: Option<&str>, message: String| {
        found.push((
            tokens.len() + usize::from(below.is_some()),
            FieldError { field: name_of(root, tokens, below), message: shortened(message) },
        ));
    };
    match &error.kind {
        ErrorKind::Required { want } => want.iter().for_each(|name| push(Some(name), "is required".into())),
        ErrorKind::AdditionalProperties { got } => got.iter().for_each(|name| push(Some(name), "is not known".into())),
        ErrorKind::AnyOf | ErrorKind::OneOf(None) => {
            // Of several possibilities the one is meant that fits for the most part.
            let mut all = Vec::new();
            error.causes.iter().for_each(|cause| collect(cause, root, &mut all));
            let deepest = all.iter().map(|(depth, _)| *depth).max().unwrap_or_default();
            if deepest > tokens.len() {
                found.extend(all.into_iter().filter(|(depth, _)| *depth == deepest));
            } else {
                push(None, "fits none of what is allowed here".into());
            }
        }
        _ if !error.causes.is_empty() => error.causes.iter().for_each(|cause| collect(cause, root, found)),
        kind => push(None, message(kind)),
    }
}

/// The name of a place as clients write it: `images[2].key`.
fn name_of(root: &str, tokens: &[InstanceToken<'_>], below: Option<&str>) -> String {
    let mut name = root.to_owned();
    for token in tokens {
        match token {
            InstanceToken::Prop(part) => push(&mut name, part),
            InstanceToken::Item(at) => name.push_str(&format!("[{at}]")),
        }
    }
    if let Some(part) = below {
        push(&mut name, part);
    }
    name
}

fn push(name: &mut String, part: &str) {
    if !name.is_empty() {
        name.push('.');
    }
    name.push_str(part);
}

/// What a keyword asks for. A value may be a secret, so it is not repeated.
fn message(kind: &ErrorKind<'_, '_>) -> String {
    match kind {
        ErrorKind::Type { got, want } => {
            let want: Vec<String> = want.iter().map(|one| one.to_string()).collect();
            format!("must be {}, not {got}", want.join(" or "))
        }
        ErrorKind::Enum { want } => {
            let want: Vec<String> = want.iter().map(Value::to_string).collect();
            format!("must be one of {}", want.join(", "))
        }
        ErrorKind::Const { want } => format!("must be {want}"),
        ErrorKind::Minimum { want, .. } => format!("must be at least {want}"),
        ErrorKind::Maximum { want, .. } => format!("must be at most {want}"),
        ErrorKind::ExclusiveMinimum { want, .. } => format!("must be more than {want}"),
        ErrorKind::ExclusiveMaximum { want, .. } => format!("must be less than {want}"),
        ErrorKind::MultipleOf { want, .. } => format!("must be a multiple of {want}"),
        ErrorKind::MinLength { want, .. } => format!("must have at least {want} characters"),
        ErrorKind::MaxLength { want, .. } => format!("must have at most {want} characters"),
        ErrorKind::MinItems { want, .. } => format!("must have at least {want} items"),
        ErrorKind::MaxItems { want, .. } => format!("must have at most {want} items"),
        ErrorKind::MinProperties { want, .. } => format!("must have at least {want} fields"),
        ErrorKind::MaxProperties { want, .. } => format!("must have at most {want} fields"),
        ErrorKind::UniqueItems { .. } => "must have no item twice".into(),
        ErrorKind::Pattern { want, .. } => format!("must match {want}"),
        ErrorKind::OneOf(Some(_)) => "fits more than one of what is allowed here".into(),
        _ => "is not what is allowed here".into(),
    }
}

fn shortened(message: String) -> String {
    match message.char_indices().nth(MAX_MESSAGE) {
        Some((end, _)) => format!("{}...", &message[..end]),
        None => message,
    }
}
