//! Makes one OpenAPI document of many.

use super::problems;
use fm_sdk::http::problem;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Merges the documents of services, given in order. A path or component that two of them have stays the first one's, unless components
/// of one name differ: then the later service's gets its name as prefix.
pub fn merge<'d>(documents: impl IntoIterator<Item = (&'d str, &'d Value)>) -> Value {
    let (mut paths, mut components, mut tags) = (Map::new(), Map::new(), Vec::new());
    components.insert("schemas".into(), json!({"Problem": problem::schema()}));
    for (service, document) in documents {
        let document = absorb(&mut components, service, document);
        for (path, item) in document["paths"].as_object().into_iter().flatten() {
            let all = paths.entry(path.clone()).or_insert_with(|| json!({}));
            for (method, operation) in item.as_object().into_iter().flatten() {
                let mut operation = operation.clone();
                if operation.is_object() && method != "parameters" {
                    operation["x-service"] = service.into();
                    problems::describe(&mut operation);
                    if operation.get("tags").is_none() {
                        operation["tags"] = json!([service]);
                    }
                }
                if let Some(all) = all.as_object_mut() {
                    all.entry(method.clone()).or_insert(operation);
                }
            }
        }
        let about = document["info"]["description"].as_str().unwrap_or_default();
        tags.push(json!({"name": service, "description": about}));
    }
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Funny Market", "version": "1", "description": "What all services of the market answer, through its gateway."},
        "servers": [{"url": "/"}],
        "tags": tags,
        "paths": paths,
        "components": components,
    })
}

/// Notes on the operations of services that are unreachable that nobody answers them now.
pub fn mark_away(merged: &mut Value, is_away: impl Fn(&str) -> bool) {
    let items = merged["paths"].as_object_mut().into_iter().flat_map(|paths| paths.values_mut());
    for operation in items.filter_map(Value::as_object_mut).flat_map(|item| item.values_mut()) {
        if operation["x-service"].as_str().is_some_and(&is_away) {
            operation["x-unavailable"] = true.into();
        }
    }
}

/// Adds the components of a document, and gives the document with its references to those that got another name: the service's as prefix,
/// where another one has the name.
pub fn absorb(components: &mut Map<String, Value>, service: &str, document: &Value) -> Value {
    let mut document = document.clone();
    let mut renamed: BTreeSet<(String, String)> = BTreeSet::new();
    // Again after each round: components that read alike differ when they refer to different ones.
    loop {
        let mut found = Vec::new();
        for (kind, own) in document["components"].as_object().into_iter().flatten() {
            for (name, component) in own.as_object().into_iter().flatten() {
                let there = components.get(kind).and_then(|all| all.get(name));
                let id = (kind.clone(), name.clone());
                if there.is_some_and(|there| there != component) && !renamed.contains(&id) {
                    found.push(id);
                }
            }
        }
        if found.is_empty() {
            break;
        }
        for (kind, name) in found {
            redirect(&mut document, &format!("#/components/{kind}/{name}"), &format!("#/components/{kind}/{service}.{name}"));
            renamed.insert((kind, name));
        }
    }
    for (kind, own) in document["components"].as_object().into_iter().flatten() {
        let Some(own) = own.as_object() else { continue };
        let all = components.entry(kind.clone()).or_insert_with(|| json!({}));
        for (name, component) in own {
            let moved = renamed.contains(&(kind.clone(), name.clone()));
            let name = if moved { format!("{service}.{name}") } else { name.clone() };
            if let Some(all) = all.as_object_mut() {
                all.entry(name).or_insert_with(|| component.clone());
            }
        }
    }
    document
}

/// Changes each reference to `old` into one to `new`.
pub fn redirect(value: &mut Value, old: &str, new: &str) {
    match value {
        Value::Object(fields) => {
            if fields.get("$ref").is_some_and(|r| r == old) {
                fields.insert("$ref".into(), new.into());
            }
            fields.values_mut().for_each(|field| redirect(field, old, new));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| redirect(item, old, new)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_components_of_all_are_there() {
        let a = json!({"paths": {"/a": {"get": {"summary": "A"}}}, "components": {"schemas": {"P": {"type": "object"}}}});
        let b = json!({"paths": {"/b": {"get": {}}, "/a": {"post": {}}}, "components": {"schemas": {"P": {"type": "object"}, "Q": {}}}});
        let all = merge([("fm-a", &a), ("fm-b", &b)]);
        assert_eq!(all["paths"]["/a"]["get"]["x-service"], "fm-a");
        assert_eq!(all["paths"]["/a"]["post"]["x-service"], "fm-b");
        let schemas: Vec<_> = all["components"]["schemas"].as_object().unwrap().keys().collect();
        assert_eq!(schemas, ["P", "Problem", "Q"]);
    }

    #[test]
    fn different_components_of_one_name_are_kept_apart_and_referred_to_rightly() {
        let a = json!({"paths": {}, "components": {"schemas": {"Item": {"type": "string"}}}});
        let b = json!({
            "paths": {"/b": {"get": {"schema": {"$ref": "#/components/schemas/Item"}}}},
            "components": {"schemas": {"Item": {"type": "integer"}}},
        });
        let all = merge([("fm-a", &a), ("fm-b", &b)]);
        assert_eq!(all["components"]["schemas"]["Item"]["type"], "string");
        assert_eq!(all["components"]["schemas"]["fm-b.Item"]["type"], "integer");
        assert_eq!(all["paths"]["/b"]["get"]["schema"]["$ref"], "#/components/schemas/fm-b.Item");
    }

    #[test]
    fn components_that_read_alike_and_refer_to_different_ones_are_kept_apart_too() {
        let with = |kind: &str| {
            let list = json!({"type": "array", "items": {"$ref": "#/components/schemas/Item"}});
            json!({"components": {"schemas": {"Item": {"type": kind}, "AllItems": list}}})
        };
        let all = merge([("fm-a", &with("string")), ("fm-b", &with("integer"))]);
        assert_eq!(all["components"]["schemas"]["AllItems"]["items"]["$ref"], "#/components/schemas/Item");
        assert_eq!(all["components"]["schemas"]["fm-b.AllItems"]["items"]["$ref"], "#/components/schemas/fm-b.Item");
    }

    #[test]
    fn an_invalid_document_is_ignored() {
        let junk = [json!(null), json!([1]), json!({"paths": 1, "components": {"schemas": 2}})];
        let all = merge(junk.iter().map(|j| ("x", j)));
        assert_eq!(all["paths"], json!({}));
    }
}
