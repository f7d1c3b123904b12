//! Brings the changes of two editors together, route by route.

use crate::table::{Route, Table};
use std::collections::{BTreeMap, BTreeSet};

/// What came of it.
#[derive(Debug, PartialEq)]
pub struct Merge {
    /// Theirs, with my changes on top; where both changed a route, mine.
    pub table: Table,
    /// The routes and groups that both changed, each in another way.
    pub conflicts: Vec<String>,
}

/// Puts my changes of `base` on top of theirs.
pub fn merge(base: &Table, mine: &Table, theirs: &Table) -> Merge {
    let mut table = theirs.clone();
    let mut conflicts = Vec::new();
    let groups: BTreeSet<&String> = [base, mine, theirs].into_iter().flat_map(|table| table.groups.keys()).collect();
    for name in groups {
        let (was, own, other) = (base.groups.get(name), mine.groups.get(name), theirs.groups.get(name));
        if own == was || own == other {
            continue;
        }
        if other != was {
            conflicts.push(format!("group {name}"));
        }
        match own {
            Some(own) => drop(table.groups.insert(name.clone(), own.clone())),
            None => drop(table.groups.remove(name)),
        }
    }
    let (base, my, their) = (by_id(base), by_id(mine), by_id(theirs));
    let ids: BTreeSet<&str> = base.keys().chain(my.keys()).chain(their.keys()).copied().collect();
    for id in ids {
        let (was, own, other) = (base.get(id), my.get(id), their.get(id));
        if own == was || own == other {
            continue;
        }
        if other != was {
            conflicts.push(id.to_owned());
        }
        let at = table.routes.iter().position(|route| route.id == id);
        match (own, at) {
            (Some(own), Some(at)) => table.routes[at] = (*own).clone(),
            (Some(own), None) => table.routes.push((*own).clone()),
            (None, Some(at)) => drop(table.routes.remove(at)),
            (None, None) => {}
        }
    }
    Merge { table, conflicts }
}

fn by_id(table: &Table) -> BTreeMap<&str, &Route> {
    table.routes.iter().map(|route| (route.id.as_str(), route)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn table(routes: &[(&str, &str)]) -> Table {
        let routes: Vec<Value> = routes.iter().map(|(id, path)| json!({"id": id, "path": path, "plugins": []})).collect();
        serde_json::from_value(json!({"format": 1, "routes": routes})).unwrap()
    }

    #[test]
    fn changes_of_different_routes_come_together() {
        let base = table(&[("a", "/a"), ("b", "/b"), ("c", "/c"), ("d", "/d")]);
        let mine = table(&[("a", "/mine"), ("b", "/b"), ("d", "/d"), ("new", "/new")]);
        let theirs = table(&[("a", "/a"), ("b", "/theirs"), ("c", "/c"), ("other", "/other")]);
        let merged = merge(&base, &mine, &theirs);
        assert!(merged.conflicts.is_empty(), "{merged:?}");
        assert_eq!(merged.table, table(&[("a", "/mine"), ("b", "/theirs"), ("other", "/other"), ("new", "/new")]));
    }

    #[test]
    fn groups_come_together_as_routes_do() {
        let with = |groups: Value| serde_json::from_value::<Table>(json!({"format": 1, "groups": groups, "routes": []})).unwrap();
        let group = |plugin: &str| json!({"plugins": [{"plugin": plugin}]});
        let base = with(json!({"a": group("ip"), "b": group("ip"), "c": group("ip")}));
        let mine = with(json!({"a": group("cors"), "b": group("ip"), "c": group("cors")}));
        let theirs = with(json!({"a": group("ip"), "c": group("cache"), "d": group("ip")}));
        let merged = merge(&base, &mine, &theirs);
        assert_eq!(merged.conflicts, ["group c"]);
        assert_eq!(merged.table, with(json!({"a": group("cors"), "c": group("cors"), "d": group("ip")})));
    }

    #[test]
    fn a_route_that_both_changed_is_a_conflict_and_the_same_change_is_none() {
        let base = table(&[("a", "/a"), ("b", "/b"), ("c", "/c")]);
        let mine = table(&[("a", "/mine"), ("b", "/same")]);
        let theirs = table(&[("a", "/theirs"), ("b", "/same"), ("c", "/theirs")]);
        let merged = merge(&base, &mine, &theirs);
        assert_eq!(merged.conflicts, ["a", "c"]);
        assert_eq!(merged.table, table(&[("a", "/mine"), ("b", "/same")]));
    }
}
