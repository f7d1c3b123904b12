//! An OpenAPI 3.1 document, ready for requests.

use super::operation::{Compiler, Operation};
use crate::router::{Pattern, Segment};
use boon::Schemas;
use http::Method;
use serde_json::Value;
use std::collections::BTreeMap;

/// Operations beyond this number are not compared; each has its validators in memory.
const MAX_OPERATIONS: usize = 2000;
const METHODS: [&str; 7] = ["get", "head", "post", "put", "patch", "delete", "options"];

/// The operations of a service.
pub struct Document {
    pub schemas: Schemas,
    /// The most specific path first.
    paths: Vec<(Pattern, BTreeMap<&'static str, Option<Operation>>)>,
}

/// What a document says about a path and a method.
pub enum Lookup<'d> {
    /// `parameters` has name and decoded value of each parameter of the path.
    Found {
        operation: &'d Operation,
        parameters: Vec<(String, String)>,
    },
    /// The operation is there, and cannot be compared with: its schema does not compile.
    Unusable,
    Undocumented,
}

impl Document {
    /// Reads a document. An operation whose schemas do not compile is left out of comparison, and logged.
    ///
    /// # Errors
    /// Why nothing of it can be used.
    pub fn parse(bytes: &[u8]) -> Result<Document, String> {
        let document: Value = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
        match document.get("openapi").and_then(Value::as_str) {
            // Schemas of 3.0 are no JSON Schema: `nullable`, `exclusiveMinimum: true`.
            Some(version) if version.starts_with("3.1") || version.starts_with("3.2") => {}
            version => return Err(format!("OpenAPI 3.1 expected, not {}", version.unwrap_or("something else"))),
        }
        let mut compiler = Compiler::new(&document)?;
        let (mut paths, mut count) = (Vec::new(), 0);
        for (path, item) in document.get("paths").and_then(Value::as_object).into_iter().flatten() {
            let Ok(pattern) = Pattern::parse(path) else { continue };
            let mut operations = BTreeMap::new();
            for method in METHODS.into_iter().filter(|method| item.get(method).is_some()) {
                count += 1;
                let operation =
                    if count > MAX_OPERATIONS { Err("there are too many".into()) } else { compiler.operation(path, item, method) };
                let operation = operation.inspect_err(|why| log::warn!("request-validation: {method} {path} is not validated: {why}"));
                operations.insert(method, operation.ok());
            }
            paths.push((pattern, operations));
        }
        paths.sort_by_key(|(pattern, _)| pattern.specificity());
        Ok(Document { schemas: compiler.into_schemas(), paths })
    }

    pub fn find(&self, method: &Method, path: &str) -> Lookup<'_> {
        let name = METHODS.into_iter().find(|name| name.eq_ignore_ascii_case(method.as_str())).unwrap_or_default();
        for (pattern, operations) in self.paths.iter().filter(|(pattern, _)| pattern.matches(path)) {
            // HEAD is answered where GET is (RFC 9110, 9.3.2).
            let operation = operations.get(name).or_else(|| operations.get("get").filter(|_| name == "head"));
            return match operation {
                Some(Some(operation)) => Lookup::Found { operation, parameters: parameters(pattern, path) },
                Some(None) => Lookup::Unusable,
                None => continue,
            };
        }
        Lookup::Undocumented
    }
}

fn parameters(pattern: &Pattern, path: &str) -> Vec<(String, String)> {
    let parts = path.trim_start_matches('/').split('/');
    let named = pattern.segments.iter().zip(parts).filter_map(|(segment, part)| match segment {
        Segment::Param(name) => Some((name.clone(), super::parameter::decode(part))),
        Segment::Literal(_) => None,
    });
    named.collect()
}
