//! JSON Schema of the types that travel, read off their own deserialization.

mod reader;
mod shape;

use reader::Passes;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The JSON Schema (draft 7, as AsyncAPI has it) of what `T` reads.
///
/// The type is let read samples: which fields it asks for and of which types shows their schema, and what it refuses without a field, or
/// with one more, shows what is required and whether others may be added. So the schema cannot differ from the code, and a type needs
/// no further derive. A `serde_json::Value` stays open. Of a type that refuses all samples (untagged and internally tagged enums, structs
/// with flattened fields, numbers with rules of their own) the schema is what was seen until then, and says so in its `$comment`.
pub(crate) fn of<T: DeserializeOwned>() -> Value {
    let mut passes = Passes::default();
    let mut refused = passes.run::<T>();
    let mut shape = passes.shape;
    let sample = shape.sample();
    let read = |value: &Value| serde_json::from_str::<T>(&value.to_string());
    if refused.is_none() {
        refused = read(&sample).err().map(|e| e.to_string());
    }
    if refused.is_none() {
        shape.find_required(&sample, "", &|value| read(value).is_ok());
    }
    let mut schema = shape.schema();
    if let (Some(why), Some(fields)) = (refused, schema.as_object_mut()) {
        fields.insert("$comment".into(), format!("incomplete: the type refuses every sample ({why})").into());
    }
    schema
}

#[cfg(test)]
mod tests;
