//! Which route takes a request, and why not the others.

use super::TrialRequest;
use crate::{
    api,
    front::{Limits, enter, host_of},
    pipeline::{
        rule,
        trace::{MASK, is_secret},
    },
    router::{Condition, Field, Found, HostRule, Lookup, MethodSet, Predicate, RequestAttributes, Router, Rule},
    table::{Problems, Route, Stage, Table},
};
use serde::Serialize;
use std::{cmp::Reverse, fmt};

/// What becomes of a request, and what each route has to do with it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    pub method: String,
    /// In the normal form by which routes are found; empty where the request is refused before.
    pub host: String,
    pub path: String,
    pub taken: Taken,
    /// What is done with it, in this order: the plugins that its route shares with its group, and the route's own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub plugins: Vec<PlannedStep>,
    /// All routes of the table, those that come closest first.
    pub routes: Vec<Considered>,
}

/// A plugin of the route that takes a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlannedStep {
    pub plugin: String,
    /// The group whose routes share it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

/// Who answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum Taken {
    Route {
        id: String,
    },
    /// The gateway itself, whatever the table says: health and documents.
    Gateway,
    /// 405: routes match but for their methods.
    MethodNotAllowed {
        allow: String,
    },
    /// 404.
    NotFound,
    /// The gateway lets such a request not in.
    Refused {
        status: u16,
        code: String,
        message: String,
    },
}

/// One route, and why it takes the request or does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Considered {
    pub id: String,
    pub path: String,
    pub reason: Reason,
    /// A sentence for people.
    pub message: String,
}

/// Why a route takes a request or does not; those that come closer are smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    Chosen,
    /// It matches, but another one does, too, and is preferred by this.
    FewerPredicates,
    AnyMethod,
    LessSpecificPath,
    LessSpecificHost,
    LowerPriority,
    Fallback,
    /// It does not match.
    Method,
    Predicate,
    Path,
    Host,
    Inactive,
}

/// Explains what a table does with a request.
///
/// # Errors
/// What is wrong with hosts, paths, methods or predicates of the table.
pub fn explain(table: &Table, request: &TrialRequest) -> Result<Explanation, Problems> {
    let mut problems = Vec::new();
    let mut candidates = Vec::new();
    for route in &table.routes {
        candidates.extend(rule(route, &format!("routes[{}]", route.id), &mut problems).map(|rule| (route, rule)));
    }
    if !problems.is_empty() {
        return Err(Problems(problems));
    }
    let mut explanation = Explanation {
        method: request.method.to_string(),
        host: String::new(),
        path: String::new(),
        taken: Taken::NotFound,
        plugins: Vec::new(),
        routes: Vec::new(),
    };
    let (mut head, ()) = request.with(()).into_parts();
    let entry = match enter(&mut head, !request.body.is_empty(), b"", &Limits::default(), request.scheme()) {
        Ok(entry) => entry,
        Err(refusal) => {
            let message = refusal.error.fault().message;
            explanation.taken = Taken::Refused { status: refusal.status.as_u16(), code: refusal.code.into(), message };
            return Ok(explanation);
        }
    };
    explanation.host = host_of(entry.authority.to_str().unwrap_or_default()).into();
    explanation.path = entry.path.unwrap_or_else(|| head.uri.path().into());
    if api::find(&explanation.path).is_some() {
        explanation.taken = Taken::Gateway;
        return Ok(explanation);
    }
    let attributes = RequestAttributes { headers: &head.headers, query: head.uri.query() };
    let method = MethodSet::only(&head.method);
    let lookup = Lookup { host: &explanation.host, path: &explanation.path, method, attributes: &attributes };
    let (taken, routes) = consider(&candidates, &lookup);
    if let Taken::Route { id } = &taken {
        explanation.plugins = table.routes.iter().find(|route| route.id == *id).map(|route| planned(table, route)).unwrap_or_default();
    }
    (explanation.taken, explanation.routes) = (taken, routes);
    Ok(explanation)
}

fn planned(table: &Table, route: &Route) -> Vec<PlannedStep> {
    let of = |group: Option<&str>, stage: &Stage| PlannedStep { plugin: stage.plugin.clone(), group: group.map(str::to_owned) };
    let shared = table.shared(route).iter().map(|stage| (Some(route.group.as_str()), stage));
    let all = shared.chain(route.plugins.iter().map(|stage| (None, stage)));
    all.filter(|(_, stage)| stage.enabled).map(|(group, stage)| of(group, stage)).collect()
}

fn consider(candidates: &[(&Route, Rule)], lookup: &Lookup<'_>) -> (Taken, Vec<Considered>) {
    let active: Vec<&(&Route, Rule)> = candidates.iter().filter(|(route, _)| route.active).collect();
    let rules: Vec<Rule> = active.iter().map(|(_, rule)| rule.clone()).collect();
    let found = Router::new(&rules).find(lookup);
    let winner = match found {
        Found::Route(at) => Some(active[at]),
        _ => None,
    };
    let mut considered: Vec<Considered> = candidates
        .iter()
        .map(|candidate| {
            let (route, rule) = candidate;
            let (reason, message) = match mismatch(rule, lookup) {
                _ if !route.active => (Reason::Inactive, "is not active".into()),
                Some(mismatch) => mismatch,
                None => match winner {
                    Some(winner) if std::ptr::eq(winner, candidate) => (Reason::Chosen, "takes the request".into()),
                    Some((other, winning)) => beaten(rule, winning, &other.id, lookup.host),
                    None => (Reason::Fallback, FALLBACK.into()),
                },
            };
            Considered { id: route.id.clone(), path: route.path.clone(), reason, message }
        })
        .collect();
    considered.sort_by_key(|c| c.reason);
    let taken = match found {
        Found::Route(_) => Taken::Route { id: winner.map(|(route, _)| route.id.clone()).unwrap_or_default() },
        Found::WrongMethod(allowed) => Taken::MethodNotAllowed { allow: allowed.allow() },
        Found::Nothing => Taken::NotFound,
    };
    (taken, considered)
}

const FALLBACK: &str = "is a fallback, asked only where no other route matches host, path and predicates";

/// Why a rule does not match, if it does not.
fn mismatch(rule: &Rule, lookup: &Lookup<'_>) -> Option<(Reason, String)> {
    if !rule.hosts.iter().any(|host| host.matches(lookup.host)) {
        let hosts: Vec<String> = rule.hosts.iter().map(ToString::to_string).collect();
        return Some((Reason::Host, format!("answers at {}, not at {:?}", hosts.join(", "), lookup.host)));
    }
    if let Some(why) = rule.pattern.mismatch(lookup.path) {
        return Some((Reason::Path, why));
    }
    if let Some(predicate) = rule.predicates.iter().find(|predicate| !lookup.attributes.satisfy(predicate)) {
        return Some((Reason::Predicate, format!("does not hold: {}", shown(predicate))));
    }
    (!rule.methods.meets(lookup.method)).then(|| (Reason::Method, format!("takes {}", rule.methods.allow())))
}

/// A predicate for people; a value that may be a secret is not shown.
fn shown(predicate: &Predicate) -> String {
    let is_secret = match &predicate.field {
        Field::Header(name) => is_secret(name.as_str()),
        Field::Query(name) => is_secret(name),
        Field::Cookie(_) => true,
    };
    match &predicate.condition {
        Condition::OneOf(_) if is_secret => format!("{} equals {MASK}", predicate.field),
        _ => predicate.to_string(),
    }
}

/// By what a rule that matches stands behind the one that wins.
fn beaten(rule: &Rule, winning: &Rule, winner: &str, host: &str) -> (Reason, String) {
    let best_host = |rule: &Rule| rule.hosts.iter().filter(|h| h.matches(host)).map(HostRule::specificity).min();
    let behind = |by: &str| format!("matches, but {winner} {by}");
    if rule.fallback && !winning.fallback {
        (Reason::Fallback, FALLBACK.into())
    } else if Reverse(rule.priority) > Reverse(winning.priority) {
        (Reason::LowerPriority, behind(&format!("has priority {}, this {}", winning.priority, rule.priority)))
    } else if best_host(rule) > best_host(winning) {
        (Reason::LessSpecificHost, behind("names the host more closely"))
    } else if rule.pattern.specificity() > winning.pattern.specificity() {
        (Reason::LessSpecificPath, behind("has the more specific path"))
    } else if rule.methods.is_all() && !winning.methods.is_all() {
        (Reason::AnyMethod, behind("names its methods"))
    } else {
        (Reason::FewerPredicates, behind("has more predicates"))
    }
}

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Taken::Route { id } => write!(f, "route {id}"),
            Taken::Gateway => f.write_str("the gateway answers it itself"),
            Taken::MethodNotAllowed { allow } => write!(f, "405, routes match that take {allow}"),
            Taken::NotFound => f.write_str("404, no route matches"),
            Taken::Refused { status, code, message } => write!(f, "{status} {code}, {message}"),
        }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {}{}: {}", self.method, self.host, self.path, self.taken)?;
        let named = |step: &PlannedStep| match &step.group {
            Some(group) => format!("{} (group {group})", step.plugin),
            None => step.plugin.clone(),
        };
        if !self.plugins.is_empty() {
            writeln!(f, "  plugins: {}", self.plugins.iter().map(named).collect::<Vec<_>>().join(", "))?;
        }
        let width = self.routes.iter().map(|route| route.id.len()).max().unwrap_or_default();
        for Considered { id, path, message, .. } in &self.routes {
            writeln!(f, "  {id:width$}  {message} ({path})")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
