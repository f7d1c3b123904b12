//! The routing table as people and the registry write it.

use super::Predicate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The version of the table's form.
pub const FORMAT: u32 = 1;

/// All routes. One value in the registry, so that a publish is one step for every node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    pub format: u32,
    /// Why it is as it is, for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// What routes have in common, by the name of their group.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub groups: BTreeMap<String, Group>,
    pub routes: Vec<Route>,
}

impl Table {
    /// One without routes.
    pub fn empty() -> Table {
        Table { format: FORMAT, note: String::new(), groups: BTreeMap::new(), routes: Vec::new() }
    }

    /// The plugins that a route shares with its group; they come before its own.
    pub fn shared(&self, route: &Route) -> &[Stage] {
        self.groups.get(&route.group).map_or(&[], |group| &group.plugins)
    }

    /// The services that a route discovers, by plugins that are not switched off.
    pub fn services<'t>(&'t self, route: &'t Route) -> impl Iterator<Item = &'t str> {
        let discovers = |stage: &&Stage| stage.enabled && matches!(&*stage.plugin, "discovery" | "canary");
        let stages = self.shared(route).iter().chain(&route.plugins);
        stages.filter(discovers).filter_map(|stage| stage.settings.get("service")?.as_str())
    }
}

/// What the routes of a group have in common.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// What is done with the requests of each of its routes, before what the route does itself.
    #[serde(default)]
    pub plugins: Vec<Stage>,
}

/// Which requests, and what is done with them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    pub id: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// A word under which people find it. If the table has a group of this name, its plugins come before those of the route.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// Names in lower case, or `*.name`; none means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
    /// `/exact`, `/with/{param}`, `/prefix/**`.
    pub path: String,
    /// In capitals; none means all. GET brings HEAD.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<String>,
    /// What must hold of headers, query and cookies, too; all of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub predicates: Vec<Predicate>,
    /// The higher one wins, before all else.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub priority: i32,
    /// Asked only if no other route matches host and path, with whatever method.
    #[serde(default, skip_serializing_if = "is_false")]
    pub fallback: bool,
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub active: bool,
    /// Answers also to those who are not signed in. A route that is not public needs the plugin `authentication`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub public: bool,
    /// Largest request body in bytes.
    #[serde(default = "mebibyte", skip_serializing_if = "is_mebibyte")]
    pub max_body: u64,
    /// Headers that pass here although the gateway takes them out elsewhere: whoever names a user's has services believe the client.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow_headers: Vec<String>,
    /// What is done, in this order.
    pub plugins: Vec<Stage>,
}

/// One plugin of a pipeline and its settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    pub plugin: String,
    /// One that is switched off keeps its place and settings, is checked as all are, and is not run.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub enabled: bool,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub settings: Map<String, Value>,
}

fn yes() -> bool {
    true
}
fn is_true(b: &bool) -> bool {
    *b
}
fn is_false(b: &bool) -> bool {
    !*b
}
fn is_zero(n: &i32) -> bool {
    *n == 0
}
fn mebibyte() -> u64 {
    1 << 20
}
fn is_mebibyte(n: &u64) -> bool {
    *n == mebibyte()
}
