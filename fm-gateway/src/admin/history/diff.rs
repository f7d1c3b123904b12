//! The differences of two tables as the dashboard and the audit log show them.

use crate::{
    table::{Route, Table},
    trial::{self, RouteDiff},
};
use serde::Serialize;
use serde_json::{Map, Value, json};

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
    /// `methods`, `plugins[1:rate-limit].settings.rate`.
    pub field: String,
    pub before: Value,
    pub after: Value,
}

impl RouteChange {
    /// In a word, for the audit log: `changed cars-search (path, plugins[1:proxy])`.
    pub fn summary(&self) -> String {
        if self.kind != "changed" {
            return format!("{} {}", self.kind, self.id);
        }
        let fields: Vec<&str> = self.fields.iter().map(|f| f.field.as_str()).collect();
        format!("{} {} ({})", self.kind, self.id, fields.join(", "))
    }
}

/// Compares two tables, secrets masked. The order of routes has no meaning and is not compared.
pub fn diff(before: &Table, after: &Table) -> Vec<RouteChange> {
    let trial::TableDiff { added, removed, changed, .. } = trial::diff(before, after);
    let defaults = defaults();
    let of = |kind: &'static str| {
        let defaults = &defaults;
        move |RouteDiff { id, fields }: RouteDiff| {
            // A changed route that does not say a field has its default, which is a value, too.
            let value = |field: &str, said: Option<Value>| {
                said.or_else(|| defaults.get(field).filter(|_| kind == "changed").cloned()).unwrap_or_default()
            };
            let field = |trial::FieldChange { field, before, after }: trial::FieldChange| FieldChange {
                before: value(&field, before),
                after: value(&field, after),
                field,
            };
            RouteChange { id, kind, fields: fields.into_iter().map(field).collect() }
        }
    };
    let all = added.into_iter().map(of("added")).chain(removed.into_iter().map(of("removed")));
    let mut changes: Vec<RouteChange> = all.chain(changed.into_iter().map(of("changed"))).collect();
    changes.sort_by(|a, b| a.id.cmp(&b.id));
    changes
}

/// The fields of a route that have a value also where it does not say them.
fn defaults() -> Map<String, Value> {
    let bare = json!({"id": "", "path": "/", "plugins": []});
    let Ok(Route { priority, fallback, active, public, max_body, .. }) = serde_json::from_value(bare) else { return Map::new() };
    let values = [
        ("priority", json!(priority)),
        ("fallback", json!(fallback)),
        ("active", json!(active)),
        ("public", json!(public)),
        ("max_body", json!(max_body)),
    ];
    values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
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
        assert_eq!(summary, ["changed changed (active, plugins[0:respond].settings.status)", "removed gone", "added new"]);
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

    #[test]
    fn a_changed_route_shows_the_default_of_what_it_does_not_say_and_a_new_one_only_what_it_says() {
        let before = table(json!([{"id": "a", "path": "/a", "priority": 5, "public": true, "max_body": 10, "plugins": []}]));
        let after = table(
            json!([{"id": "a", "path": "/a", "active": false, "fallback": true, "plugins": []}, {"id": "b", "path": "/b", "plugins": []}]),
        );
        let changes = diff(&before, &after);
        let mut found: Vec<_> = changes[0].fields.iter().map(|f| (f.field.as_str(), f.before.clone(), f.after.clone())).collect();
        found.sort_by_key(|(field, ..)| *field);
        let expected = [
            ("active", json!(true), json!(false)),
            ("fallback", json!(false), json!(true)),
            ("max_body", json!(10), json!(1 << 20)),
            ("priority", json!(5), json!(0)),
            ("public", json!(true), json!(false)),
        ];
        assert_eq!(found, expected);
        assert_eq!(changes[1].fields.iter().map(|f| (f.field.as_str(), f.before.clone())).collect::<Vec<_>>(), [("path", Value::Null)]);
    }
}
