use serde_json::Value;
use std::collections::BTreeSet;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// Compares a service's OpenAPI document with the source of its table of routes (`include_str!` of `routes/mod.rs`): each method of each
/// path in the source is described, and nothing else is. Only `/openapi.json` does not describe itself.
///
/// A route is a string literal that begins with `/`, followed by its methods as calls: `resource("/api/a").get(..)`,
/// `.route("/api/a", get().to(..))`.
///
/// # Panics
/// If the two differ, or if the source names no route at all.
pub fn assert_routes_are_described(openapi: &Value, source: &str) {
    let mut routed = routes_in(source);
    routed.retain(|(path, _)| path != "/openapi.json");
    assert!(!routed.is_empty(), "the source names no route");
    let described = described_in(openapi);
    let missing: Vec<_> = routed.difference(&described).collect();
    let unknown: Vec<_> = described.difference(&routed).collect();
    assert!(missing.is_empty() && unknown.is_empty(), "routes without a description: {missing:?}, described without a route: {unknown:?}");
}

type Routes = BTreeSet<(String, String)>;

fn routes_in(source: &str) -> Routes {
    let mut routes = Routes::new();
    let mut pieces = source.split("\"/");
    pieces.next();
    for piece in pieces {
        let (path, calls) = piece.split_once('"').unwrap_or((piece, ""));
        for (at, _) in calls.match_indices('(') {
            let name = calls[..at].rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
            if METHODS.contains(&name) {
                routes.insert((format!("/{path}"), name.into()));
            }
        }
    }
    routes
}

fn described_in(openapi: &Value) -> Routes {
    let paths = openapi["paths"].as_object().into_iter().flatten();
    let methods = |(path, item): (&String, &Value)| {
        let named: Vec<_> = METHODS.iter().filter(|m| item[**m].is_object()).map(|m| (path.clone(), (*m).into())).collect();
        named
    };
    paths.flat_map(methods).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const SOURCE: &str = r#"
        cfg.service(resource("/api/a").route(get().to(a::get_all)).route(post().to(a::add)))
            .service(at("/api/a/{id}").wrap(from_fn(checked)).delete(a::delete))
            .route("/openapi.json", get().to(document));"#;

    fn described(paths: &[(&str, &str)]) -> Value {
        let mut api = json!({"paths": {}});
        for (path, method) in paths {
            api["paths"][path][method] = json!({});
        }
        api
    }

    #[test]
    fn every_route_described_and_no_other_passes() {
        assert_routes_are_described(&described(&[("/api/a", "get"), ("/api/a", "post"), ("/api/a/{id}", "delete")]), SOURCE);
    }

    #[test]
    #[should_panic(expected = r#"routes without a description: [("/api/a/{id}", "delete")]"#)]
    fn a_route_without_a_description_fails() {
        assert_routes_are_described(&described(&[("/api/a", "get"), ("/api/a", "post")]), SOURCE);
    }

    #[test]
    #[should_panic(expected = r#"described without a route: [("/api/a", "put")]"#)]
    fn a_description_without_a_route_fails() {
        let paths = [("/api/a", "get"), ("/api/a", "post"), ("/api/a", "put"), ("/api/a/{id}", "delete")];
        assert_routes_are_described(&described(&paths), SOURCE);
    }

    #[test]
    #[should_panic(expected = "the source names no route")]
    fn a_source_without_routes_fails() {
        assert_routes_are_described(&described(&[]), "// nothing");
    }
}
