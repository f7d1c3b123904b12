//! Describes the Admin API.

use super::{CALLS, Call};
use crate::admin::{Access, Ask, ask::FORM_TOKEN, users::Role};
use actix_web::HttpResponse;
use fm_sdk::Result;
use serde_json::{Map, Value, json};

pub const CALL: Call = Call::get("/openapi.json", Role::Viewer, "Gives this document", |ask| Box::pin(run(ask)));

async fn run(_: Ask) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(document()))
}

/// The document, made of the table of calls.
pub fn document() -> Value {
    let mut paths = Map::new();
    for call in CALLS {
        let path = paths.entry(format!("/admin/api{}", call.path)).or_insert_with(|| json!({}));
        path[call.method.to_lowercase()] = operation(call);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "fm-gateway, Admin API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": format!("On the operators' port. Programs send an API token (`Authorization: Bearer`); with a session, whatever changes something carries `{FORM_TOKEN}`. Errors are problems (RFC 9457) with a stable `code`.")
        },
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": crate::admin::sessions::COOKIE}
            },
            "schemas": {
                "Table": {"type": "object", "required": ["format", "routes"], "description": "See the README of fm-gateway, The table",
                    "properties": {"format": {"type": "integer"}, "note": {"type": "string"},
                        "groups": {"type": "object", "description": "Plugins that the routes of a group share, by its name; they come before those of the route",
                            "additionalProperties": {"type": "object", "additionalProperties": false, "properties": {"description": {"type": "string"}, "plugins": {"type": "array", "items": {"$ref": "#/components/schemas/Stage"}}}}},
                        "routes": {"type": "array", "items": {"$ref": "#/components/schemas/Route"}}}},
                "Route": {"type": "object", "required": ["id", "path", "plugins"], "properties": {
                    "id": {"type": "string"}, "path": {"type": "string"}, "active": {"type": "boolean", "default": true},
                    "plugins": {"type": "array", "items": {"$ref": "#/components/schemas/Stage"}}}},
                "Stage": {"type": "object", "required": ["plugin"], "additionalProperties": false, "properties": {
                    "plugin": {"type": "string"}, "settings": {"type": "object", "description": "By the schema of the plugin: GET /plugins"},
                    "enabled": {"type": "boolean", "default": true, "description": "A plugin that is switched off keeps its place and settings, is checked, and is not run; what it provides is missing"}}},
                "TableBody": {"type": "object", "required": ["table"], "properties": {"table": {"$ref": "#/components/schemas/Table"}}},
                "Backup": {"type": "object", "required": ["table"], "properties": {
                    "backup": {"type": "integer"}, "at": {"type": "string"}, "revision": {"type": "integer"},
                    "table": {"$ref": "#/components/schemas/Table"}}},
                "Problem": {"type": "object", "properties": {"status": {"type": "integer"}, "code": {"type": "string"}, "detail": {"type": "string"}}}
            }
        }
    })
}

fn operation(call: &Call) -> Value {
    let mut parameters: Vec<Value> = call
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}))
        .collect();
    let query = |(name, about): &(&str, &str)| json!({"name": name, "in": "query", "description": about, "schema": {"type": "string"}});
    parameters.extend(call.query.iter().map(query));
    if call.conditional {
        parameters.push(json!({"name": "If-Match", "in": "header", "required": true, "description": "The revision of the table that is changed", "schema": {"type": "string"}}));
    }
    let (access, security) = match call.access {
        Access::Public => ("anybody", json!([])),
        Access::Session => ("any user", json!([{"session": []}])),
        Access::Role(role) => (role.name(), json!([{"token": []}, {"session": []}])),
    };
    let mut responses = json!({"default": {"description": "A problem", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}});
    responses["2XX"] = json!({"description": "Done"});
    if call.conditional {
        responses["412"] = json!({"description": "Somebody else was faster (`table-changed`); the problem names the revision in force"});
    }
    let mut operation =
        json!({"summary": call.about, "x-access": access, "security": security, "parameters": parameters, "responses": responses});
    operation["operationId"] =
        format!("{}{}", call.method.to_lowercase(), call.path.replace(['/', '.'], "-").replace(['{', '}'], "")).into();
    if let Some(schema) = call.body {
        operation["requestBody"] = json!({"required": true, "content": {"application/json": {"schema": schema()}}});
    }
    operation
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_that_changes_something_needs_more_than_a_viewer() {
        let reads = |call: &Call| call.method == "GET" || ["/table/validate", "/table/diff", "/table/dry-run"].contains(&call.path);
        for call in CALLS.iter().filter(|call| !reads(call)) {
            assert_ne!(call.access, Access::Role(Role::Viewer), "{} {}", call.method, call.path);
        }
        let public: Vec<_> = CALLS.iter().filter(|call| call.access == Access::Public).map(|call| (call.method, call.path)).collect();
        assert_eq!(public, [("POST", "/session")]);
    }

    #[test]
    fn the_document_has_every_call_once() {
        let document = document();
        let paths = document["paths"].as_object().unwrap();
        let count: usize = paths.values().map(|path| path.as_object().unwrap().len()).sum();
        assert_eq!(count, CALLS.len());
    }
}
