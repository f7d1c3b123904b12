//! What would become of the last requests with another table.

use crate::{
    pipeline::Compiled,
    recent::RecentRequest,
    router::{Attributes, Condition, Field, Found, Lookup, MethodSet, Predicate},
};
use http::{Method, header::COOKIE};
use serde::Serialize;
use std::{collections::HashMap, fmt};

/// How two tables differ over requests of the past.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DryRun {
    pub compared: usize,
    /// Requests that the same route takes, or none.
    pub same: usize,
    /// Requests that a route takes now, and none would.
    pub lost: usize,
    /// Those that come most often first.
    pub differences: Vec<Difference>,
}

/// Requests that would be taken otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    pub method: String,
    pub host: String,
    pub path: String,
    pub before: Match,
    pub after: Match,
    /// How many there were of them.
    pub requests: usize,
}

/// Who takes a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum Match {
    Route {
        id: String,
    },
    MethodNotAllowed,
    NotFound,
    /// Values of headers, queries or cookies decide, and these are not kept.
    Undecided,
}

/// Compares two tables over requests of the past.
pub fn dry_run(before: &Compiled, after: &Compiled, recent: &[RecentRequest]) -> DryRun {
    let mut run = DryRun { compared: recent.len(), ..DryRun::default() };
    let mut places: HashMap<(&str, &str, &str, Match, Match), usize> = HashMap::new();
    for request in recent {
        let (was, would_be) = (taken(before, request), taken(after, request));
        if was == would_be {
            run.same += 1;
            continue;
        }
        if matches!(was, Match::Route { .. }) && matches!(would_be, Match::MethodNotAllowed | Match::NotFound) {
            run.lost += 1;
        }
        let RecentRequest { method, host, path, .. } = request;
        let at = *places.entry((method, host, path, was.clone(), would_be.clone())).or_insert_with(|| {
            let (method, host, path) = (method.clone(), host.clone(), path.clone());
            run.differences.push(Difference { method, host, path, before: was, after: would_be, requests: 0 });
            run.differences.len() - 1
        });
        run.differences[at].requests += 1;
    }
    run.differences.sort_by_key(|difference| std::cmp::Reverse(difference.requests));
    run
}

/// Both extremes are looked up: all predicates that cannot be decided hold, or none does. Where the same route wins, it wins in between, too.
fn taken(table: &Compiled, request: &RecentRequest) -> Match {
    let found = [true, false].map(|assumed| {
        let attributes = Kept { request, assumed };
        let method = Method::from_bytes(request.method.as_bytes()).as_ref().map_or(MethodSet::NONE, MethodSet::only);
        table.router.find(&Lookup { host: &request.host, path: &request.path, method, attributes: &attributes })
    });
    match found {
        [Found::Route(a), Found::Route(b)] if a == b => Match::Route { id: table.routes[a].id.clone() },
        [Found::WrongMethod(_), Found::WrongMethod(_)] => Match::MethodNotAllowed,
        [Found::Nothing, Found::Nothing] => Match::NotFound,
        _ => Match::Undecided,
    }
}

/// What is known of a request without its values.
struct Kept<'r> {
    request: &'r RecentRequest,
    /// What is said of what is not known.
    assumed: bool,
}

impl Attributes for Kept<'_> {
    fn satisfy(&self, predicate: &Predicate) -> bool {
        let has_header = |wanted: &str| self.request.header_names.iter().any(|name| name == wanted);
        let is_there = match &predicate.field {
            Field::Header(name) => has_header(name.as_str()),
            Field::Query(name) => form_urlencoded::parse(self.request.query_names.as_bytes()).any(|(known, _)| known == name.as_str()),
            // Their names are values of a header.
            Field::Cookie(_) if has_header(COOKIE.as_str()) => return self.assumed,
            Field::Cookie(_) => false,
        };
        match &predicate.condition {
            Condition::OneOf(_) if is_there => self.assumed,
            condition => condition.holds(is_there.then_some(b"")),
        }
    }
}

impl fmt::Display for Match {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Match::Route { id } => f.write_str(id),
            Match::MethodNotAllowed => f.write_str("405"),
            Match::NotFound => f.write_str("404"),
            Match::Undecided => f.write_str("undecided"),
        }
    }
}

impl fmt::Display for DryRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} requests, {} taken as before, {} lost", self.compared, self.same, self.lost)?;
        for Difference { method, host, path, before, after, requests } in &self.differences {
            writeln!(f, "  {requests} x {method} {host}{path}: {before} -> {after}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::{Catalogue, compile, drivers};
    use fm_sdk::registry::MemoryRegistry;
    use serde_json::{Value, json};
    use std::sync::Arc;

    fn compiled(routes: Value) -> Compiled {
        let mut routes = routes;
        for route in routes.as_array_mut().unwrap() {
            route["public"] = json!(true);
            route["plugins"] = json!([{"plugin": "respond"}]);
        }
        let table = serde_json::from_value(json!({"format": 1, "routes": routes})).unwrap();
        compile(&table, 0, &Catalogue::shipped(), &drivers(Arc::new(MemoryRegistry::default()))).unwrap()
    }

    fn request(method: &str, path: &str, query_names: &str, header_names: &[&str]) -> RecentRequest {
        RecentRequest {
            method: method.into(),
            host: "h".into(),
            path: path.into(),
            query_names: query_names.into(),
            header_names: header_names.iter().map(|&name| name.to_owned()).collect(),
        }
    }

    fn route(id: &str) -> Match {
        Match::Route { id: id.into() }
    }

    #[test]
    fn requests_that_would_be_taken_otherwise_are_counted() {
        let before = compiled(json!([{"id": "cars", "path": "/cars/**"}, {"id": "old", "path": "/old"}, {"id": "web", "path": "/**"}]));
        let after = compiled(
            json!([{"id": "cars", "path": "/cars/**", "methods": ["GET"]}, {"id": "one", "path": "/cars/{id}", "methods": ["GET"]}]),
        );
        let recent = [
            request("GET", "/cars/7", "", &[]),
            request("GET", "/cars/7", "x", &["accept"]),
            request("GET", "/cars", "", &[]),
            request("POST", "/cars", "", &[]),
            request("GET", "/old", "", &[]),
            request("PURGE", "/", "", &[]),
        ];
        let run = dry_run(&before, &after, &recent);
        assert_eq!((run.compared, run.same, run.lost), (6, 1, 3));
        let differences: Vec<_> = run.differences.iter().map(|d| (d.path.as_str(), d.requests, &d.before, &d.after)).collect();
        assert_eq!(
            differences,
            [
                ("/cars/7", 2, &route("cars"), &route("one")),
                ("/cars", 1, &route("cars"), &Match::MethodNotAllowed),
                ("/old", 1, &route("old"), &Match::NotFound),
                ("/", 1, &route("web"), &Match::NotFound),
            ]
        );
        assert!(run.to_string().contains("  2 x GET h/cars/7: cars -> one\n"), "{run}");
        assert_eq!(dry_run(&before, &before, &recent).differences, []);
    }

    #[test]
    fn a_decision_on_values_that_are_not_kept_is_undecided() {
        let table = compiled(json!([
            {"id": "all", "path": "/**"},
            {"id": "present", "path": "/a", "predicates": [{"header": "x", "present": true}]},
            {"id": "value", "path": "/b", "predicates": [{"query": "q", "equals": "1"}]},
            {"id": "cookie", "path": "/c", "predicates": [{"cookie": "c", "present": false}]},
            {"id": "sure", "path": "/d", "methods": ["GET"]},
            {"id": "less", "path": "/d", "predicates": [{"query": "q", "equals": "1"}]},
        ]));
        for (request, expected) in [
            (request("GET", "/a", "", &["x"]), route("present")),
            (request("GET", "/a", "", &[]), route("all")),
            (request("GET", "/b", "%71", &[]), Match::Undecided),
            (request("GET", "/b", "p", &[]), route("all")),
            (request("GET", "/c", "", &["cookie"]), Match::Undecided),
            (request("GET", "/c", "", &[]), route("cookie")),
            (request("GET", "/d", "q", &[]), route("sure")),
            (request("POST", "/d", "q", &[]), Match::Undecided),
        ] {
            assert_eq!(taken(&table, &request), expected, "{request:?}");
        }
    }
}
