//! JSON as BSON and back. MongoDB gives dots and dollars in keys a meaning, so they are stored escaped like in a URL.

use crate::{Error, Kind, Result, store::Stored};
use mongodb::bson::{Bson, Document};
use serde_json::{Map, Number, Value};
use std::borrow::Cow;

pub(super) fn to_bson(value: &Value) -> Bson {
    match value {
        Value::Null => Bson::Null,
        Value::Bool(b) => Bson::Boolean(*b),
        Value::Number(n) => n.as_i64().map_or_else(|| Bson::Double(n.as_f64().unwrap_or(f64::NAN)), Bson::Int64),
        Value::String(s) => Bson::String(s.clone()),
        Value::Array(list) => Bson::Array(list.iter().map(to_bson).collect()),
        Value::Object(fields) => Bson::Document(fields.iter().map(|(name, v)| (escaped(name).into_owned(), to_bson(v))).collect()),
    }
}

pub(super) fn from_bson(value: Bson) -> Result<Value> {
    Ok(match value {
        Bson::Null => Value::Null,
        Bson::Boolean(b) => Value::Bool(b),
        Bson::Int32(n) => n.into(),
        Bson::Int64(n) => n.into(),
        Bson::Double(n) => Number::from_f64(n).map_or(Value::Null, Value::Number),
        Bson::String(s) => Value::String(s),
        Bson::Array(list) => Value::Array(list.into_iter().map(from_bson).collect::<Result<_>>()?),
        Bson::Document(fields) => {
            let fields = fields.into_iter().map(|(name, v)| Ok((plain(name), from_bson(v)?)));
            Value::Object(fields.collect::<Result<Map<_, _>>>()?)
        }
        other => return Err(foreign(&format!("a value of type {:?}", other.element_type()))),
    })
}

/// Reads `{_id, v, d}`.
pub(super) fn stored(mut document: Document, seen: bool) -> Result<Stored> {
    let Some(Bson::String(id)) = document.remove("_id") else { return Err(foreign("an id that is no text")) };
    let version = document.get_i64("v").map_err(|_| foreign("a document without version"))?;
    Ok(Stored { id, version, body: document.remove("d").map(from_bson).transpose()?, seen })
}

/// The store is ours alone; somebody else has written into it.
pub(super) fn foreign(what: &str) -> Error {
    Error::new(Kind::Internal, "foreign-document", format!("the store has {what}, which the SDK has not written"))
}

fn escaped(key: &str) -> Cow<'_, str> {
    if !key.contains(['%', '.', '$']) {
        return key.into();
    }
    key.replace('%', "%25").replace('.', "%2E").replace('$', "%24").into()
}
fn plain(key: String) -> String {
    if !key.contains('%') {
        return key;
    }
    key.replace("%24", "$").replace("%2E", ".").replace("%25", "%")
}
