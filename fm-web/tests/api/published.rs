//! What the services publish of their answers (`tests/schemas`): what a test invents in their place must be like that.

use boon::{Compiler, Draft, ErrorKind, SchemaIndex, Schemas, ValidationError};
use serde_json::{Value, json};
use std::{fs, path::Path, sync::OnceLock};

/// One answer of one operation.
struct Answer {
    provider: String,
    method: String,
    path: String,
    status: String,
    /// The media type and the schema of the body; an answer may have none.
    body: Option<(String, SchemaIndex)>,
}

/// The answers of all services.
pub struct Published {
    answers: Vec<Answer>,
    schemas: Schemas,
}

impl Published {
    /// Those of the documents in `tests/schemas`.
    pub fn get() -> &'static Published {
        static PUBLISHED: OnceLock<Published> = OnceLock::new();
        PUBLISHED.get_or_init(|| {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemas");
            let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
            Published::read(files.map(|file| {
                let document = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
                (file.file_stem().unwrap().to_str().unwrap().to_owned(), document)
            }))
        })
    }
    fn read(documents: impl Iterator<Item = (String, Value)>) -> Self {
        let (mut compiler, mut published) = (Compiler::new(), Published { answers: Vec::new(), schemas: Schemas::new() });
        compiler.set_default_draft(Draft::V2020_12);
        for (provider, mut document) in documents {
            let url = format!("http://{provider}/openapi.json");
            let components = document["components"]["schemas"].clone();
            for schema in document["components"]["schemas"].as_object_mut().into_iter().flat_map(|all| all.values_mut()) {
                close_parts(schema, &components);
            }
            let mut found = Vec::new();
            for (path, operations) in document["paths"].as_object_mut().unwrap() {
                for (method, operation) in operations.as_object_mut().unwrap() {
                    for (status, response) in operation["responses"].as_object_mut().unwrap() {
                        let content = response["content"].as_object_mut().and_then(|content| content.iter_mut().next());
                        let media = content.map(|(media, body)| {
                            let schema = &mut body["schema"];
                            if schema.is_null() {
                                *schema = json!(true);
                            }
                            close(schema, &components);
                            (
                                media.clone(),
                                format!("{url}#{}", pointer(&["paths", path, method, "responses", status, "content", media, "schema"])),
                            )
                        });
                        found.push((method.to_uppercase(), path.clone(), status.clone(), media));
                    }
                }
            }
            compiler.add_resource(&url, document).unwrap();
            for (method, path, status, media) in found {
                let body =
                    media.map(|(media, at)| (media, compiler.compile(&at, &mut published.schemas).unwrap_or_else(|e| panic!("{e:#}"))));
                published.answers.push(Answer { provider: provider.clone(), method, path, status, body });
            }
        }
        published
    }
    /// The media type that such an answer has; or what is wrong with it, place by place.
    pub fn media_type(&self, method: &str, path: &str, status: u16, body: &Value) -> Result<Option<&str>, String> {
        let fitting = |answer: &&Answer| answer.method == method && fits(&answer.path, path);
        let constants = |answer: &Answer| answer.path.split('/').filter(|part| !part.starts_with('{')).count();
        let Some(best) = self.answers.iter().filter(fitting).max_by_key(|answer| constants(answer)) else {
            return Err("no service has such a path (new services: touch tests/schemas/NAME.json, then scripts/contracts)".into());
        };
        let (provider, template) = (&best.provider, &best.path);
        let same = |answer: &&Answer| answer.method == method && &answer.provider == provider && &answer.path == template;
        let Some(answer) = self.answers.iter().filter(same).find(|answer| answer.status == status.to_string()) else {
            return Err(format!("{provider} describes no such status of {template}"));
        };
        let Some((media, schema)) = &answer.body else {
            return if body.is_null() { Ok(None) } else { Err(format!("{provider} describes no body")) };
        };
        match self.schemas.validate(body, *schema) {
            Ok(()) => Ok(Some(media)),
            Err(error) => Err(format!("not what {provider} describes:\n  {}", reasons(&error).join("\n  "))),
        }
    }
}

/// A JSON pointer as a part of a URL.
fn pointer(parts: &[&str]) -> String {
    parts.iter().map(|part| format!("/{}", part.replace('~', "~0").replace('/', "~1").replace('{', "%7B").replace('}', "%7D"))).collect()
}

/// Whether a path is one of those that a template means.
fn fits(template: &str, path: &str) -> bool {
    let mut parts = path.split('/');
    template.split('/').all(|part| parts.next().is_some_and(|given| part.starts_with('{') || part == given)) && parts.next().is_none()
}

/// Forbids fields that a schema does not name, in it and in all its parts: JSON Schema lets them pass, so that services can add some, but a fake
/// must not have what nobody sends.
fn close(schema: &mut Value, components: &Value) {
    close_parts(schema, components);
    if names_fields(schema, components) {
        schema["unevaluatedProperties"] = json!(false);
    }
}

/// The parts of `allOf` and the like are open: the others name the rest.
fn close_parts(schema: &mut Value, components: &Value) {
    for (keyword, value) in schema.as_object_mut().into_iter().flatten() {
        match keyword.as_str() {
            "properties" => value.as_object_mut().into_iter().flat_map(|all| all.values_mut()).for_each(|part| close(part, components)),
            "items" | "additionalProperties" if value.is_object() => close(value, components),
            "allOf" | "anyOf" | "oneOf" => value.as_array_mut().into_iter().flatten().for_each(|part| close_parts(part, components)),
            _ => {}
        }
    }
}

fn names_fields(schema: &Value, components: &Value) -> bool {
    let reference = schema["$ref"].as_str().and_then(|name| name.strip_prefix("#/components/schemas/"));
    let parts = ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|keyword| schema[keyword].as_array()).flatten();
    schema["properties"].is_object()
        || reference.is_some_and(|name| names_fields(&components[name], components))
        || parts.into_iter().any(|part| names_fields(part, components))
}

/// The reasons behind an error, each with the JSON pointer of its place.
fn reasons(error: &ValidationError) -> Vec<String> {
    let (mut unknown, mut others) = (Vec::new(), Vec::new());
    for leaf in leaves(error) {
        let place = leaf.instance_location.to_string();
        match leaf.kind {
            ErrorKind::FalseSchema => unknown.push(place),
            _ => others.push((place, leaf.kind.to_string())),
        }
    }
    // Where a schema refuses an object, no field of it counts as known.
    let parent = |field: &str| format!("{}/", field.rsplit_once('/').map_or("", |(parent, _)| parent));
    let explained = |field: &str| {
        let parent = parent(field);
        let deeper = |other: &String| other.starts_with(&parent) && other[parent.len()..].contains('/');
        unknown.iter().any(deeper) || others.iter().any(|(place, _)| format!("{place}/").starts_with(&parent))
    };
    let fields: Vec<_> = unknown.iter().filter(|field| !explained(field)).map(|field| (field.clone(), "no such field".into())).collect();
    others.extend(fields);
    others.sort();
    others.dedup();
    others.iter().map(|(place, reason)| format!("{place}: {reason}")).collect()
}

fn leaves<'e, 's, 'v>(error: &'e ValidationError<'s, 'v>) -> Vec<&'e ValidationError<'s, 'v>> {
    if error.causes.is_empty() { vec![error] } else { error.causes.iter().flat_map(leaves).collect() }
}

#[cfg(test)]
mod tests {
    use super::Published;
    use crate::market::{CAR, car, conversation, conversation_summary, problem};
    use serde_json::{Value, json};

    #[test]
    fn the_cause_is_named_and_not_what_follows_from_it() {
        let mut car = car();
        (car["price"], car["location"]["wheels"]) = (json!(1.5), json!(4));
        let list = json!({"items": [car], "total": 1, "page": 1, "per_page": 24});
        let fault = Published::get().media_type("GET", "/api/cars", 200, &list).unwrap_err();
        assert_eq!(
            fault,
            "not what fm-cars describes:\n  /items/0/location/wheels: no such field\n  /items/0/price: want integer, but got number"
        );
    }

    #[track_caller]
    fn refused(method: &str, path: &str, status: u16, body: Value, reason: &str) {
        let fault = Published::get().media_type(method, path, status, &body).unwrap_err();
        assert!(fault.contains(reason), "{fault}");
    }

    #[test]
    fn an_answer_that_no_service_describes_is_refused_with_its_place() {
        let (path, list) = (format!("/api/cars/{CAR}"), |car: Value| json!({"items": [car], "total": 1, "page": 1, "per_page": 24}));
        let changed = |pointer: &str, value: Value| {
            let mut car = car();
            *car.pointer_mut(pointer).unwrap() = value;
            car
        };
        refused("GET", "/api/bikes", 200, json!({}), "no service has such a path");
        refused("GET", "/api/me/password", 204, Value::Null, "no service has such a path");
        refused("GET", &path, 418, problem(418, "teapot"), "fm-cars describes no such status of /api/cars/{id}");
        refused("DELETE", &path, 204, json!({}), "fm-cars describes no body");
        refused("GET", &path, 200, json!({"id": CAR}), ": missing properties 'title'");
        refused("GET", &path, 200, changed("/price", json!("9,900")), "/price: want integer, but got string");
        refused("GET", "/api/cars", 200, list(changed("/status", json!("lost"))), "/items/0/status: value must be one of");
        refused("GET", &path, 404, json!({"status": 404, "code": "car-unknown", "detail": "x"}), "missing properties 'type', 'title'");
    }

    #[test]
    fn a_field_that_nobody_sends_is_refused_wherever_it_stands() {
        let with = |mut body: Value, pointer: &str| {
            body.pointer_mut(pointer).unwrap()["wheels"] = json!(4);
            body
        };
        let path = format!("/api/cars/{CAR}");
        refused("GET", &path, 200, with(car(), ""), "/wheels: no such field");
        // In a part that may be null, and is put together of two schemas.
        refused("GET", &path, 200, with(car(), "/location"), "/location/wheels: no such field");
        let list = json!({"items": [conversation_summary()], "total": 1, "page": 1, "per_page": 20});
        refused("GET", "/api/me/conversations", 200, with(list, "/items/0/car"), "/items/0/car/wheels: no such field");
        refused("GET", "/api/me/conversations/c-1", 200, with(conversation(), "/messages/1"), "/messages/1/wheels: no such field");
    }

    #[test]
    fn an_answer_has_the_media_type_that_its_service_describes() {
        let (published, path) = (Published::get(), format!("/api/cars/{CAR}"));
        assert_eq!(published.media_type("GET", &path, 200, &car()), Ok(Some("application/json")));
        assert_eq!(published.media_type("GET", &path, 404, &problem(404, "car-unknown")), Ok(Some("application/problem+json")));
        assert_eq!(published.media_type("DELETE", &path, 204, &Value::Null), Ok(None));
        // The constant path goes before that with a parameter.
        assert_eq!(published.media_type("GET", "/api/cars/count", 200, &json!({"count": 1})), Ok(Some("application/json")));
    }
}
