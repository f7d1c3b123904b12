//! Makes routes of an OpenAPI document: one for each path, or several where its operations ask for different rights.

use super::{Import, MAX_ROUTES, id, pattern};
use crate::table::{Route, Stage, Table};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The operations of a path that a route can take, in the order of methods.
const METHODS: [&str; 7] = ["get", "head", "post", "put", "patch", "delete", "options"];

/// What an operation asks of whoever calls it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Access {
    Public,
    Optional,
    Scopes(Vec<String>),
}

/// Makes a table whose routes lead to a service.
///
/// # Errors
/// A sentence, if it is no OpenAPI 3 document, is too large, or has nothing to make a route of.
pub fn import(document: &Value, service: &str) -> Result<Import, String> {
    if !document["openapi"].as_str().is_some_and(|version| version.starts_with("3.")) {
        return Err("it is no OpenAPI document of version 3".into());
    }
    let paths = document["paths"].as_object().ok_or("it has no paths")?;
    if paths.len() > MAX_ROUTES {
        return Err(format!("it has more than {MAX_ROUTES} paths"));
    }
    let mut import = Import { table: Table { note: note(document), ..Table::empty() }, warnings: Vec::new() };
    if document.get("security").is_none() && !paths.values().any(|item| METHODS.iter().any(|m| item[m].get("security").is_some())) {
        import.warnings.push("the document names no security: all routes are public".into());
    }
    let base = base(document, &mut import.warnings);
    let mut ids = BTreeSet::new();
    for (path, item) in paths {
        let item = resolve(document, item).map_err(|e| format!("{path}: {e}"))?;
        let pattern = pattern(&format!("{base}{path}"), &mut import.warnings);
        let mut groups: BTreeMap<Access, Vec<&str>> = BTreeMap::new();
        for method in METHODS.into_iter().filter(|method| item[*method].is_object()) {
            let place = format!("{} {path}", method.to_uppercase());
            groups.entry(access(document, &item[method], &place, &mut import.warnings)).or_default().push(method);
        }
        if item["trace"].is_object() {
            import.warnings.push(format!("TRACE {path} is left out, the gateway never serves it"));
        }
        let several = groups.len() > 1;
        for (access, methods) in groups {
            let id = id(service, &pattern, if several { &methods } else { &[] }, &mut ids);
            import.table.routes.push(route(id, service, &pattern, item, &methods, access));
        }
    }
    if import.table.routes.is_empty() { Err("it has no operations".into()) } else { Ok(import) }
}

fn note(document: &Value) -> String {
    let (title, version) =
        (document["info"]["title"].as_str().unwrap_or("OpenAPI"), document["info"]["version"].as_str().unwrap_or_default());
    format!("imported from {title} {version}").trim_end().to_owned()
}

/// The path of the first server, below which all others are.
fn base(document: &Value, warnings: &mut Vec<String>) -> String {
    let url = document["servers"][0]["url"].as_str().unwrap_or_default();
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("", |at| &rest[at..]),
        None => url,
    };
    let path = path.trim_end_matches('/');
    if path.contains(['{', '?', '#']) || !(path.is_empty() || path.starts_with('/')) {
        warnings.push(format!("the server {url:?} has no plain path and is left out"));
        return String::new();
    }
    path.to_owned()
}

/// Follows a reference to another part of the document.
fn resolve<'d>(document: &'d Value, item: &'d Value) -> Result<&'d Value, String> {
    let Some(reference) = item["$ref"].as_str() else { return Ok(item) };
    let target = reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer));
    target.filter(|target| target.get("$ref").is_none()).ok_or_else(|| format!("the reference {reference:?} leads nowhere"))
}

fn access(document: &Value, operation: &Value, place: &str, warnings: &mut Vec<String>) -> Access {
    let security = operation.get("security").or_else(|| document.get("security")).and_then(Value::as_array);
    let requirements: Vec<&Map<String, Value>> = security.into_iter().flatten().filter_map(Value::as_object).collect();
    let Some(first) = requirements.iter().find(|requirement| !requirement.is_empty()) else { return Access::Public };
    for name in first.keys() {
        let scheme = &document["components"]["securitySchemes"][name];
        let is_bearer = scheme["type"] == "http" && scheme["scheme"].as_str().is_some_and(|s| s.eq_ignore_ascii_case("bearer"));
        if !is_bearer && scheme["type"] != "oauth2" && scheme["type"] != "openIdConnect" {
            warnings.push(format!("{place}: {name} is no access token; the plugin authentication takes nothing else"));
        }
    }
    if requirements.iter().any(|requirement| requirement.is_empty()) {
        return Access::Optional;
    }
    if requirements.len() > 1 {
        warnings.push(format!("{place}: of several security requirements the first one is taken"));
    }
    let scopes: BTreeSet<&str> = first.values().filter_map(Value::as_array).flatten().filter_map(Value::as_str).collect();
    Access::Scopes(scopes.into_iter().map(str::to_owned).collect())
}

fn route(id: String, service: &str, pattern: &str, item: &Value, methods: &[&str], access: Access) -> Route {
    let stage = |plugin: &str, settings: Value| Stage {
        plugin: plugin.into(),
        enabled: true,
        settings: settings.as_object().cloned().unwrap_or_default(),
    };
    let public = matches!(access, Access::Public | Access::Optional);
    let mut plugins = match access {
        Access::Public => Vec::new(),
        Access::Optional => vec![stage("authentication", json!({"optional": true}))],
        Access::Scopes(scopes) if scopes.is_empty() => vec![stage("authentication", json!({}))],
        Access::Scopes(scopes) => vec![stage("authentication", json!({"scopes": scopes}))],
    };
    plugins.extend([stage("discovery", json!({"service": service})), stage("proxy", json!({}))]);
    let summary = match methods {
        [method] => item[method]["summary"].as_str().or(item["summary"].as_str()),
        _ => item["summary"].as_str(),
    };
    Route {
        id,
        name: summary.unwrap_or_default().into(),
        description: String::new(),
        group: service.into(),
        hosts: Vec::new(),
        path: pattern.into(),
        methods: methods.iter().map(|method| method.to_uppercase()).collect(),
        predicates: Vec::new(),
        priority: 0,
        fallback: false,
        active: true,
        public,
        max_body: 1 << 20,
        allow_headers: Vec::new(),
        plugins,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(paths: Value) -> Value {
        json!({
            "openapi": "3.1.0", "info": {"title": "Cars", "version": "2"}, "servers": [{"url": "https://market.example/api/"}],
            "security": [{"token": []}], "paths": paths,
            "components": {
                "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}, "key": {"type": "apiKey"}},
                "pathItems": {"shared": {"get": {"security": []}}}
            }
        })
    }

    #[test]
    fn operations_of_a_path_share_a_route_if_they_ask_for_the_same_rights() {
        let import = import(
            &document(json!({
                "/cars": {"get": {"security": [], "summary": "Search"}, "post": {"security": [{"token": ["cars:write"]}], "summary": "Create"}},
                "/cars/{car-id}/images/{key}": {"summary": "A picture", "put": {}, "delete": {"summary": "Remove"}},
                "/me": {"get": {"security": [{}, {"token": []}]}},
                "/shared": {"$ref": "#/components/pathItems/shared"},
            })),
            "fm-cars",
        )
        .unwrap();
        assert_eq!((import.table.note.as_str(), import.warnings), ("imported from Cars 2", vec![]));
        let routes: Vec<Value> = import
            .table
            .routes
            .iter()
            .map(|route| {
                json!([route.id, route.name, route.path, route.methods, route.public, route.plugins[0].plugin, route.plugins[0].settings])
            })
            .collect();
        assert_eq!(
            json!(routes),
            json!([
                ["fm-cars-api-cars-get", "Search", "/api/cars", ["GET"], true, "discovery", {"service": "fm-cars"}],
                ["fm-cars-api-cars-post", "Create", "/api/cars", ["POST"], false, "authentication", {"scopes": ["cars:write"]}],
                ["fm-cars-api-cars-car_id-images-key", "A picture", "/api/cars/{car_id}/images/{key}", ["PUT", "DELETE"], false, "authentication", {}],
                ["fm-cars-api-me", "", "/api/me", ["GET"], true, "authentication", {"optional": true}],
                ["fm-cars-api-shared", "", "/api/shared", ["GET"], true, "discovery", {"service": "fm-cars"}],
            ])
        );
        crate::pipeline::check(&import.table, &crate::pipeline::Catalogue::shipped()).unwrap();
    }

    #[test]
    fn operations_that_cannot_be_imported_are_named() {
        let warned = |change: &dyn Fn(&mut Value)| {
            let mut document = document(json!({"/a/{x}.{y}": {"get": {}, "trace": {}}}));
            change(&mut document);
            import(&document, "s").unwrap().warnings.join("\n")
        };
        let said = warned(&|_| {});
        assert!(said.contains("TRACE /a/{x}.{y}") && said.contains("\"{x}.{y}\" is taken as a whole"), "{said}");
        assert!(warned(&|d| d["security"] = json!([{"key": []}])).contains("key is no access token"));
        assert!(warned(&|d| d["security"] = json!([{"token": []}, {"key": []}])).contains("several security requirements"));
        assert!(warned(&|d| d["servers"] = json!([{"url": "/{version}"}])).contains("{version}"));
        assert!(warned(&|d| drop(d.as_object_mut().unwrap().remove("security"))).contains("all routes are public"));
    }

    #[test]
    fn an_invalid_document_is_refused() {
        for (bad, why) in [
            (json!([]), "no OpenAPI"),
            (json!({"swagger": "2.0", "paths": {}}), "no OpenAPI"),
            (json!({"openapi": "3.0.3"}), "no paths"),
            (json!({"openapi": "3.0.3", "paths": {}}), "no operations"),
            (json!({"openapi": "3.0.3", "paths": {"/a": {"$ref": "other.json"}}}), "leads nowhere"),
        ] {
            let error = import(&bad, "s").unwrap_err();
            assert!(error.contains(why), "{bad}: {error}");
        }
    }
}
