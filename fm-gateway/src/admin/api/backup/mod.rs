//! Export and import of the table.

pub mod export;
pub mod import;
pub mod preview;
mod upload;

pub use upload::Upload;

use crate::admin::api::Call;
use serde_json::{Value, json};

/// A call that takes what an import takes.
const fn taking_an_import(call: Call) -> Call {
    call.with_body(body).with_query(&[("service", "The service that the routes of an OpenAPI document lead to")])
}

fn body() -> Value {
    json!({"oneOf": [
        {"$ref": "#/components/schemas/Backup"},
        {"type": "object", "required": ["openapi", "paths"], "description": "An OpenAPI 3 document: its routes are added to the table, or replace those of their ids",
            "properties": {"openapi": {"type": "string"}, "paths": {"type": "object"}}},
        {"type": "array", "description": "A list of paths: the same", "items": {
            "type": "object", "required": ["path", "target"], "additionalProperties": false, "properties": {
                "path": {"type": "string"}, "methods": {"type": "array", "items": {"type": "string"}, "description": "None means all"},
                "target": {"type": "string", "description": "The name of a service, or http://host:port"}}}}
    ]})
}
