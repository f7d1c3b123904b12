//! Makes a table ready for requests, or says all that is wrong with it.

use super::{Catalogue, Drivers, Phases, Plugin, Step, StepInstances, Text, expand_env, rule::rule, schema};
use crate::{
    front::{RouteMetrics, is_stripped},
    router::{Pattern, Router, Rule},
    table::{FORMAT, Problem, Problems, Route, Stage, Table},
};
use fm_sdk::registry::services::Instance;
use http::HeaderName;
use serde_json::{Map, Value};
use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

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
        let steps = self.routes.iter().flat_map(|route| &route.steps).filter(|step| step.enabled);
        futures::future::join_all(steps.map(|step| step.step.ready())).await;
    }

    /// The upstreams that are no services of the registry.
    pub fn unregistered(&self) -> impl Iterator<Item = Unregistered<'_>> {
        self.routes.iter().flat_map(|route| {
            route.steps.iter().filter(|step| step.enabled).filter_map(|step| {
                let StepInstances { name, instances, unwell } = step.step.unregistered()?;
                Some(Unregistered { name, plugin: step.plugin, route: &route.id, instances, unwell })
            })
        })
    }
}

/// An upstream that is no service of the registry.
pub struct Unregistered<'a> {
    pub name: &'a str,
    /// The plugin that knows its instances.
    pub plugin: &'static str,
    /// The id of the route that leads there.
    pub route: &'a str,
    pub instances: Arc<[Instance]>,
    /// See [`StepInstances::unwell`].
    pub unwell: Arc<BTreeSet<String>>,
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
    /// False: it is switched off, and takes part in nothing.
    pub enabled: bool,
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
        let steps = steps(table.shared(route), route, rule.as_ref(), &at, catalogue, drivers, &mut problems);
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
    let services = parsed.iter().flat_map(|(route, ..)| table.services(route)).map(str::to_owned).collect();
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
    shared: &[Stage],
    route: &Route,
    rule: Option<&Rule>,
    at: &str,
    catalogue: &Catalogue,
    drivers: &Drivers,
    problems: &mut Vec<Problem>,
) -> Vec<CompiledStep> {
    let mut vars = Variables::of_requests(rule);
    let mut steps = Vec::new();
    let (mut answered, mut remembers) = (false, None);
    let shared_at = (0..shared.len()).map(|n| format!("{at}.group.plugins[{n}]"));
    let places = shared_at.chain((0..route.plugins.len()).map(|n| format!("{at}.plugins[{n}]")));
    for (stage, at) in shared.iter().chain(&route.plugins).zip(places) {
        let Some(plugin) = catalogue.get(&stage.plugin) else {
            problems.push(Problem::new(at, "plugin-unknown", format!("there is no plugin {}", stage.plugin)));
            continue;
        };
        if answered && stage.enabled {
            problems.push(Problem::new(&at, "plugin-unreachable", "an earlier plugin answers every request"));
        }
        if let Some(first) = remembers.filter(|_| stage.enabled && (plugin.restricts() || plugin.guards(&stage.settings))) {
            let message = format!("{first} would answer those whom {} refuses; put it behind", stage.plugin);
            problems.push(Problem::new(&at, "plugin-order", message));
        }
        if plugin.answers_from_memory() && stage.enabled {
            remembers = Some(plugin.name());
        }
        answered |= plugin.answers() && stage.enabled;
        for driver in plugin.requires().iter().filter(|d| !drivers.has(d)) {
            problems.push(Problem::new(&at, "driver-missing", format!("{} needs the driver {driver}", stage.plugin)));
        }
        let before = problems.len();
        let (settings, env) = settings(stage, &plugin.schema(), &vars, &at, problems);
        if problems.len() == before {
            match plugin.build(&settings, drivers) {
                Ok(step) => {
                    let phases = if stage.enabled { plugin.phases() } else { Phases::default() };
                    steps.push(CompiledStep { plugin: plugin.name(), enabled: stage.enabled, phases, step, env });
                }
                Err(e) => problems.push(Problem::new(format!("{at}.settings"), "plugin-settings", e)),
            }
        }
        vars.add(&**plugin, stage.enabled);
    }
    if !answered {
        problems.push(Problem::new(format!("{at}.plugins"), "pipeline-open", "the last plugin must answer: proxy, respond"));
    }
    let guards = |stage: &&Stage| catalogue.get(&stage.plugin).is_some_and(|plugin| plugin.guards(&stage.settings));
    let mut guards = shared.iter().chain(&route.plugins).filter(guards).peekable();
    if !route.public {
        let why = match (guards.peek().is_some(), guards.any(|stage| stage.enabled)) {
            (_, true) => return steps,
            (true, false) => "a route that is not public needs a plugin that knows who asks, and it is switched off",
            (false, false) => {
                "a route that is not public needs a plugin that knows who asks: authentication, api-key, basic-auth, external-auth, oidc"
            }
        };
        problems.push(Problem::new(at, "route-open", why));
    }
    steps
}

/// The variables that each plugin of a pipeline may use: what those before it provide that are not switched off, the parameters of the path, and
/// what every request has. Those of `shared` come before it.
pub fn variables(path: &str, shared: &[Stage], own: &[Stage], plugins: &Catalogue) -> Vec<Vec<String>> {
    let pattern = Pattern::parse(path).ok();
    let params = pattern.iter().flat_map(Pattern::params).map(|param| format!("path.{param}"));
    let of_requests: Vec<String> = params.chain(REQUEST_VARS.iter().map(|&name| name.to_owned())).collect();
    let mut provided: Vec<String> = Vec::new();
    let of_stages = shared.iter().chain(own).map(|stage| {
        let known = provided.iter().chain(&of_requests).cloned().collect();
        if let Some(plugin) = plugins.get(&stage.plugin).filter(|_| stage.enabled) {
            let new: Vec<String> = plugin.provides().iter().map(|&name| name.to_owned()).filter(|name| !provided.contains(name)).collect();
            provided.extend(new);
        }
        known
    });
    of_stages.skip(shared.len()).collect()
}

/// The variables that a step may use.
struct Variables {
    known: BTreeSet<String>,
    /// Those that no step sets because its plugin, which is named, is switched off.
    switched_off: BTreeMap<&'static str, &'static str>,
}

impl Variables {
    fn of_requests(rule: Option<&Rule>) -> Variables {
        let params = rule.into_iter().flat_map(|rule| rule.pattern.params()).map(|param| format!("path.{param}"));
        let known = REQUEST_VARS.iter().map(|&name| name.to_owned()).chain(params).collect();
        Variables { known, switched_off: BTreeMap::new() }
    }

    /// Adds what a plugin provides to the steps after it.
    fn add(&mut self, plugin: &dyn Plugin, is_enabled: bool) {
        for name in plugin.provides() {
            if is_enabled {
                self.known.insert((*name).to_owned());
            } else {
                self.switched_off.insert(name, plugin.name());
            }
        }
    }

    /// Why a step cannot use a variable. One that is switched off may use what others provide that are switched off.
    fn refuse(&self, name: &str, is_enabled: bool) -> Option<String> {
        if self.known.contains(name) || name.starts_with("header.") {
            return None;
        }
        match self.switched_off.get(name) {
            Some(_) if !is_enabled => None,
            Some(plugin) => Some(format!("the plugin that sets ${{{name}}} is switched off: {plugin}")),
            None => Some(format!("no earlier plugin sets ${{{name}}}")),
        }
    }
}

/// The settings as the plugin gets them, and what they took from the environment.
fn settings(
    stage: &Stage,
    schema: &Value,
    vars: &Variables,
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
    check_vars(&value, &|name| vars.refuse(name, stage.enabled), at, problems);
    match value {
        Value::Object(settings) => (settings, taken.into_inner()),
        _ => (Map::new(), Vec::new()),
    }
}

fn check_vars(value: &Value, refuse: &dyn Fn(&str) -> Option<String>, at: &str, problems: &mut Vec<Problem>) {
    match value {
        Value::String(text) => match Text::parse(text) {
            Ok(text) => {
                for message in text.vars().filter_map(refuse) {
                    problems.push(Problem::new(format!("{at}.settings"), "variable-unknown", message));
                }
            }
            Err(e) => problems.push(Problem::new(format!("{at}.settings"), "variable-broken", e)),
        },
        Value::Array(items) => items.iter().for_each(|item| check_vars(item, refuse, at, problems)),
        Value::Object(fields) => fields.values().for_each(|field| check_vars(field, refuse, at, problems)),
        _ => {}
    }
}
