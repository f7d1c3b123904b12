//! What breaks between two OpenAPI documents of one service.

use super::evolution::{Located, Use, breaks as schema_breaks};
use serde_json::{Value, json};

const METHODS: [&str; 7] = ["get", "put", "post", "delete", "options", "head", "patch"];

/// Lists the breaking changes for clients, one line for each path.
pub(super) fn breaks(old: &Value, new: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (path, was) in old["paths"].as_object().into_iter().flatten() {
        for method in METHODS {
            let Some(was) = was.get(method) else { continue };
            let at = format!("{} {path}", method.to_uppercase());
            match new["paths"][path].get(method) {
                Some(is) => operation(&at, Side { document: old, operation: was }, Side { document: new, operation: is }, &mut found),
                None => found.push(format!("{at}: removed")),
            }
        }
    }
    found
}

#[derive(Clone, Copy)]
struct Side<'a> {
    document: &'a Value,
    operation: &'a Value,
}

impl<'a> Side<'a> {
    fn schema(self, schema: &'a Value) -> Located<'a> {
        Located { document: self.document, schema }
    }
    fn parameters(self) -> impl Iterator<Item = &'a Value> {
        self.operation["parameters"].as_array().into_iter().flatten()
    }
    fn needs_token(self) -> bool {
        let asked = self.operation.get("security").unwrap_or(&self.document["security"]);
        asked.as_array().is_some_and(|all| !all.is_empty() && all.iter().all(|one| *one != json!({})))
    }
}

fn operation(at: &str, old: Side, new: Side, found: &mut Vec<String>) {
    let id = |parameter: &Value| (parameter["in"].clone(), parameter["name"].clone());
    let name = |parameter: &Value| format!("{at} {}", parameter["name"].as_str().unwrap_or_default());
    for was in old.parameters() {
        match new.parameters().find(|p| id(p) == id(was)) {
            None => found.push(format!("{}: removed", name(was))),
            Some(is) => {
                found.extend(schema_breaks(&name(was), old.schema(&was["schema"]), new.schema(&is["schema"]), Use::Accepted));
                if is["required"] == true && was["required"] != true {
                    found.push(format!("{}: is now required", name(is)));
                }
            }
        }
    }
    let added = new.parameters().filter(|p| p["required"] == true && !old.parameters().any(|was| id(was) == id(p)));
    found.extend(added.map(|p| format!("{}: is now required", name(p))));
    if new.needs_token() && !old.needs_token() {
        found.push(format!("{at}: now needs an access token"));
    }
    let (was, is) = (&old.operation["requestBody"], &new.operation["requestBody"]);
    if is["required"] == true && was["required"] != true {
        found.push(format!("{at} (body): is now required"));
    }
    contents(&format!("{at} (body)"), old, was, new, is, Use::Accepted, found);
    for (status, was) in old.operation["responses"].as_object().into_iter().flatten() {
        let at = format!("{at} ({status})");
        match new.operation["responses"].get(status) {
            Some(is) => contents(&at, old, was, new, is, Use::Given, found),
            None if status.starts_with('2') => found.push(format!("{at}: removed")),
            None => {}
        }
    }
}

fn contents(at: &str, old: Side, was: &Value, new: Side, is: &Value, used: Use, found: &mut Vec<String>) {
    for (media, was) in was["content"].as_object().into_iter().flatten() {
        match is["content"].get(media) {
            Some(is) => found.extend(schema_breaks(at, old.schema(&was["schema"]), new.schema(&is["schema"]), used)),
            None => found.push(format!("{at}: no longer {media}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(operation: Value) -> Value {
        json!({"paths": {"/cars": {"post": operation}}, "components": {"schemas": {
            "Old": {"type": "object", "properties": {"id": {"type": "string"}, "price": {"type": "integer"}}, "required": ["id", "price"]},
            "New": {"type": "object", "properties": {"id": {"type": "string"}, "at": {"type": "string"}}, "required": ["id", "at"]},
        }}})
    }
    fn json_of(name: &str) -> Value {
        json!({"application/json": {"schema": {"$ref": format!("#/components/schemas/{name}")}}})
    }

    #[test]
    fn a_client_that_knows_the_older_document_is_told_what_it_would_miss() {
        let old = document(json!({
            "parameters": [{"in": "query", "name": "q", "schema": {"type": "string"}}, {"in": "query", "name": "page", "schema": {}}],
            "requestBody": {"content": json_of("Old")},
            "responses": {"200": {"content": json_of("Old")}, "201": {}, "404": {}},
        }));
        let new = document(json!({
            "security": [{"bearer": []}],
            "parameters": [{"in": "query", "name": "q", "required": true, "schema": {"type": "integer"}}, {"in": "header", "name": "k", "required": true}],
            "requestBody": {"required": true, "content": json_of("New")},
            "responses": {"200": {"content": json_of("New")}},
        }));
        let mut found = breaks(&old, &new);
        found.sort();
        let expected = [
            "POST /cars (200).price: removed",
            "POST /cars (201): removed",
            "POST /cars (body).at: is now required",
            "POST /cars (body).price: removed",
            "POST /cars (body): is now required",
            "POST /cars k: is now required",
            "POST /cars page: removed",
            "POST /cars q: can no longer be string",
            "POST /cars q: is now required",
            "POST /cars: now needs an access token",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn further_routes_parameters_and_answers_break_nobody() {
        let old = document(json!({"responses": {"200": {"content": json_of("Old")}}}));
        let mut new = document(json!({
            "parameters": [{"in": "query", "name": "q", "schema": {}}], "security": [{}, {"bearer": []}],
            "responses": {"200": {"content": json_of("Old")}, "409": {}},
        }));
        new["paths"]["/more"]["get"] = json!({"responses": {}});
        assert_eq!(breaks(&old, &new), [""; 0]);
    }
}
