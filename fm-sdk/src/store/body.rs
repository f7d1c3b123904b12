//! What every driver keeps alike: checked before it reaches one, so that a service behaves the same on all of them.

use super::{Guard, Test, Write};
use crate::{Error, Kind, Result};
use serde_json::Value;

/// Levels of nesting that MongoDB stores (its manual, "Limits and thresholds") and `serde_json` reads again.
const DEPTH: usize = 90;

impl Write {
    /// Refuses what not every driver could give back as it was, and leaves out what is `null`: a missing value and `null` are the same.
    pub(super) fn checked(mut self) -> Result<Self> {
        collection_name(self.collection)?;
        if matches!(self.guard, Guard::Version(v) if v >= self.version) {
            let text = format!("{}/{}: a version must grow", self.collection, self.id);
            return Err(Error::new(Kind::Internal, "version-not-greater", text));
        }
        match &mut self.body {
            None => {}
            Some(Value::Object(fields)) => {
                fields.retain(|_, v| !v.is_null());
                for (name, value) in fields {
                    key(name)?;
                    check(name, value, DEPTH)?;
                }
            }
            Some(_) => {
                return Err(Error::new(Kind::Internal, "not-an-object", format!("{}: a document must be a JSON object", self.collection)));
            }
        }
        Ok(self)
    }
}

impl Test {
    /// Refuses values that no stored document can have.
    pub(super) fn check(&self) -> Result<()> {
        match self {
            Test::Eq(path, v) | Test::Ne(path, v) | Test::Contains(path, v) => {
                field_name(path)?;
                check(path, v, DEPTH)
            }
            Test::OneOf(path, list) => {
                field_name(path)?;
                list.iter().try_for_each(|v| check(path, v, DEPTH))
            }
            Test::Between(path, from, to) => {
                field_name(path)?;
                from.iter().chain(to).try_for_each(|v| check(path, v, DEPTH))
            }
            Test::Exists(path, _) => field_name(path),
            Test::And(list) | Test::Or(list) => list.iter().try_for_each(Test::check),
        }
    }
}

/// Lower case letters, digits, underscores: safe as a part of any database's table and index names.
pub(super) fn collection_name(name: &str) -> Result<()> {
    let fits = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if fits { Ok(()) } else { Err(Error::new(Kind::Internal, "collection-name", format!("`{name}` cannot name a collection"))) }
}

/// A Rust field's name.
pub(super) fn field_name(name: &str) -> Result<()> {
    let fits = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if fits { Ok(()) } else { Err(Error::new(Kind::Internal, "field-name", format!("`{name}` cannot be searched by"))) }
}

fn key(name: &str) -> Result<()> {
    if name.contains('\0') { Err(refused("key-unstorable", name, "a key must not contain the character NUL")) } else { Ok(()) }
}

fn check(path: &str, value: &Value, depth: usize) -> Result<()> {
    match value {
        Value::Number(n) if n.as_i64().is_none() && n.is_u64() => {
            Err(refused("number-too-large", path, &format!("numbers end at {}", i64::MAX)))
        }
        Value::Array(_) | Value::Object(_) if depth == 0 => {
            Err(refused("nested-too-deeply", path, &format!("nesting ends at {DEPTH} levels")))
        }
        Value::Array(list) => list.iter().try_for_each(|v| check(path, v, depth - 1)),
        Value::Object(fields) => fields.iter().try_for_each(|(name, v)| {
            key(name)?;
            check(path, v, depth - 1)
        }),
        _ => Ok(()),
    }
}

fn refused(code: &'static str, path: &str, why: &str) -> Error {
    Error::new(Kind::Invalid, code, format!("{path}: {why}"))
        .with_fields(vec![crate::FieldError { field: path.into(), message: why.into() }])
        .permanent()
}
