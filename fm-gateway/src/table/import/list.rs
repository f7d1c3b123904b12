//! Makes routes of a plain list of paths, as other gateways and scripts export it.

use super::{Import, MAX_ROUTES, id, pattern};
use crate::table::{Route, Table};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    path: String,
    /// None means all.
    #[serde(default)]
    methods: Vec<String>,
    /// The name of a service, or `http://host:port`.
    target: String,
}

/// Makes a table of a list of `{"path": "/api/cars/{id}", "methods": ["GET"], "target": "fm-cars"}`. All routes are public.
///
/// # Errors
/// A sentence, if it is no such list, is too long, or has nothing in it.
pub fn import(list: &Value) -> Result<Import, String> {
    let list = list.as_array().ok_or("it is no list")?;
    if list.is_empty() {
        return Err("the list is empty".into());
    }
    if list.len() > MAX_ROUTES {
        return Err(format!("it has more than {MAX_ROUTES} paths"));
    }
    let parse = |(n, entry): (usize, &Value)| {
        let entry = Entry::deserialize(entry).map_err(|e| format!("entry {}: {e}", n + 1))?;
        if entry.path.starts_with('/') { Ok(entry) } else { Err(format!("entry {}: a path starts with /", n + 1)) }
    };
    let entries = list.iter().enumerate().map(parse).collect::<Result<Vec<Entry>, String>>()?;
    let mut warnings = vec!["the list names no security: all routes are public".to_owned()];
    let mut uses: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    entries.iter().for_each(|entry| *uses.entry((&entry.target, &entry.path)).or_default() += 1);
    let mut ids = BTreeSet::new();
    let routes = entries.iter().map(|entry| {
        let is_shared = uses[&(entry.target.as_str(), entry.path.as_str())] > 1;
        route(entry, is_shared, &mut ids, &mut warnings)
    });
    let routes = routes.collect::<Result<Vec<Route>, String>>()?;
    Ok(Import { table: Table { note: "imported from a list".into(), routes, ..Table::empty() }, warnings })
}

/// The route of an entry. Where several entries have its path, their methods tell the ids apart.
fn route(entry: &Entry, is_shared: bool, ids: &mut BTreeSet<String>, warnings: &mut Vec<String>) -> Result<Route, String> {
    let path = pattern(&entry.path, warnings);
    let (name, plugins) = match entry.target.split_once("://") {
        Some((_, authority)) => {
            let target = entry.target.trim_end_matches('/');
            (authority.trim_end_matches('/'), json!([{"plugin": "proxy", "settings": {"target": target}}]))
        }
        None => {
            let discovery = json!({"plugin": "discovery", "settings": {"service": entry.target}});
            (entry.target.as_str(), json!([discovery, {"plugin": "proxy"}]))
        }
    };
    let methods: Vec<String> = entry.methods.iter().map(|method| method.to_uppercase()).collect();
    let told_apart: Vec<&str> = if is_shared { methods.iter().map(String::as_str).collect() } else { Vec::new() };
    let id = id(name, &path, &told_apart, ids);
    let route = json!({"id": id, "group": name, "path": path, "methods": methods, "public": true, "plugins": plugins});
    Route::deserialize(route).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::{Catalogue, check};

    #[test]
    fn each_entry_is_a_route_to_a_service_or_an_address() {
        let list = json!([
            {"path": "/api/cars/{car-id}", "methods": ["get", "DELETE"], "target": "fm-cars"},
            {"path": "/api/cars", "methods": ["GET"], "target": "fm-cars"},
            {"path": "/api/cars", "methods": ["POST"], "target": "fm-cars"},
            {"path": "/old/**", "target": "http://10.0.0.7:8080/"},
        ]);
        let imported = import(&list).unwrap();
        assert_eq!(imported.warnings, ["the list names no security: all routes are public"]);
        let routes: Vec<Value> = imported
            .table
            .routes
            .iter()
            .map(|r| json!([r.id, r.group, r.path, r.methods, r.public, r.plugins[0].plugin, r.plugins[0].settings, r.plugins.len()]))
            .collect();
        assert_eq!(
            json!(routes),
            json!([
                ["fm-cars-api-cars-car_id", "fm-cars", "/api/cars/{car_id}", ["GET", "DELETE"], true, "discovery", {"service": "fm-cars"}, 2],
                ["fm-cars-api-cars-get", "fm-cars", "/api/cars", ["GET"], true, "discovery", {"service": "fm-cars"}, 2],
                ["fm-cars-api-cars-post", "fm-cars", "/api/cars", ["POST"], true, "discovery", {"service": "fm-cars"}, 2],
                ["10.0.0.7-8080-old---", "10.0.0.7:8080", "/old/**", [], true, "proxy", {"target": "http://10.0.0.7:8080"}, 1],
            ])
        );
        check(&imported.table, &Catalogue::shipped()).unwrap();
        assert_eq!(import(&list).unwrap(), imported, "ids are the same for the same list");
    }

    #[test]
    fn a_target_that_is_neither_is_named_by_the_check() {
        let list = json!([{"path": "/a", "target": "https://x.example"}, {"path": "/b", "target": "a/b"}]);
        let problems = check(&import(&list).unwrap().table, &Catalogue::shipped()).unwrap_err().to_string();
        assert!(problems.contains("https://x.example: a target is") && problems.contains("a service's name has no /"), "{problems}");
    }

    #[test]
    fn an_invalid_list_is_refused() {
        let entry = json!({"path": "/a", "target": "a"});
        for (bad, why) in [
            (json!({}), "no list"),
            (json!([]), "empty"),
            (json!([entry, {"path": "/a"}]), "entry 2: missing field `target`"),
            (json!([{"path": "/a", "target": "a", "roles": []}]), "entry 1: unknown field `roles`"),
            (json!([{"path": "a", "target": "a"}]), "entry 1: a path starts with /"),
            (json!(["/a"]), "entry 1: invalid type"),
            (json!(vec![entry.clone(); MAX_ROUTES + 1]), "more than 10000 paths"),
        ] {
            let error = import(&bad).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
