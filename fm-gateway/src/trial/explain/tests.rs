use super::*;
use bytes::Bytes;
use http::Method;
use proptest::prelude::*;
use serde_json::{Value, json};

fn table(routes: Value) -> Table {
    let mut routes = routes;
    for (n, route) in routes.as_array_mut().unwrap().iter_mut().enumerate() {
        let route = route.as_object_mut().unwrap();
        route.entry("id").or_insert(json!(format!("r{n}")));
        route.entry("plugins").or_insert(json!([{"plugin": "respond"}]));
    }
    serde_json::from_value(json!({"format": 1, "routes": routes})).unwrap()
}

fn explained(routes: Value, method: &str, url: &str, headers: &[&str]) -> Explanation {
    explain(&table(routes), &TrialRequest::parse(method, url, headers, Bytes::new()).unwrap()).unwrap()
}

fn reasons(explanation: &Explanation) -> Vec<(&str, Reason)> {
    explanation.routes.iter().map(|route| (route.id.as_str(), route.reason)).collect()
}

#[test]
fn every_route_has_its_reason_and_the_closest_come_first() {
    let explanation = explained(
        json!([
            {"id": "off", "path": "/api/cars/{id}", "active": false},
            {"id": "other-host", "path": "/**", "hosts": ["shop.test", "*.shop.test"]},
            {"id": "other-path", "path": "/api/images/**"},
            {"id": "other-value", "path": "/api/cars/{id}", "predicates": [{"header": "x-channel", "equals": "beta"}]},
            {"id": "other-method", "path": "/api/cars/7", "methods": ["PATCH", "DELETE"]},
            {"id": "fallback", "path": "/**", "fallback": true},
            {"id": "wider", "path": "/api/cars/**"},
            {"id": "any-method", "path": "/api/cars/{id}"},
            {"id": "low", "path": "/api/cars/7", "priority": -1},
            {"id": "winner", "path": "/api/cars/{id}", "methods": ["GET"], "predicates": [{"query": "x", "present": true}]},
            {"id": "fewer", "path": "/api/cars/{id}", "methods": ["GET"]},
            {"id": "wide-host", "path": "/api/cars/7"},
        ]),
        "GET",
        "http://market.test/api/cars/7?x",
        &[],
    );
    // A host that is named beats all paths.
    assert_eq!(explanation.taken, Taken::Route { id: "wide-host".into() });
    assert_eq!(
        reasons(&explanation),
        [
            ("wide-host", Reason::Chosen),
            ("wider", Reason::LessSpecificPath),
            ("any-method", Reason::LessSpecificPath),
            ("winner", Reason::LessSpecificPath),
            ("fewer", Reason::LessSpecificPath),
            ("low", Reason::LowerPriority),
            ("fallback", Reason::Fallback),
            ("other-method", Reason::Method),
            ("other-value", Reason::Predicate),
            ("other-path", Reason::Path),
            ("other-host", Reason::Host),
            ("off", Reason::Inactive),
        ]
    );
    let said = explanation.to_string();
    for sentence in [
        "GET market.test/api/cars/7: route wide-host",
        "segment 2 is \"cars\", not \"images\"",
        "does not hold: header x-channel equals \"beta\"",
        "takes PATCH, DELETE",
        "answers at shop.test, *.shop.test, not at \"market.test\"",
    ] {
        assert!(said.contains(sentence), "{sentence}\n{said}");
    }
}

#[test]
fn routes_of_one_path_are_beaten_by_methods_predicates_and_hosts() {
    let routes = json!([
        {"id": "all", "path": "/a"},
        {"id": "get", "path": "/a", "methods": ["GET"]},
        {"id": "get-x", "path": "/a", "methods": ["GET"], "predicates": [{"header": "x", "present": true}]},
        {"id": "host", "path": "/**", "hosts": ["*.test"], "predicates": [{"header": "y", "present": true}]},
    ]);
    let explanation = explained(routes.clone(), "GET", "/a", &["x: 1"]);
    assert_eq!(reasons(&explanation)[..3], [("get-x", Reason::Chosen), ("get", Reason::FewerPredicates), ("all", Reason::AnyMethod)]);
    let explanation = explained(routes, "GET", "http://a.test/a", &["x: 1", "y: 1"]);
    assert_eq!(reasons(&explanation)[..2], [("host", Reason::Chosen), ("all", Reason::LessSpecificHost)]);
}

#[test]
fn requests_without_a_route_are_told_what_they_get() {
    let routes = json!([{"path": "/a", "methods": ["POST"]}, {"path": "/**", "fallback": true, "hosts": ["x.test"]}]);
    let taken = |method, url| explained(routes.clone(), method, url, &[]).taken;
    assert_eq!(taken("GET", "/a"), Taken::MethodNotAllowed { allow: "POST".into() });
    assert_eq!(taken("GET", "http://x.test/a"), Taken::MethodNotAllowed { allow: "POST".into() });
    assert_eq!(taken("GET", "/b"), Taken::NotFound);
    assert_eq!(taken("GET", "/x/../health/live"), Taken::Gateway);
    assert!(matches!(taken("GET", "/a%2fb"), Taken::Refused { status: 400, code, .. } if code == "path-invalid"));
    assert!(matches!(taken("TRACE", "/a"), Taken::Refused { status: 405, .. }));
}

#[test]
fn values_of_predicates_that_may_be_secrets_are_not_shown() {
    let on = |field: Value| json!([{"path": "/", "predicates": [field]}]);
    for field in [json!({"header": "x-api-key", "equals": "s3cret"}), json!({"cookie": "group", "one_of": ["s3cret", "b"]})] {
        let said = explained(on(field), "GET", "/", &[]).to_string();
        assert!(said.contains("equals ***") && !said.contains("s3cret"), "{said}");
    }
    let said = explained(on(json!({"query": "page", "equals": "1"})), "GET", "/", &[]).to_string();
    assert!(said.contains("query parameter page equals \"1\""), "{said}");
}

#[test]
fn requests_are_brought_into_their_normal_form_first() {
    let explanation = explained(json!([{"path": "/a/{x}", "hosts": ["shop.test"]}]), "GET", "https://SHOP.test.:443/b/..//a/%61", &[]);
    assert_eq!((explanation.host.as_str(), explanation.path.as_str()), ("shop.test", "/a/a"));
    assert_eq!(explanation.taken, Taken::Route { id: "r0".into() });
}

fn any_routes() -> impl Strategy<Value = Value> {
    let segment = || prop::sample::select(vec!["a", "b", "{x}", "{y}"]);
    let predicate = prop::sample::select(vec![
        json!([]),
        json!([]),
        json!([{"header": "x", "present": true}]),
        json!([{"header": "x", "equals": "1"}]),
        json!([{"header": "x", "present": false}, {"query": "q", "one_of": ["1", "2"]}]),
        json!([{"cookie": "c", "equals": "1"}]),
    ]);
    let route = (
        prop::collection::vec(segment(), 0..4),
        any::<bool>(),
        prop::sample::subsequence(vec!["a.test", "*.test", "b.a.test"], 0..2),
        prop::sample::subsequence(vec!["GET", "POST"], 0..2),
        predicate,
        -1..2_i32,
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.9),
    );
    prop::collection::vec(route, 0..10).prop_map(|routes| {
        let routes = routes.into_iter().map(|(segments, tail, hosts, methods, predicates, priority, fallback, active)| {
            let mut path: String = segments.iter().map(|segment| format!("/{segment}")).collect();
            if tail || path.is_empty() {
                path.push_str("/**");
            }
            if path.matches("{x}").count() > 1 || path.matches("{y}").count() > 1 {
                path = "/a/{x}".into();
            }
            json!({"path": path, "hosts": hosts, "methods": methods, "predicates": predicates, "priority": priority, "fallback": fallback, "active": active})
        });
        Value::Array(routes.collect())
    })
}

proptest! {
    /// The reasons follow from the definition, the winner from the router: both must tell the same story.
    #[test]
    fn the_explanation_agrees_with_the_router(
        routes in any_routes(),
        host in prop::sample::select(vec!["a.test", "b.a.test", "test"]),
        path in "/[ab./]{0,6}",
        header in prop::sample::select(vec!["x: 1", "x: 2", "cookie: c=1", "z: 1"]),
        query in prop::sample::select(vec!["", "?q=1", "?q=3"]),
        method in prop::sample::select(vec![Method::GET, Method::POST, Method::DELETE]),
    ) {
        let table = table(routes);
        let url = format!("http://{host}{path}{query}");
        let request = TrialRequest::parse(method.as_str(), &url, &[header], Bytes::new()).unwrap();
        let explanation = explain(&table, &request).unwrap();
        let is_a_match = |reason: Reason| reason < Reason::Method;
        match &explanation.taken {
            Taken::Route { id } => {
                prop_assert_eq!(explanation.routes.len(), table.routes.len());
                let chosen: Vec<&Considered> = explanation.routes.iter().filter(|r| r.reason == Reason::Chosen).collect();
                prop_assert_eq!(chosen.len(), 1);
                prop_assert_eq!(&chosen[0].id, id);
                // Without the winner the next one wins, and it was among those that match.
                let rest = table.routes.iter().filter(|r| r.id != *id).cloned().collect();
                let rest = explain(&Table { routes: rest, ..table.clone() }, &request).unwrap();
                if let Taken::Route { id: next } = &rest.taken {
                    let before = explanation.routes.iter().find(|r| r.id == *next).unwrap();
                    prop_assert!(is_a_match(before.reason), "{:?}", before);
                } else {
                    prop_assert!(explanation.routes.iter().all(|r| r.reason == Reason::Chosen || !is_a_match(r.reason) || r.reason == Reason::Fallback));
                }
            }
            Taken::MethodNotAllowed { .. } => {
                prop_assert!(explanation.routes.iter().any(|r| r.reason == Reason::Method));
                prop_assert!(explanation.routes.iter().all(|r| r.reason >= Reason::Fallback));
            }
            Taken::NotFound => prop_assert!(explanation.routes.iter().all(|r| r.reason > Reason::Method)),
            Taken::Gateway => prop_assert!(false, "no such path was asked for"),
            Taken::Refused { status, .. } => prop_assert_eq!(*status, 400),
        }
    }

    /// Where a path stops to match is said exactly where it does not.
    #[test]
    fn a_mismatch_is_named_where_there_is_one(pattern in "(/([ab]|\\{x\\})?){1,4}(/\\*\\*)?", path in "/[ab/]{0,7}") {
        if let Ok(pattern) = crate::router::Pattern::parse(&pattern) {
            prop_assert_eq!(pattern.mismatch(&path).is_none(), pattern.matches(&path), "{} {}", pattern, path);
        }
    }
}
