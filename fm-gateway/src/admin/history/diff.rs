//! The differences of two tables as the dashboard and the audit log show them.

use crate::{
    table::Table,
    trial::{self, RouteDiff},
};
use serde::Serialize;
use serde_json::Value;

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
    let of = |kind: &'static str| {
        move |RouteDiff { id, fields }: RouteDiff| {
            let field = |change: trial::FieldChange| FieldChange {
                field: change.field,
                before: change.before.unwrap_or_default(),
                after: change.after.unwrap_or_default(),
            };
            RouteChange { id, kind, fields: fields.into_iter().map(field).collect() }
        }
    };
    let all = added.into_iter().map(of("added")).chain(removed.into_iter().map(of("removed")));
    let mut changes: Vec<RouteChange> = all.chain(changed.into_iter().map(of("changed"))).collect();
    changes.sort_by(|a, b| a.id.cmp(&b.id));
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

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
}
