//! Switches routes and plugins of a draft on and off.

use crate::table::Table;
use fm_sdk::{Error, FieldError, Kind, Result};
use serde::Serialize;
use std::collections::BTreeSet;

/// Ids that an error names; it says how many more there are.
const MAX_NAMED: usize = 20;

/// What became of the routes that were to be switched.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Switched {
    pub active: bool,
    /// Those that are switched.
    pub changed: Vec<String>,
    /// Those that were so already.
    pub unchanged: Vec<String>,
}

/// Switches routes on or off: all of them, or none.
///
/// # Errors
/// `Invalid`: `routes-missing` if none is named, `route-unknown` if there is no route with one of the ids.
pub fn switch_routes(table: &mut Table, ids: &BTreeSet<String>, active: bool) -> Result<Switched> {
    if ids.is_empty() {
        return Err(Error::new(Kind::Invalid, "routes-missing", "no route is selected"));
    }
    let known: BTreeSet<&str> = table.routes.iter().map(|route| route.id.as_str()).collect();
    let unknown: Vec<&String> = ids.iter().filter(|id| !known.contains(id.as_str())).collect();
    if !unknown.is_empty() {
        let named = unknown.iter().take(MAX_NAMED);
        let fields = named.map(|id| FieldError { field: format!("ids[{id}]"), message: "there is no such route".into() }).collect();
        let message = format!("{} of {} routes do not exist, so none was switched", unknown.len(), ids.len());
        return Err(Error::new(Kind::Invalid, "route-unknown", message).with_fields(fields));
    }
    let mut switched = Switched { active, changed: Vec::new(), unchanged: Vec::new() };
    for route in table.routes.iter_mut().filter(|route| ids.contains(&route.id)) {
        let list = if route.active == active { &mut switched.unchanged } else { &mut switched.changed };
        list.push(route.id.clone());
        route.active = active;
    }
    Ok(switched)
}

/// Switches the plugin at a place of a route's pipeline on or off.
///
/// # Errors
/// `NotFound`, code `route-unknown`; `Conflict`, code `pipeline-changed`, if another plugin is there.
pub fn switch_plugin(table: &mut Table, id: &str, place: usize, plugin: &str, enabled: bool) -> Result<()> {
    let route = table.routes.iter_mut().find(|route| route.id == id).ok_or_else(|| Error::not_found("route-unknown"))?;
    let at_place = route.plugins.get_mut(place).filter(|stage| stage.plugin == plugin);
    let missing = || Error::new(Kind::Conflict, "pipeline-changed", format!("the plugin at place {place} of {id} is not {plugin}"));
    at_place.ok_or_else(missing)?.enabled = enabled;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn table() -> Table {
        let plugins = json!([{"plugin": "ip"}, {"plugin": "respond"}]);
        serde_json::from_value(json!({"format": 1, "routes": [
            {"id": "on", "path": "/a", "plugins": plugins}, {"id": "off", "path": "/b", "active": false, "plugins": plugins}]}))
        .unwrap()
    }

    fn ids(ids: &[&str]) -> BTreeSet<String> {
        ids.iter().map(|&id| id.to_owned()).collect()
    }

    #[test]
    fn routes_are_switched_and_those_that_were_so_already_are_named() {
        let mut table = table();
        let switched = switch_routes(&mut table, &ids(&["on", "off"]), false).unwrap();
        assert_eq!(switched, Switched { active: false, changed: vec!["on".into()], unchanged: vec!["off".into()] });
        assert!(table.routes.iter().all(|route| !route.active));
    }

    #[test]
    fn no_route_is_switched_if_one_is_unknown_or_none_is_named() {
        let mut changed = table();
        let unknown = switch_routes(&mut changed, &ids(&["on", "gone"]), false).unwrap_err();
        assert_eq!((unknown.code(), unknown.fault().errors[0].field.as_str()), ("route-unknown", "ids[gone]"));
        assert_eq!(switch_routes(&mut changed, &ids(&[]), false).unwrap_err().code(), "routes-missing");
        assert_eq!(changed, table());
    }

    #[test]
    fn a_plugin_is_switched_only_where_it_is() {
        let mut changed = table();
        for (id, place, plugin, code) in
            [("gone", 0, "ip", "route-unknown"), ("on", 1, "ip", "pipeline-changed"), ("on", 2, "respond", "pipeline-changed")]
        {
            assert_eq!(switch_plugin(&mut changed, id, place, plugin, false).unwrap_err().code(), code);
        }
        assert_eq!(changed, table());
        switch_plugin(&mut changed, "on", 0, "ip", false).unwrap();
        assert_eq!(changed.routes[0].plugins.iter().map(|stage| stage.enabled).collect::<Vec<_>>(), [false, true]);
    }
}
