//! Makes the router's rule of a route.

use super::predicate::predicate as read;
use crate::{
    front::is_stripped,
    router::{Field, HostRule, MethodSet, Pattern, Predicate, Rule},
    table::{Problem, Route},
};

/// The most predicates of one route.
const MAX_PREDICATES: usize = 16;

/// Reads what a route claims; `None`, if something is wrong with it, which is added to the problems. `at` is the route's place in the table.
pub fn rule(route: &Route, at: &str, problems: &mut Vec<Problem>) -> Option<Rule> {
    let before = problems.len();
    let pattern = Pattern::parse(&route.path).map_err(|e| problems.push(Problem::new(format!("{at}.path"), "route-path", e))).ok();
    let mut hosts = Vec::new();
    for (n, host) in route.hosts.iter().enumerate() {
        match HostRule::parse(host) {
            Ok(rule) => hosts.push(rule),
            Err(e) => problems.push(Problem::new(format!("{at}.hosts[{n}]"), "route-host", e)),
        }
    }
    if route.hosts.is_empty() {
        hosts.push(HostRule::Any);
    }
    let methods = MethodSet::parse(&route.methods)
        .map_err(|name| problems.push(Problem::new(format!("{at}.methods"), "route-method", format!("{name} is no method"))))
        .ok();
    let predicates = predicates(route, at, problems);
    let (priority, fallback) = (route.priority, route.fallback);
    let rule = Rule { hosts, pattern: pattern?, methods: methods?, predicates, priority, fallback };
    (problems.len() == before).then_some(rule)
}

fn predicates(route: &Route, at: &str, problems: &mut Vec<Problem>) -> Vec<Predicate> {
    let mut parsed: Vec<Predicate> = Vec::new();
    if route.predicates.len() > MAX_PREDICATES {
        let why = format!("a route has at most {MAX_PREDICATES} predicates");
        problems.push(Problem::new(format!("{at}.predicates"), "route-predicate", why));
    }
    for (n, predicate) in route.predicates.iter().enumerate() {
        let mut refuse = |why: String| problems.push(Problem::new(format!("{at}.predicates[{n}]"), "route-predicate", why));
        match read(predicate) {
            Err(why) => refuse(why),
            Ok(Predicate { field: Field::Header(name), .. }) if is_stripped(name.as_str()) => {
                refuse(format!("{name} is taken out of requests before a route is found"));
            }
            // Of two one is needless, or nothing ever matches; and the number of predicates says which route wins.
            Ok(predicate) if parsed.iter().any(|other| other.field == predicate.field) => {
                refuse(format!("there is a predicate on {} already", predicate.field));
            }
            Ok(predicate) => parsed.push(predicate),
        }
    }
    parsed
}
