//! The differences of two tables, route by route and setting by setting.

use crate::table::{Route, Table};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// One route that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RouteChange {
    pub id: String,
    /// `added`, `removed`, `changed`.
    pub kind: &'static str,
    pub fields: Vec<FieldChange>,
}

/// One value that differs; null where there is none.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FieldChange {
    /// `methods`, `plugins[1].settings.rate`.
    pub field: String,
    pub before: Value,
    pub after: Value,
}

impl RouteChange {
    /// In a word, for the audit log: `changed cars-search (path, plugins[1])`.
    pub fn summary(&self) -> String {
        if self.kind != "changed" {
            return format!("{} {}", self.kind, self.id);
        }
        let fields: Vec<&str> = self.fields.iter().map(|f| f.field.as_str()).collect();
        format!("{} {} ({})", self.kind, self.id, fields.join(", "))
    }
}

/// Compares two tables. The order of routes has no meaning and is not compared.
pub fn diff(before: &Table, after: &Table) -> Vec<RouteChange> {
    let by_id = |table: &Table| -> BTreeMap<String, Value> { table.routes.iter().map(|r| (r.id.clone(), shape(r))).collect() };
    let (old, new) = (by_id(before), by_id(after));
    let mut changes = Vec::new();
    for (id, value) in &new {
        let (kind, was) = match old.get(id) {
            None => ("added", &Value::Null),
            Some(was) if was == value => continue,
            Some(was) => ("changed", was),
        };
        changes.push(RouteChange { id: id.clone(), kind, fields: fields(was, value) });
    }
    for (id, value) in old.iter().filter(|(id, _)| !new.contains_key(*id)) {
        changes.push(RouteChange { id: id.clone(), kind: "removed", fields: fields(value, &Value::Null) });
    }
    changes.sort_by(|a, b| a.id.cmp(&b.id));
    changes
}

/// A route with its defaults, so that a value that is set to its default is no change.
fn shape(route: &Route) -> Value {
    let mut value = serde_json::to_value(route).unwrap_or_default();
    value["active"] = json!(route.active);
    value
}

fn fields(before: &Value, after: &Value) -> Vec<FieldChange> {
    let mut found = Vec::new();
    walk(before, after, "", &mut found);
    found
}

fn walk(before: &Value, after: &Value, at: &str, found: &mut Vec<FieldChange>) {
    if before == after {
        return;
    }
    let nothing = Value::Null;
    match (before, after) {
        (Value::Object(_) | Value::Null, Value::Object(_)) | (Value::Object(_), Value::Null) => {
            let names = [before, after].into_iter().filter_map(Value::as_object).flat_map(|fields| fields.keys());
            for name in names.collect::<std::collections::BTreeSet<_>>() {
                let place = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
                walk(before.get(name).unwrap_or(&nothing), after.get(name).unwrap_or(&nothing), &place, found);
            }
        }
        (Value::Array(old), Value::Array(new)) if at == "plugins" => {
            for n in 0..old.len().max(new.len()) {
                walk(old.get(n).unwrap_or(&nothing), new.get(n).unwrap_or(&nothing), &format!("{at}[{n}]"), found);
            }
        }
        _ => found.push(FieldChange { field: at.into(), before: before.clone(), after: after.clone() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(routes: Value) -> Table {
        serde_json::from_value(json!({"format": 1, "routes": routes})).unwrap()
    }

    #[test]
    fn routes_and_settings_that_differ_are_named() {
        let respond = |status: u16| json!([{"plugin": "respond", "settings": {"status": status}}]);
        let before = table(json!([
            {"id": "same", "path": "/s", "plugins": []},
            {"id": "gone", "path": "/g", "plugins": []},
            {"id": "changed", "path": "/c", "plugins": respond(200)},
        ]));
        let after = table(json!([
            {"id": "changed", "path": "/c", "active": false, "plugins": respond(404)},
            {"id": "new", "path": "/n", "plugins": []},
            {"id": "same", "path": "/s", "active": true, "plugins": []},
        ]));
        let summary: Vec<String> = diff(&before, &after).iter().map(RouteChange::summary).collect();
        assert_eq!(summary, ["changed changed (active, plugins[0].settings.status)", "removed gone", "added new"]);
        assert!(diff(&after, &after).is_empty());
    }

    #[test]
    fn the_values_before_and_after_are_given() {
        let before = table(json!([{"id": "a", "path": "/a", "methods": ["GET"], "plugins": []}]));
        let after = table(json!([{"id": "a", "path": "/b", "plugins": []}]));
        let changes = diff(&before, &after);
        let found: Vec<_> = changes[0].fields.iter().map(|f| (f.field.as_str(), f.before.clone(), f.after.clone())).collect();
        assert_eq!(found, [("methods", json!(["GET"]), Value::Null), ("path", json!("/a"), json!("/b"))]);
    }
}
