//! Makes a table ready for requests, or says all that is wrong with it.

use super::{Catalogue, Drivers, Phases, Step, Text, expand_env, rule::rule, schema};
use crate::{
    front::{RouteMetrics, is_stripped},
    router::{Pattern, Router, Rule},
    table::{FORMAT, Problem, Problems, Route, Stage, Table},
};
use http::HeaderName;
use serde_json::{Map, Value};
use std::{cell::RefCell, collections::BTreeSet, sync::Arc};

/// The variables that every request has.
const REQUEST_VARS: [&str; 9] =
    ["method", "path", "query", "host", "client.ip", "client.cert.subject", "client.cert.sha256", "trace.id", "route.id"];

/// A table, ready for requests; never changed, only replaced.
pub struct Compiled {
    pub router: Router,
    /// In the order of the router's rules.
    pub routes: Vec<Arc<CompiledRoute>>,
    /// The services that active routes discover.
    pub services: BTreeSet<String>,
    /// The registry's revision of the table; 0 if it does not come from there.
    pub revision: i64,
}

impl Compiled {
    /// Resolves when all steps can do their work.
    pub async fn ready(&self) {
        let steps = self.routes.iter().flat_map(|route| &route.steps);
        futures::future::join_all(steps.map(|step| step.step.ready())).await;
    }
}

/// A route, ready for requests.
pub struct CompiledRoute {
    pub id: String,
    /// Its id and its path as they stand in the table, for spans.
    pub(super) name: Arc<str>,
    pub(super) path: Arc<str>,
    pub pattern: Pattern,
    pub max_body: u64,
    /// Headers that pass although they are taken out elsewhere.
    pub allow_headers: Vec<HeaderName>,
    pub steps: Vec<CompiledStep>,
    /// The phases that any of the steps takes part in.
    pub phases: Phases,
    pub metrics: RouteMetrics,
}

/// A step, ready for requests.
pub struct CompiledStep {
    /// The name of its plugin.
    pub plugin: &'static str,
    pub phases: Phases,
    pub step: Box<dyn Step>,
    /// What its settings took from the environment, by name; nobody is shown the values.
    pub(super) env: Vec<(String, String)>,
}

/// Compiles a table.
///
/// # Errors
/// All that is wrong with it, also in routes that are not active.
pub fn compile(table: &Table, revision: i64, catalogue: &Catalogue, drivers: &Drivers) -> Result<Compiled, Problems> {
    let mut problems = Vec::new();
    if table.format != FORMAT {
        problems.push(Problem::new("format", "format-unknown", format!("this gateway reads format {FORMAT}")));
    }
    if !table.routes.iter().any(|r| r.active) {
        problems.push(Problem::new("routes", "table-empty", "there is no active route"));
    }
    let mut ids = BTreeSet::new();
    let mut parsed = Vec::new();
    for (n, route) in table.routes.iter().enumerate() {
        let at = if route.id.is_empty() { format!("routes[#{n}]") } else { format!("routes[{}]", route.id) };
        check_id(&route.id, &at, &mut ids, &mut problems);
        let rule = rule(route, &at, &mut problems);
        let headers = allow_headers(route, &at, &mut problems);
        let steps = steps(route, rule.as_ref(), &at, catalogue, drivers, &mut problems);
        if let Some(rule) = rule.filter(|_| route.active) {
            parsed.push((route, rule, headers, steps));
        }
    }
    for (n, (route, rule, ..)) in parsed.iter().enumerate() {
        for (other, other_rule, ..) in &parsed[..n] {
            if rule.clashes(other_rule) {
                let message = format!("claims the same requests as {}; give one of them a higher priority", other.id);
                problems.push(Problem::new(format!("routes[{}]", route.id), "route-clash", message));
            }
        }
    }
    if !problems.is_empty() {
        return Err(Problems(problems));
    }
    let rules: Vec<Rule> = parsed.iter().map(|(_, rule, ..)| rule.clone()).collect();
    let services = parsed.iter().flat_map(|(route, ..)| route.services()).map(str::to_owned).collect();
    let routes = parsed.into_iter().map(|(route, rule, allow_headers, steps)| {
        let phases = steps.iter().map(|step| step.phases).fold(Phases::default(), |all, p| Phases {
            request: all.request || p.request,
            response: all.response || p.response,
            body: all.body || p.body,
            log: all.log || p.log,
        });
        let metrics = drivers.tools.metrics.of_route(&route.id);
        let (id, pattern, max_body) = (route.id.clone(), rule.pattern, route.max_body);
        let (name, path) = (id.as_str().into(), route.path.as_str().into());
        Arc::new(CompiledRoute { id, name, path, pattern, max_body, allow_headers, steps, phases, metrics })
    });
    Ok(Compiled { router: Router::new(&rules), routes: routes.collect(), services, revision })
}

fn check_id<'t>(id: &'t str, at: &str, ids: &mut BTreeSet<&'t str>, problems: &mut Vec<Problem>) {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.');
    if id.is_empty() || id.len() > 64 || !id.bytes().all(plain) {
        problems.push(Problem::new(at, "route-id", "an id has 1 to 64 lower-case letters, digits, - _ and ."));
    } else if !ids.insert(id) {
        problems.push(Problem::new(at, "route-id-twice", "another route has this id"));
    }
}

/// Those of the gateway itself and of the connection cannot be let in.
fn allow_headers(route: &Route, at: &str, problems: &mut Vec<Problem>) -> Vec<HeaderName> {
    let mut names = Vec::new();
    for (n, name) in route.allow_headers.iter().enumerate() {
        match HeaderName::from_lowercase(name.as_bytes()) {
            Ok(name) if is_stripped(name.as_str()) => names.push(name),
            Ok(_) => problems.push(Problem::new(format!("{at}.allow_headers[{n}]"), "route-header", format!("{name} is not taken out"))),
            Err(_) => problems.push(Problem::new(
                format!("{at}.allow_headers[{n}]"),
                "route-header",
                format!("{name:?} is no header's name in lower case"),
            )),
        }
    }
    names
}

fn steps(
    route: &Route,
    rule: Option<&Rule>,
    at: &str,
    catalogue: &Catalogue,
    drivers: &Drivers,
    problems: &mut Vec<Problem>,
) -> Vec<CompiledStep> {
    let mut vars: BTreeSet<String> = REQUEST_VARS.iter().map(|&v| v.to_owned()).collect();
    vars.extend(rule.iter().flat_map(|r| r.pattern.params()).map(|p| format!("path.{p}")));
    let mut steps = Vec::new();
    let mut answered = false;
    for (n, stage) in route.plugins.iter().enumerate() {
        let at = format!("{at}.plugins[{n}]");
        let Some(plugin) = catalogue.get(&stage.plugin) else {
            problems.push(Problem::new(at, "plugin-unknown", format!("there is no plugin {}", stage.plugin)));
            continue;
        };
        if answered {
            problems.push(Problem::new(&at, "plugin-unreachable", "an earlier plugin answers every request"));
        }
        answered |= plugin.answers();
        for driver in plugin.requires().iter().filter(|d| !drivers.has(d)) {
            problems.push(Problem::new(&at, "driver-missing", format!("{} needs the driver {driver}", stage.plugin)));
        }
        let before = problems.len();
        let (settings, env) = settings(stage, &plugin.schema(), &vars, &at, problems);
        if problems.len() == before {
            match plugin.build(&settings, drivers) {
                Ok(step) => steps.push(CompiledStep { plugin: plugin.name(), phases: plugin.phases(), step, env }),
                Err(e) => problems.push(Problem::new(format!("{at}.settings"), "plugin-settings", e)),
            }
        }
        vars.extend(plugin.provides().iter().map(|&v| v.to_owned()));
    }
    if !answered {
        problems.push(Problem::new(format!("{at}.plugins"), "pipeline-open", "the last plugin must answer: proxy, respond"));
    }
    let guarded = route.plugins.iter().any(|s| catalogue.get(&s.plugin).is_some_and(|plugin| plugin.guards(&s.settings)));
    if !route.public && !guarded {
        problems.push(Problem::new(at, "route-open", "a route that is not public needs the plugin authentication"));
    }
    steps
}

/// The settings as the plugin gets them, and what they took from the environment.
fn settings(
    stage: &Stage,
    schema: &Value,
    vars: &BTreeSet<String>,
    at: &str,
    problems: &mut Vec<Problem>,
) -> (Map<String, Value>, Vec<(String, String)>) {
    let mut value = Value::Object(stage.settings.clone());
    let taken = RefCell::new(Vec::new());
    let env = |name: &str| {
        let value = std::env::var(name).ok();
        taken.borrow_mut().extend(value.clone().map(|value| (name.to_owned(), value)));
        value
    };
    if let Err(name) = expand_env(&mut value, &env) {
        problems.push(Problem::new(format!("{at}.settings"), "env-missing", format!("the environment has no {name}")));
    }
    for (place, why) in schema::validate(schema, &mut value) {
        problems.push(Problem::new(format!("{at}.settings.{place}"), "plugin-settings", why));
    }
    check_vars(&value, vars, at, problems);
    match value {
        Value::Object(settings) => (settings, taken.into_inner()),
        _ => (Map::new(), Vec::new()),
    }
}

fn check_vars(value: &Value, vars: &BTreeSet<String>, at: &str, problems: &mut Vec<Problem>) {
    match value {
        Value::String(text) => match Text::parse(text) {
            Ok(text) => {
                for name in text.vars().filter(|name| !vars.contains(*name) && !name.starts_with("header.")) {
                    let message = format!("no earlier plugin sets ${{{name}}}");
                    problems.push(Problem::new(format!("{at}.settings"), "variable-unknown", message));
                }
            }
            Err(e) => problems.push(Problem::new(format!("{at}.settings"), "variable-broken", e)),
        },
        Value::Array(items) => items.iter().for_each(|item| check_vars(item, vars, at, problems)),
        Value::Object(fields) => fields.values().for_each(|field| check_vars(field, vars, at, problems)),
        _ => {}
    }
}
