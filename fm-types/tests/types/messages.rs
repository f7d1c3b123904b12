//! What arrives is read, and what is read is written again.

use crate::{
    generator::own_messages,
    published::documents,
    sample::{Fields, sample},
};
use fm_sdk::{
    Call, Command, Event,
    serde::{Serialize, de::DeserializeOwned},
};
use fm_types::cars;
use serde_json::Value;
use std::collections::BTreeSet;

/// [`again`] of some type.
type Read = fn(&Value) -> serde_json::Result<Value>;

/// Reads a value as a type, and gives what that writes.
pub fn again<T: Serialize + DeserializeOwned>(value: &Value) -> serde_json::Result<Value> {
    serde_json::to_value(serde_json::from_value::<T>(value.clone())?)
}

/// Every message: its name, its body, the reply to it.
fn types() -> Vec<(&'static str, Read, Option<Read>)> {
    fn event<M: Event>() -> (&'static str, Read, Option<Read>) {
        (M::NAME, again::<M>, None)
    }
    fn command<M: Command>() -> (&'static str, Read, Option<Read>) {
        (M::AT, again::<M>, None)
    }
    fn call<M: Call>() -> (&'static str, Read, Option<Read>) {
        (M::AT, again::<M>, Some(again::<M::Reply>))
    }
    vec![
        event::<cars::CarChanged>(),
        event::<cars::CarDrafted>(),
        event::<cars::CarExpiring>(),
        event::<cars::CarListed>(),
        event::<cars::CarPriceChanged>(),
        event::<cars::CarRemoved>(),
        event::<cars::CarSold>(),
        event::<cars::UserDeleted>(),
        command::<cars::DeleteAll>(),
        call::<cars::AttachImages>(),
        call::<cars::CarText>(),
        call::<cars::FindPlace>(),
        call::<cars::ImagesAttached>(),
        call::<cars::MayEdit>(),
        call::<cars::OrderImages>(),
        call::<cars::RemoveImage>(),
        call::<cars::ShowCar>(),
    ]
}

/// Nothing, where there was nothing or `null`.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            fields.into_iter().filter(|(_, field)| !field.is_null()).map(|(name, field)| (name, without_nulls(field))).collect()
        }
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        scalar => scalar,
    }
}

#[test]
fn every_message_of_the_schemas_is_read_and_written_again() {
    let types = types();
    let mut described = 0;
    for (service, document) in documents() {
        for message in own_messages(&document, &service) {
            let (name, body, reply) =
                types.iter().find(|(name, ..)| *name == message.name).unwrap_or_else(|| panic!("add {}", message.name));
            let schemas = [(Some(*body), Some(message.payload)), (*reply, message.reply)];
            for (read, schema) in schemas.into_iter().filter_map(|(read, schema)| read.zip(schema)) {
                let value = |fields| sample(schema, &document, fields);
                assert_eq!(read(&value(Fields::All)).unwrap(), value(Fields::All), "{name}");
                assert_eq!(read(&value(Fields::Newer)).unwrap(), value(Fields::All), "{name}, of a newer owner");
                assert_eq!(read(&value(Fields::Required)).unwrap(), value(Fields::Required), "{name}, without optional fields");
            }
            described += 1;
        }
    }
    assert_eq!(described, types.len(), "a type whose message is gone");
}

#[test]
fn every_message_that_was_sent_once_is_read() {
    let types = types();
    let mut unheard: BTreeSet<_> = types.iter().map(|(name, ..)| *name).collect();
    // As the services sent them when these were recorded; `null` may be left out.
    for message in serde_json::from_str::<Vec<Value>>(include_str!("../messages.json")).unwrap() {
        let (name, body, reply) = types.iter().find(|(name, ..)| message["name"] == **name).expect("no message goes");
        assert_eq!(body(&message["body"]).unwrap(), without_nulls(message["body"].clone()), "{name}");
        if let Some(reply) = reply {
            assert_eq!(reply(&message["reply"]).unwrap(), without_nulls(message["reply"].clone()), "the reply to {name}");
        }
        unheard.remove(name);
    }
    assert!(unheard.is_empty(), "no message was recorded of {unheard:?}");
}

#[test]
fn a_message_without_a_required_field_is_refused() {
    let car = serde_json::json!({"car": {"id": "c", "title": "BMW", "price": 1}});
    let refused = again::<cars::CarListed>(&car).unwrap_err().to_string();
    assert!(refused.contains("missing field"), "{refused}");
}
