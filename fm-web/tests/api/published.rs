//! What the services publish of their requests and answers (`tests/schemas`): what fm-web sends, and what a test invents in their place, must be
//! like that.

use boon::{Compiler, Draft, ErrorKind, SchemaIndex, Schemas, ValidationError};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs, path::Path, sync::OnceLock};

/// One operation of one service.
struct Operation {
    provider: String,
    method: String,
    path: String,
    parameters: Vec<Parameter>,
    body: Option<Body>,
    /// By status; an answer may have no body.
    answers: BTreeMap<String, Option<Body>>,
}

/// A parameter of the query.
struct Parameter {
    name: String,
    is_required: bool,
    /// As the schema names it: `array` for one that may come several times.
    json_type: String,
    schema: SchemaIndex,
}

/// A media type, and the schema of what has it.
struct Body {
    media: String,
    schema: SchemaIndex,
}

/// The operations of all services.
pub struct Published {
    operations: Vec<Operation>,
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
        let mut compiler = Compiler::new();
        compiler.set_default_draft(Draft::V2020_12);
        let (mut operations, mut schemas) = (Vec::new(), Schemas::new());
        for (provider, mut document) in documents {
            let url = format!("http://{provider}/openapi.json");
            close_all(&mut document);
            compiler.add_resource(&url, document.clone()).unwrap();
            let mut compile = |parts: &[&str]| {
                let at = format!("{url}#{}", pointer(parts));
                compiler.compile(&at, &mut schemas).unwrap_or_else(|e| panic!("{e:#}"))
            };
            for (path, method, operation) in operations_of(&document) {
                let at = ["paths", path, method];
                let mut body_of = |below: &[&str], content: &Value| {
                    let (media, _) = content.as_object()?.iter().next()?;
                    let schema = compile(&[&at, below, &["content", media, "schema"]].concat());
                    Some(Body { media: media.clone(), schema })
                };
                let body = body_of(&["requestBody"], &operation["requestBody"]["content"]);
                let answers = operation["responses"].as_object().unwrap().iter();
                let answers =
                    answers.map(|(status, answer)| (status.clone(), body_of(&["responses", status], &answer["content"]))).collect();
                let parameters = operation["parameters"].as_array().into_iter().flatten().enumerate();
                let parameters = parameters.filter(|(_, parameter)| parameter["in"] == "query").map(|(i, parameter)| Parameter {
                    name: parameter["name"].as_str().unwrap().into(),
                    is_required: parameter["required"] == true,
                    json_type: json_type(&parameter["schema"]),
                    schema: compile(&[&at, &["parameters", &i.to_string(), "schema"][..]].concat()),
                });
                let (parameters, method) = (parameters.collect(), method.to_uppercase());
                operations.push(Operation { provider: provider.clone(), method, path: path.into(), parameters, body, answers });
            }
        }
        Published { operations, schemas }
    }
    /// The operation that is at a path; a constant path goes before one with parameters.
    fn operation(&self, method: &str, path: &str) -> Result<&Operation, String> {
        let fitting = |operation: &&Operation| operation.method == method && fits(&operation.path, path);
        let constants = |operation: &&Operation| operation.path.split('/').filter(|part| !part.starts_with('{')).count();
        let found = self.operations.iter().filter(fitting).max_by_key(constants);
        found.ok_or_else(|| "no service has such a path (new services: touch tests/schemas/NAME.json, then scripts/contracts)".into())
    }
    /// The media type that such an answer has; or what is wrong with it, place by place.
    pub fn media_type(&self, method: &str, path: &str, status: u16, body: &Value) -> Result<Option<&str>, String> {
        let Operation { provider, path: template, answers, .. } = self.operation(method, path)?;
        let Some(answer) = answers.get(&status.to_string()) else {
            return Err(format!("{provider} describes no such status of {template}"));
        };
        let Some(described) = answer else {
            return if body.is_null() { Ok(None) } else { Err(format!("{provider} describes no body")) };
        };
        self.validate(body, described.schema, provider)?;
        Ok(Some(&described.media))
    }
    /// Checks a request that is answered with this status: what is wrong with it, place by place. One that is refused as malformed or invalid
    /// need not fit; that is what it is refused for.
    pub fn check_request(&self, request: &wiremock::Request, status: u16) -> Result<(), String> {
        let operation = self.operation(request.method.as_str(), request.url.path())?;
        if matches!(status, 400 | 422) {
            return Ok(());
        }
        self.check_query(operation, request.url.query_pairs().into_owned())?;
        let media = request.headers.get("content-type").map(|value| value.to_str().unwrap_or_default());
        self.check_body(operation, media, &request.body)
    }
    fn check_query(&self, operation: &Operation, query: impl Iterator<Item = (String, String)>) -> Result<(), String> {
        let Operation { provider, path, parameters, .. } = operation;
        let mut given: BTreeMap<String, Vec<String>> = BTreeMap::new();
        query.for_each(|(name, value)| given.entry(name).or_default().push(value));
        if let Some(name) = given.keys().find(|name| parameters.iter().all(|parameter| parameter.name != **name)) {
            return Err(format!("{provider} describes no parameter `{name}` of {path}"));
        }
        for parameter in parameters {
            match given.get(&parameter.name) {
                Some(values) => self
                    .validate(&parameter.value(values), parameter.schema, provider)
                    .map_err(|fault| format!("parameter `{}`: {fault}", parameter.name))?,
                None if parameter.is_required => return Err(format!("{provider} requires the parameter `{}` of {path}", parameter.name)),
                None => {}
            }
        }
        Ok(())
    }
    fn check_body(&self, operation: &Operation, media: Option<&str>, body: &[u8]) -> Result<(), String> {
        let Operation { provider, path, .. } = operation;
        let Some(described) = &operation.body else {
            return if body.is_empty() { Ok(()) } else { Err(format!("{provider} describes no body for {path}")) };
        };
        let essence = media.unwrap_or_default().split(';').next().unwrap_or_default();
        if essence != described.media {
            return Err(format!("{provider} takes {}, and this is {}", described.media, media.unwrap_or("nothing")));
        }
        if essence != "application/json" {
            return Ok(());
        }
        let body = serde_json::from_slice(body).map_err(|e| format!("no JSON: {e}"))?;
        self.validate(&body, described.schema, provider).map_err(|fault| format!("{fault}\n{body:#}"))
    }
    fn validate(&self, value: &Value, schema: SchemaIndex, provider: &str) -> Result<(), String> {
        let described = self.schemas.validate(value, schema);
        described.map_err(|error| format!("not what {provider} describes:\n  {}", reasons(&error).join("\n  ")))
    }
}

impl Parameter {
    /// What the values of the query mean as JSON; a number that is none stays a text.
    fn value(&self, values: &[String]) -> Value {
        let scalar = |text: &String| match self.json_type.as_str() {
            "integer" | "number" | "boolean" => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
            _ => json!(text),
        };
        match values {
            [value] if self.json_type != "array" => scalar(value),
            values => values.iter().map(scalar).collect(),
        }
    }
}

/// The type that a schema names, beside null.
fn json_type(schema: &Value) -> String {
    let several = schema["type"].as_array().into_iter().flatten();
    let mut names = several.chain([&schema["type"]]).filter_map(Value::as_str).filter(|name| *name != "null");
    names.next().unwrap_or_default().into()
}

/// Path, method and description of each operation.
fn operations_of(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths.flat_map(|(path, operations)| {
        operations.as_object().into_iter().flatten().map(move |(method, o)| (path.as_str(), method.as_str(), o))
    })
}

/// Forbids unnamed fields in all bodies of a document.
fn close_all(document: &mut Value) {
    let components = document["components"]["schemas"].clone();
    for schema in document["components"]["schemas"].as_object_mut().into_iter().flat_map(|all| all.values_mut()) {
        close_parts(schema, &components);
    }
    for operation in document["paths"].as_object_mut().unwrap().values_mut().flat_map(|all| all.as_object_mut().unwrap().values_mut()) {
        let Value::Object(operation) = operation else { continue };
        let mut bodies: Vec<&mut Value> = Vec::new();
        for (part, value) in operation {
            match part.as_str() {
                "requestBody" => bodies.push(value),
                "responses" => bodies.extend(value.as_object_mut().unwrap().values_mut()),
                _ => {}
            }
        }
        for content in bodies.into_iter().filter_map(|body| body.get_mut("content")?.as_object_mut()) {
            for body in content.values_mut() {
                let schema = &mut body["schema"];
                if schema.is_null() {
                    *schema = json!(true);
                }
                close(schema, &components);
            }
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

/// Closes the objects within a schema. Parts of `allOf` and the like stay open, as other parts name the rest of the fields.
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

    /// What is wrong with a request.
    fn fault(method: &str, path: &str, media: &str, body: &str, status: u16) -> Option<String> {
        let url = format!("http://gateway{path}").parse().unwrap();
        let headers = [("content-type".parse().unwrap(), media.parse().unwrap())].into_iter().filter(|_| !media.is_empty()).collect();
        let request = wiremock::Request { url, method: method.parse().unwrap(), headers, body: body.into() };
        Published::get().check_request(&request, status).err()
    }
    #[track_caller]
    fn not_taken(method: &str, path: &str, media: &str, body: Value, reason: &str) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let fault = fault(method, path, media, &body, 200).unwrap_or_else(|| panic!("{method} {path} is taken"));
        assert!(fault.contains(reason), "{fault}");
    }

    #[test]
    fn a_request_that_no_service_takes_is_named_with_the_reason() {
        let (json_media, body) = ("application/json", json!({"maker": "bmw", "model": "3er", "price": 1, "year": 2000}));
        not_taken("GET", "/api/bikes", "", Value::Null, "no service has such a path");
        not_taken("PUT", "/api/cars", "", Value::Null, "no service has such a path");
        not_taken("GET", "/api/cars?wheels=4", "", Value::Null, "fm-cars describes no parameter `wheels` of /api/cars");
        not_taken(
            "GET",
            "/api/cars?price_from=much",
            "",
            Value::Null,
            "parameter `price_from`: not what fm-cars describes:\n  : want integer",
        );
        not_taken("GET", "/api/cars?page=1&page=2", "", Value::Null, "parameter `page`: not what fm-cars describes:\n  : want integer");
        not_taken(
            "GET",
            "/api/me/alerts?unseen=yes",
            "",
            Value::Null,
            "parameter `unseen`: not what fm-profile describes:\n  : want boolean",
        );
        not_taken("GET", "/api/catalogue/models", "", Value::Null, "fm-cars requires the parameter `maker` of /api/catalogue/models");
        not_taken("GET", "/api/cars", json_media, json!({}), "fm-cars describes no body for /api/cars");
        not_taken("POST", "/api/cars", "", Value::Null, "fm-cars takes application/json, and this is nothing");
        not_taken("POST", "/api/cars", "text/csv", body.clone(), "fm-cars takes application/json, and this is text/csv");
        for (field, value, reason) in [("price", json!("1"), "/price: want"), ("wheels", json!(4), "'wheels' not allowed")] {
            let mut body = body.clone();
            body[field] = value;
            not_taken("POST", "/api/cars", json_media, body, reason);
        }
        not_taken("PUT", "/api/me/password", json_media, json!({"new": "secret"}), ": missing properties");
    }

    #[test]
    fn a_request_that_fits_is_taken_and_one_that_is_refused_for_it_need_not_fit() {
        let car = json!({"maker": "bmw", "model": "3er", "price": 1, "year": 2000}).to_string();
        assert_eq!(fault("POST", "/api/cars", "application/json; charset=utf-8", &car, 201), None);
        assert_eq!(fault("GET", "/api/cars?maker=bmw&maker=audi&price_from=1&page=2", "", "", 200), None);
        assert_eq!(fault("POST", "/api/cars/c-1/images", "multipart/form-data; boundary=b", "--b--", 201), None);
        assert_eq!(fault("POST", "/api/cars", "application/json", "{}", 422), None);
        assert!(fault("POST", "/api/bikes", "application/json", "{}", 422).is_some());
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
