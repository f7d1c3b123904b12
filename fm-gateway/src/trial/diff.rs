//! What differs between two tables, for people and for scripts.

use crate::{
    pipeline::trace::{MASK, is_secret},
    table::{Group, Route, Stage, Table},
};
use serde::Serialize;
use serde_json::{Map, Value};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// Longer pipelines, which nobody writes, are compared as a whole.
const MAX_ALIGNED: usize = 200;

/// The routes and fields that differ. The order of routes says nothing, so it is not compared.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TableDiff {
    /// Fields of the table itself.
    pub fields: Vec<FieldChange>,
    pub added: Vec<RouteDiff>,
    pub removed: Vec<RouteDiff>,
    pub changed: Vec<RouteDiff>,
}

/// A route that differs; all its fields, if it is there only once.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RouteDiff {
    pub id: String,
    pub fields: Vec<FieldChange>,
}

/// A field that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FieldChange {
    /// `methods`, `plugins[1:proxy].settings.retries`; a plugin's place is that in the table where it is.
    pub field: String,
    /// None: it is not said, so that the default holds. Values of fields with names of secrets are masked.
    pub before: Option<Value>,
    pub after: Option<Value>,
}

impl TableDiff {
    /// Whether both tables do the same.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }
}

/// Compares two tables.
pub fn diff(before: &Table, after: &Table) -> TableDiff {
    let mut diff = TableDiff::default();
    let text = |text: &str| (!text.is_empty()).then(|| Value::from(text));
    compare("note", text(&before.note), text(&after.note), &mut diff.fields);
    compare("format", Some(before.format.into()), Some(after.format.into()), &mut diff.fields);
    let groups: BTreeSet<&String> = before.groups.keys().chain(after.groups.keys()).collect();
    for name in groups {
        let (old, new) = (before.groups.get(name), after.groups.get(name));
        let said = |group: Option<&Group>| group.map(|group| group.description.clone()).filter(|text| !text.is_empty()).map(Value::from);
        compare(&format!("groups[{name}].description"), said(old), said(new), &mut diff.fields);
        let stages = |group: Option<&Group>| group.map(|group| group.plugins.clone()).unwrap_or_default();
        compare_pipelines(&format!("groups[{name}]."), &stages(old), &stages(new), &mut diff.fields);
    }
    let (old, new) = (by_id(before), by_id(after));
    let of = |id: &str, before, after| RouteDiff { id: id.to_owned(), fields: fields(before, after) };
    for (id, route) in &old {
        match new.get(id) {
            None => diff.removed.push(of(id, Some(*route), None)),
            Some(changed) if changed != route => diff.changed.push(of(id, Some(*route), Some(*changed))),
            Some(_) => {}
        }
    }
    for (id, route) in new.iter().filter(|(id, _)| !old.contains_key(*id)) {
        diff.added.push(of(id, None, Some(*route)));
    }
    diff
}

/// A route, and the plugins that it shares with its group.
type Whole<'t> = (&'t Route, &'t [Stage]);

fn by_id(table: &Table) -> BTreeMap<&str, Whole<'_>> {
    table.routes.iter().map(|route| (route.id.as_str(), (route, table.shared(route)))).collect()
}

fn fields(before: Option<Whole<'_>>, after: Option<Whole<'_>>) -> Vec<FieldChange> {
    let mut changes = Vec::new();
    let shared = |whole: Option<Whole<'_>>| whole.map(|(_, shared)| shared.to_vec()).unwrap_or_default();
    compare_pipelines("group.", &shared(before), &shared(after), &mut changes);
    let (before, after) = (before.map(|(route, _)| route), after.map(|(route, _)| route));
    let plain = |route: Option<&Route>| {
        let mut fields = match route.map(serde_json::to_value) {
            Some(Ok(Value::Object(fields))) => fields,
            _ => Map::new(),
        };
        fields.retain(|name, _| name != "id" && name != "plugins");
        fields
    };
    let (old, new) = (plain(before), plain(after));
    compare_objects("", &old, &new, &mut changes);
    let stages = |route: Option<&'_ Route>| route.map(|route| route.plugins.clone()).unwrap_or_default();
    compare_pipelines("", &stages(before), &stages(after), &mut changes);
    changes
}

/// Aligns two pipelines by the names of their plugins: one that was put in does not make all behind it differ.
fn compare_pipelines(prefix: &str, before: &[Stage], after: &[Stage], changes: &mut Vec<FieldChange>) {
    let place = |n: usize, stage: &Stage| format!("{prefix}plugins[{n}:{}]", stage.plugin);
    let whole = |stage: &Stage| Some(Value::Object(stage.settings.clone()));
    let enabled = |at: String, before: Option<&Stage>, after: Option<&Stage>, changes: &mut Vec<FieldChange>| {
        // Where there is only one of them it is said if it is not the default.
        let said = |stage: &Stage, other: Option<&Stage>| (other.is_some() || !stage.enabled).then(|| stage.enabled.into());
        let (old, new) = (before.and_then(|stage| said(stage, after)), after.and_then(|stage| said(stage, before)));
        compare(&format!("{at}.enabled"), old, new, changes);
    };
    if before.len().max(after.len()) > MAX_ALIGNED {
        let json = |stages: &[Stage]| serde_json::to_value(stages).ok();
        return compare(&format!("{prefix}plugins"), json(before), json(after), changes);
    }
    let in_common = in_common(before, after);
    let (mut a, mut b) = (0, 0);
    loop {
        match (before.get(a), after.get(b)) {
            (None, None) => return,
            (Some(old), Some(new)) if old.plugin == new.plugin => {
                enabled(place(b, new), Some(old), Some(new), changes);
                compare_objects(&format!("{}.settings.", place(b, new)), &old.settings, &new.settings, changes);
                (a, b) = (a + 1, b + 1);
            }
            (Some(old), new) if new.is_none() || in_common[a + 1][b] >= in_common[a][b + 1] => {
                compare(&place(a, old), whole(old), None, changes);
                enabled(place(a, old), Some(old), None, changes);
                a += 1;
            }
            (_, new) => {
                let at = new.map(|new| place(b, new)).unwrap_or_default();
                compare(&at, None, new.and_then(whole), changes);
                enabled(at, None, new, changes);
                b += 1;
            }
        }
    }
}

/// The length of the longest sequence of plugins that both have from two places on.
fn in_common(before: &[Stage], after: &[Stage]) -> Vec<Vec<u16>> {
    let mut lengths = vec![vec![0; after.len() + 1]; before.len() + 1];
    for (a, old) in before.iter().enumerate().rev() {
        for (b, new) in after.iter().enumerate().rev() {
            lengths[a][b] = match old.plugin == new.plugin {
                true => lengths[a + 1][b + 1] + 1,
                false => lengths[a + 1][b].max(lengths[a][b + 1]),
            };
        }
    }
    lengths
}

fn compare_objects(prefix: &str, before: &Map<String, Value>, after: &Map<String, Value>, changes: &mut Vec<FieldChange>) {
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    for name in gone.chain(after.keys()) {
        match (before.get(name), after.get(name)) {
            (Some(Value::Object(old)), Some(Value::Object(new))) => compare_objects(&format!("{prefix}{name}."), old, new, changes),
            (old, new) => compare(&format!("{prefix}{name}"), old.cloned(), new.cloned(), changes),
        }
    }
}

fn compare(field: &str, before: Option<Value>, after: Option<Value>, changes: &mut Vec<FieldChange>) {
    if before != after {
        let (before, after) = (before.map(|value| masked(field, value)), after.map(|value| masked(field, value)));
        changes.push(FieldChange { field: field.to_owned(), before, after });
    }
}

/// References to the environment are no secrets.
fn masked(name: &str, value: Value) -> Value {
    let is_secret_here = is_secret(last(name));
    match value {
        Value::Object(fields) => {
            // A predicate names the field whose value it has.
            let compared = ["header", "query", "cookie"].iter().find_map(|kind| fields.get(*kind)?.as_str()).map(str::to_owned);
            let compared = compared.filter(|compared| fields.contains_key("cookie") || is_secret(compared));
            let of = |inner: String| match inner.as_str() {
                _ if is_secret_here => last(name).to_owned(),
                "equals" | "one_of" => compared.clone().map_or(inner, |_| "secret".into()),
                _ => inner,
            };
            fields.into_iter().map(|(inner, value)| (inner.clone(), masked(&of(inner), value))).collect()
        }
        Value::Array(items) => items.into_iter().map(|item| masked(name, item)).collect(),
        Value::String(text) if is_secret_here && !(text.starts_with("env{") && text.ends_with('}')) => MASK.into(),
        Value::Number(_) if is_secret_here => MASK.into(),
        value => value,
    }
}

/// The name of a field without where it is: `plugins[0:authentication]` is no secret.
fn last(field: &str) -> &str {
    field.rsplit("settings.").next().unwrap_or(field)
}

impl fmt::Display for FieldChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.before, &self.after) {
            (None, Some(after)) => write!(f, "+ {}: {after}", self.field),
            (Some(before), None) => write!(f, "- {}: {before}", self.field),
            (Some(before), Some(after)) => write!(f, "~ {}: {before} -> {after}", self.field),
            (None, None) => f.write_str(&self.field),
        }
    }
}

impl fmt::Display for TableDiff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return writeln!(f, "nothing differs");
        }
        for field in &self.fields {
            writeln!(f, "{field}")?;
        }
        for (mark, routes) in [("+", &self.added), ("-", &self.removed), ("~", &self.changed)] {
            for route in routes {
                writeln!(f, "{mark} route {}", route.id)?;
                for field in &route.fields {
                    writeln!(f, "    {field}")?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn table(routes: Value) -> Table {
        serde_json::from_value(json!({"format": 1, "routes": routes})).unwrap()
    }

    fn one(route: Value) -> Table {
        table(json!([route]))
    }

    fn changes(before: &Table, after: &Table) -> Vec<String> {
        diff(before, after).changed.iter().flat_map(|route| &route.fields).map(ToString::to_string).collect()
    }

    #[test]
    fn a_change_of_a_group_is_one_of_each_of_its_routes() {
        let grouped = |rate: u32| {
            let group = json!({"plugins": [{"plugin": "rate-limit", "settings": {"rate": rate}}]});
            let route = |id: &str, group: &str| json!({"id": id, "path": format!("/{id}"), "group": group, "plugins": []});
            let table =
                json!({"format": 1, "groups": {"shop": group}, "routes": [route("a", "shop"), route("b", "shop"), route("c", "other")]});
            serde_json::from_value::<Table>(table).unwrap()
        };
        let found = diff(&grouped(1), &grouped(2));
        assert_eq!(found.changed.iter().map(|route| route.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        let said = |fields: &[FieldChange]| fields.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(said(&found.changed[0].fields), ["~ group.plugins[0:rate-limit].settings.rate: 1 -> 2"]);
        assert_eq!(said(&found.fields), ["~ groups[shop].plugins[0:rate-limit].settings.rate: 1 -> 2"]);
        assert!(diff(&grouped(1), &grouped(1)).is_empty());
    }

    #[test]
    fn routes_are_added_removed_and_changed_whatever_their_order() {
        let route = |id: &str, path: &str| json!({"id": id, "path": path, "plugins": []});
        let before = table(json!([route("a", "/a"), route("b", "/b"), route("c", "/c")]));
        let after = Table { note: "why".into(), ..table(json!([route("c", "/c"), route("d", "/d"), route("a", "/a2")])) };
        let found = diff(&before, &after);
        let ids = |routes: &[RouteDiff]| routes.iter().map(|route| route.id.clone()).collect::<Vec<_>>();
        assert_eq!((ids(&found.added), ids(&found.removed), ids(&found.changed)), (vec!["d".into()], vec!["b".into()], vec!["a".into()]));
        assert_eq!(
            found.to_string(),
            "+ note: \"why\"\n+ route d\n    + path: \"/d\"\n- route b\n    - path: \"/b\"\n~ route a\n    ~ path: \"/a\" -> \"/a2\"\n"
        );
        assert!(diff(&before, &before).is_empty() && !found.is_empty());
        let shuffled = table(json!([route("c", "/c"), route("a", "/a"), route("b", "/b")]));
        assert!(diff(&before, &shuffled).is_empty());
    }

    #[test]
    fn a_plugin_that_is_put_in_or_taken_out_does_not_make_the_others_differ() {
        let with = |plugins: Value| one(json!({"id": "r", "path": "/", "plugins": plugins}));
        let (auth, find) = (json!({"plugin": "authentication"}), json!({"plugin": "discovery", "settings": {"service": "a"}}));
        let proxy = |retries: u8| json!({"plugin": "proxy", "settings": {"retries": retries, "nested": {"x": 1, "y": 2}}});
        let limit = json!({"plugin": "rate-limit", "settings": {"rate": 5}});
        let before = with(json!([auth, find, proxy(1)]));
        assert_eq!(
            changes(&before, &with(json!([limit, auth, find, proxy(2)]))),
            ["+ plugins[0:rate-limit]: {\"rate\":5}", "~ plugins[3:proxy].settings.retries: 1 -> 2"]
        );
        assert_eq!(changes(&before, &with(json!([find, proxy(1)]))), ["- plugins[0:authentication]: {}"]);
        assert_eq!(
            changes(&before, &with(json!([find, auth, proxy(1)]))),
            ["- plugins[0:authentication]: {}", "+ plugins[1:authentication]: {}"]
        );
        assert_eq!(changes(&before, &with(json!([auth, find]))).len(), 1);
    }

    #[test]
    fn a_plugin_that_is_switched_off_or_on_differs_in_that_alone() {
        let with = |plugins: Value| one(json!({"id": "r", "path": "/", "plugins": plugins}));
        let (on, off) =
            (json!({"plugin": "ip", "settings": {"deny": []}}), json!({"plugin": "ip", "enabled": false, "settings": {"deny": []}}));
        let (before, after) = (with(json!([on, {"plugin": "respond"}])), with(json!([off, {"plugin": "respond"}])));
        assert_eq!(changes(&before, &after), ["~ plugins[0:ip].enabled: true -> false"]);
        assert_eq!(changes(&after, &before), ["~ plugins[0:ip].enabled: false -> true"]);
        let without = with(json!([{"plugin": "respond"}]));
        assert_eq!(changes(&without, &after), ["+ plugins[0:ip]: {\"deny\":[]}", "+ plugins[0:ip].enabled: false"]);
        assert_eq!(changes(&after, &without), ["- plugins[0:ip]: {\"deny\":[]}", "- plugins[0:ip].enabled: false"]);
        assert_eq!(changes(&without, &before).len(), 1);
    }

    #[test]
    fn secrets_are_masked_and_references_are_not() {
        let with = |key: &str, set: Value| {
            one(json!({"id": "r", "path": "/", "plugins": [{"plugin": "authentication", "settings": {
                "mode": key, "client_secret": key, "set": set, "keys": {"alice": key}, "credentials": true}}]}))
        };
        let (before, after) =
            (with("one-secret", json!({"authorization": "Basic old-secret"})), with("env{KEY}", json!({"x-tenant": "plain"})));
        let said = diff(&before, &after).to_string();
        for expected in [
            "client_secret: \"***\" -> \"env{KEY}\"",
            "keys.alice: \"***\" -> \"env{KEY}\"",
            "- plugins[0:authentication].settings.set.authorization: \"***\"",
            "x-tenant: \"plain\"",
        ] {
            assert!(said.contains(expected), "{expected}: {said}");
        }
        assert!(!said.contains("old-secret"), "{said}");
        let added = diff(&table(json!([])), &before);
        let json = serde_json::to_string(&added).unwrap();
        assert!(!json.contains("old-secret") && !json.contains("alice\":\"one-secret"), "{json}");
        let keyed = one(
            json!({"id": "r", "path": "/", "plugins": [], "predicates": [{"header": "x-api-key", "equals": "old-secret"}, {"query": "q", "equals": "7"}]}),
        );
        let keyed = diff(&table(json!([])), &keyed).to_string();
        assert!(!keyed.contains("old-secret") && keyed.contains("\"equals\":\"7\""), "{keyed}");
        assert!(json.contains("\"mode\":\"one-secret\""), "a setting whose name says nothing is shown: {json}");
    }
}
