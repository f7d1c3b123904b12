//! One operation of a document: its parameters and its body, each with a schema.

use super::{
    body::Refused,
    errors,
    parameter::{self, Place},
};
use boon::{Draft, SchemaIndex, Schemas, UrlLoader};
use fm_sdk::FieldError;
use http::{HeaderMap, header::CONTENT_TYPE};
use serde_json::Value;
use std::{
    error::Error,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// The document, for references into it.
const BASE: &str = "http://document.invalid/openapi.json";
/// References that lead to references.
const MAX_HOPS: usize = 16;

/// What a request of one path and method may have.
pub struct Operation {
    parameters: Vec<Parameter>,
    /// None: the document says nothing of a body.
    pub body: Option<Body>,
}

struct Parameter {
    name: String,
    place: Place,
    required: bool,
    is_array: bool,
    /// A list is one value with commas, and not a value for each.
    has_commas: bool,
    schema: SchemaIndex,
}

pub struct Body {
    pub required: bool,
    /// By range of media types; a schema for those that are JSON.
    content: Vec<(String, Option<SchemaIndex>)>,
}

/// Makes operations of a document.
pub struct Compiler<'d> {
    document: &'d Value,
    compiler: boon::Compiler,
    schemas: Schemas,
}

/// A document stands for itself: what it refers to elsewhere is not fetched.
struct NoLoader;

impl UrlLoader for NoLoader {
    fn load(&self, url: &str) -> Result<Value, Box<dyn Error>> {
        Err(format!("{url} is out of the document").into())
    }
}

impl<'d> Compiler<'d> {
    /// # Errors
    /// Why references into the document cannot be followed.
    pub fn new(document: &'d Value) -> Result<Self, String> {
        let mut compiler = boon::Compiler::new();
        compiler.set_default_draft(Draft::V2020_12);
        compiler.use_loader(Box::new(NoLoader));
        compiler.add_resource(BASE, document.clone()).map_err(|e| e.to_string())?;
        Ok(Compiler { document, compiler, schemas: Schemas::new() })
    }

    /// Gives what was compiled.
    pub fn into_schemas(self) -> Schemas {
        self.schemas
    }

    /// Compiles an operation: `item` is what the document has at `path`.
    ///
    /// # Errors
    /// Why it cannot be compared with: what a schema has wrong, a reference that leads nowhere.
    pub fn operation(&mut self, path: &str, item: &'d Value, method: &str) -> Result<Operation, String> {
        let at = format!("/paths/{}", escape(path));
        let operation = &item[method];
        let mut parameters: Vec<Parameter> = Vec::new();
        // Those of the operation replace those of the path.
        for (at, list) in
            [(format!("{at}/parameters"), &item["parameters"]), (format!("{at}/{method}/parameters"), &operation["parameters"])]
        {
            for (n, parameter) in list.as_array().into_iter().flatten().enumerate() {
                let Some(parameter) = self.parameter(parameter, format!("{at}/{n}"))? else { continue };
                parameters.retain(|other| (other.place, &other.name) != (parameter.place, &parameter.name));
                parameters.push(parameter);
            }
        }
        let body = match operation.get("requestBody") {
            None => None,
            Some(body) => Some(self.body(body, format!("{at}/{method}/requestBody"))?),
        };
        Ok(Operation { parameters, body })
    }

    /// None: one that is not compared, in a header or a cookie, or of a form of its own.
    fn parameter(&mut self, parameter: &'d Value, at: String) -> Result<Option<Parameter>, String> {
        let (parameter, at) = self.follow(parameter, at)?;
        let text = |name: &str| parameter.get(name).and_then(Value::as_str);
        let place = match text("in") {
            Some("path") => Place::Path,
            Some("query") => Place::Query,
            _ => return Ok(None),
        };
        let (Some(name), Some(schema)) = (text("name"), parameter.get("schema")) else { return Ok(None) };
        let has_type = |wanted: &str| self.has_type(schema, wanted);
        if has_type("object") || !matches!(text("style"), None | Some("form" | "simple")) {
            return Ok(None);
        }
        Ok(Some(Parameter {
            name: name.into(),
            place,
            required: parameter["required"] == true,
            is_array: has_type("array"),
            has_commas: place == Place::Path || parameter["explode"] == false,
            schema: self.schema(&format!("{at}/schema"))?,
        }))
    }

    fn body(&mut self, body: &'d Value, at: String) -> Result<Body, String> {
        let (body, at) = self.follow(body, at)?;
        let mut content = Vec::new();
        for (range, media) in body.get("content").and_then(Value::as_object).into_iter().flatten() {
            let is_json = media.get("schema").is_some() && is_json(range);
            let schema = is_json.then(|| self.schema(&format!("{at}/content/{}/schema", escape(range)))).transpose()?;
            content.push((range.to_ascii_lowercase(), schema));
        }
        // The narrowest range first.
        content.sort_by_key(|(range, _)| range.matches('*').count());
        Ok(Body { required: body["required"] == true, content })
    }

    /// Follows a reference, and gives what it leads to and where that is.
    fn follow(&self, mut value: &'d Value, mut at: String) -> Result<(&'d Value, String), String> {
        for _ in 0..MAX_HOPS {
            let Some(reference) = value.get("$ref").and_then(Value::as_str) else { return Ok((value, at)) };
            let pointer = reference.strip_prefix('#').ok_or_else(|| format!("{reference} leads out of the document"))?;
            value = self.document.pointer(pointer).ok_or_else(|| format!("{reference} leads nowhere"))?;
            at = pointer.to_owned();
        }
        Err(format!("{at} leads to itself"))
    }

    fn has_type(&self, schema: &'d Value, wanted: &str) -> bool {
        let Ok((schema, _)) = self.follow(schema, String::new()) else { return false };
        match &schema["type"] {
            Value::String(name) => name == wanted,
            Value::Array(names) => names.iter().any(|name| name == wanted),
            _ => false,
        }
    }

    fn schema(&mut self, at: &str) -> Result<SchemaIndex, String> {
        let location = format!("{BASE}#{}", percent(at));
        // A debug build of boon panics on a pattern that its engine does not know.
        let compile = || self.compiler.compile(&location, &mut self.schemas).map_err(|e| e.to_string());
        catch_unwind(AssertUnwindSafe(compile)).unwrap_or_else(|_| Err("a schema cannot be compiled".into()))
    }
}

impl Operation {
    /// What is wrong with the parameters of the path, and with those of the query.
    pub fn check_parameters(&self, schemas: &Schemas, of_path: &[(String, String)], query: &str) -> Vec<FieldError> {
        let of_query: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let mut errors = Vec::new();
        for parameter in &self.parameters {
            let all = if parameter.place == Place::Path { of_path } else { &of_query };
            let values: Vec<&str> = all.iter().filter(|(name, _)| *name == parameter.name).map(|(_, value)| value.as_str()).collect();
            if values.is_empty() {
                if parameter.required {
                    errors.push(FieldError { field: parameter.name.clone(), message: "is required".into() });
                }
                continue;
            }
            for readings in parameter::readings(&values, parameter.is_array, parameter.has_commas) {
                let fits = |value: &Value| schemas.validate(value, parameter.schema).is_ok();
                if let Some(last) = readings.last().filter(|_| !readings.iter().any(fits)) {
                    errors::of(schemas, parameter.schema, last, &parameter.name, &mut errors);
                }
            }
        }
        errors
    }
}

impl Body {
    /// The schema of a body of the type that the request names; none where its content is not compared.
    ///
    /// # Errors
    /// [`Refused::MediaType`], if the document does not have this type.
    pub fn schema_for(&self, headers: &HeaderMap) -> Result<Option<SchemaIndex>, Refused> {
        if self.content.is_empty() {
            return Ok(None);
        }
        let sent = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).ok_or(Refused::MediaType)?;
        let sent = sent.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let found = self.content.iter().find(|(range, _)| covers(range, &sent)).ok_or(Refused::MediaType)?;
        Ok(found.1.filter(|_| is_json(&sent)))
    }
}

/// Whether a range of media types has one (RFC 9110, 12.5.1).
fn covers(range: &str, media_type: &str) -> bool {
    let range = range.split(';').next().unwrap_or_default().trim();
    match range.split_once('/') {
        Some(("*", "*")) => true,
        Some((kind, "*")) => media_type.split_once('/').is_some_and(|(sent, _)| sent == kind),
        _ => range == media_type,
    }
}

/// `application/json`, `application/problem+json`, and ranges that have them.
fn is_json(media_type: &str) -> bool {
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    matches!(media_type, "*/*" | "application/*") || media_type.ends_with("/json") || media_type.ends_with("+json")
}

/// A name as a part of a JSON pointer (RFC 6901).
fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// A JSON pointer as the fragment of a URI (RFC 6901, section 6).
fn percent(pointer: &str) -> String {
    let mut text = String::with_capacity(pointer.len());
    for byte in pointer.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'~' | b'-' | b'.' | b'_' => text.push(byte.into()),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}
