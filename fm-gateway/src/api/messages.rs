//! Makes one AsyncAPI document of many.

use super::merge::{absorb, redirect};
use serde_json::{Map, Value, json};

/// Merges the documents of services, given in order. Channels of one name become one, with the messages of all; an operation is named by its
/// service and its own name. Components are merged as those of OpenAPI documents are.
pub fn merge<'d>(documents: impl IntoIterator<Item = (&'d str, &'d Value)>) -> Value {
    let (mut channels, mut operations, mut components) = (Map::new(), Map::new(), Map::new());
    for (service, document) in documents.into_iter().filter(|(_, document)| document["asyncapi"].is_string()) {
        let mut document = absorb(&mut components, service, document);
        rename_messages(&mut document);
        for (name, channel) in document["channels"].as_object().into_iter().flatten() {
            let all = channels.entry(name.clone()).or_insert_with(|| channel.clone());
            let own = channel["messages"].as_object().into_iter().flatten();
            if let Some(all) = all.get_mut("messages").and_then(Value::as_object_mut) {
                for (name, message) in own {
                    all.entry(name.clone()).or_insert_with(|| message.clone());
                }
            }
        }
        for (name, operation) in document["operations"].as_object().into_iter().flatten().filter(|(_, o)| o.is_object()) {
            let mut operation = operation.clone();
            operation["x-service"] = service.into();
            operations.insert(format!("{service}/{name}"), operation);
        }
    }
    json!({
        "asyncapi": "3.0.0",
        "info": {"title": "Funny Market", "version": "1", "description": "What all services of the market say on the bus."},
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": components,
    })
}

/// Gives the messages of channels the names of the components that they are, which may have got others.
fn rename_messages(document: &mut Value) {
    let mut moved = Vec::new();
    for (channel, item) in document.get_mut("channels").and_then(Value::as_object_mut).into_iter().flatten() {
        let Some(messages) = item.get_mut("messages").and_then(Value::as_object_mut) else { continue };
        let renamed = std::mem::take(messages).into_iter().map(|(name, message)| {
            let component = message["$ref"].as_str().and_then(|target| target.strip_prefix("#/components/messages/"));
            let new = component.map_or_else(|| name.clone(), str::to_owned);
            if new != name {
                moved.push((format!("#/channels/{channel}/messages/{name}"), format!("#/channels/{channel}/messages/{new}")));
            }
            (new, message)
        });
        *messages = renamed.collect();
    }
    for (old, new) in moved {
        redirect(document, &old, &new);
    }
}

/// Notes on the operations of services that are unreachable that nobody does them now.
pub fn mark_away(merged: &mut Value, is_away: impl Fn(&str) -> bool) {
    for operation in merged["operations"].as_object_mut().into_iter().flat_map(|all| all.values_mut()) {
        if operation["x-service"].as_str().is_some_and(&is_away) {
            operation["x-unavailable"] = true.into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(verb: &str, fields: Value) -> Value {
        json!({
            "asyncapi": "3.0.0",
            "channels": {"car.listed": {"address": "car.listed", "messages": {"car.listed": {"$ref": "#/components/messages/car.listed"}}}},
            "operations": {format!("{verb}.car.listed"): {
                "channel": {"$ref": "#/channels/car.listed"}, "messages": [{"$ref": "#/channels/car.listed/messages/car.listed"}],
            }},
            "components": {
                "messages": {"car.listed": {"name": "car.listed", "payload": {"$ref": "#/components/schemas/CarListed"}}},
                "schemas": {"CarListed": {"type": "object", "properties": fields}},
            },
        })
    }

    fn payload<'a>(all: &'a Value, operation: &str) -> &'a Value {
        let follow = |value: &Value| all.pointer(&value["$ref"].as_str().unwrap()[1..]).unwrap();
        follow(&follow(follow(&all["operations"][operation]["messages"][0]))["payload"])
    }

    #[test]
    fn each_service_keeps_its_own_view_of_a_message() {
        let (sent, read) = (document("publish", json!({"id": {}, "price": {}})), document("subscribe", json!({"id": {}})));
        let all = merge([("fm-cars", &sent), ("fm-tracker", &read)]);
        assert_eq!(payload(&all, "fm-cars/publish.car.listed")["properties"], json!({"id": {}, "price": {}}));
        assert_eq!(payload(&all, "fm-tracker/subscribe.car.listed")["properties"], json!({"id": {}}));
        assert_eq!(all["channels"]["car.listed"]["messages"].as_object().unwrap().len(), 2);
        assert_eq!(all["operations"]["fm-tracker/subscribe.car.listed"]["x-service"], "fm-tracker");
    }

    #[test]
    fn equal_views_are_one_and_operations_of_services_that_left_are_marked() {
        let (sent, read) = (document("publish", json!({"id": {}})), document("subscribe", json!({"id": {}})));
        let mut all = merge([("fm-cars", &sent), ("fm-tracker", &read)]);
        assert_eq!(all["channels"]["car.listed"]["messages"].as_object().unwrap().len(), 1);
        mark_away(&mut all, |service| service == "fm-cars");
        assert_eq!(all["operations"]["fm-cars/publish.car.listed"]["x-unavailable"], true);
        assert_eq!(all["operations"]["fm-tracker/subscribe.car.listed"].get("x-unavailable"), None);
    }

    #[test]
    fn an_invalid_asyncapi_document_is_ignored() {
        let odd = [
            json!(null),
            json!({"paths": {}}),
            json!({"asyncapi": "3.0.0", "channels": 7, "operations": {"a": 7}, "components": {"messages": 7}}),
        ];
        let all = merge(odd.iter().map(|document| ("fm-a", document)));
        assert_eq!((&all["channels"], &all["operations"]), (&json!({}), &json!({})));
    }
}
