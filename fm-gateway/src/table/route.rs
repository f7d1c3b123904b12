//! The routing table as people and the registry write it.

use super::Predicate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

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
    pub routes: Vec<Route>,
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
    /// A word under which people find it.
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

impl Route {
    /// The services that it discovers, by plugins that are not switched off.
    pub fn services(&self) -> impl Iterator<Item = &str> {
        let discovers = |stage: &&Stage| stage.enabled && matches!(&*stage.plugin, "discovery" | "canary");
        self.plugins.iter().filter(discovers).filter_map(|stage| stage.settings.get("service")?.as_str())
    }
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
