//! Whatever is written into a table or sent by a client: nothing panics, and what is said about it holds.

use crate::{
    front::normalise,
    pipeline::{Catalogue, Text, check},
    router::{HostRule, Lookup, MethodSet, Pattern, RequestAttributes, Router},
    table::{Table, import, market},
    trial::{TrialRequest, diff, explain},
};
use bytes::Bytes;
use http::{HeaderMap, Method};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// JSON in which names of a table's fields are likely.
fn any_json() -> impl Strategy<Value = Value> {
    let text = prop_oneof!["[a-z/{}*$.]{0,12}", ".{0,8}", Just("env{HOME}".to_owned()), Just("${path.x}".to_owned())];
    let leaf =
        prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), any::<i64>().prop_map(Value::from), text.prop_map(Value::from)];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let name = prop::sample::select(vec![
            "id",
            "path",
            "methods",
            "plugins",
            "plugin",
            "settings",
            "enabled",
            "predicates",
            "header",
            "equals",
            "rate",
            "x",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())),
        ]
    })
}

/// A route that is one, with some fields replaced by anything.
fn any_route() -> impl Strategy<Value = Value> {
    let fields = ["id", "path", "hosts", "methods", "predicates", "priority", "active", "public", "max_body", "plugins"];
    let plugin = prop::sample::select(Catalogue::shipped().iter().map(|plugin| plugin.name()).collect::<Vec<_>>());
    let replaced = prop::collection::vec((prop::sample::select(fields.to_vec()), any_json()), 0..3);
    (replaced, plugin, any_json(), any::<bool>(), "(/[a-z{}*]{0,3}){1,3}").prop_map(
        |(replaced, plugin, settings, enabled, path)| {
            let settings = if settings.is_object() { settings } else { json!({}) };
            let mut route = json!({"id": "r", "path": path, "public": true, "plugins": [{"plugin": plugin, "enabled": enabled, "settings": settings}, {"plugin": "respond"}]});
            replaced.into_iter().for_each(|(field, value)| route[field] = value);
            route
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn any_table_is_accepted_or_refused(routes in prop::collection::vec(any_route(), 0..3), url in "/[a-z/%.?&=]{0,12}") {
        let Ok(table) = serde_json::from_value::<Table>(json!({"format": 1, "routes": routes})) else { return Ok(()) };
        let again: Table = serde_json::from_str(&serde_json::to_string(&table).unwrap()).unwrap();
        prop_assert_eq!(&again, &table, "a table is read as it was written");
        prop_assert!(diff(&again, &table).is_empty());
        let said = diff(&market(), &table).to_string();
        prop_assert!(!said.is_empty());
        let is_good = check(&table, &Catalogue::shipped()).is_ok();
        if let Ok(request) = TrialRequest::parse("GET", &url, &["x: 1"], Bytes::new()) {
            let explained = explain(&table, &request);
            prop_assert!(!is_good || explained.is_ok());
        }
    }

    #[test]
    fn a_damaged_table_is_accepted_or_refused(damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4), cut in any::<prop::sample::Index>()) {
        let mut bytes = serde_json::to_vec(&market()).unwrap();
        damage.iter().for_each(|(at, byte)| { let at = at.index(bytes.len()); bytes[at] = *byte; });
        if damage.len() == 3 {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(table) = serde_json::from_slice::<Table>(&bytes) {
            let _ = check(&table, &Catalogue::shipped());
        }
    }

    #[test]
    fn any_document_is_imported_or_refused(paths in prop::collection::hash_map("(/[a-zé{}.-]{0,6}){0,4}", any_json(), 0..4), operation in any_json(), security in any_json()) {
        let mut document = json!({"openapi": "3.0.3", "security": security, "paths": paths});
        document["paths"]["/a"] = json!({"get": operation, "post": {"security": security}});
        if let Ok(import) = import::openapi(&document, "svc") {
            let mut ids: Vec<&str> = import.table.routes.iter().map(|route| route.id.as_str()).collect();
            ids.sort_unstable();
            ids.dedup();
            prop_assert_eq!(ids.len(), import.table.routes.len());
            let _ = check(&import.table, &Catalogue::shipped());
        }
    }
}

proptest! {
    #[test]
    fn any_path_has_one_normal_form_or_is_refused(path in prop_oneof!["\\PC{0,24}", "/(%[0-9a-fA-F%]{0,2}|[a./\\\\?#]){0,12}", any::<String>()]) {
        if let Ok(once) = normalise(&path) {
            let once = once.into_owned();
            prop_assert!(once.starts_with('/') && once.is_ascii());
            let twice = normalise(&once).map(std::borrow::Cow::into_owned);
            prop_assert_eq!(twice.as_ref(), Ok(&once));
        }
    }

    #[test]
    fn any_text_is_a_pattern_a_host_a_template_or_refused(text in prop_oneof![any::<String>(), "/?([a-z*{}$.-]{0,4}/?){0,5}"], path in any::<String>()) {
        let _ = (HostRule::parse(&text), Text::parse(&text), MethodSet::parse(&[&text]));
        if let Ok(pattern) = Pattern::parse(&text) {
            prop_assert_eq!(pattern.to_string(), text);
            prop_assert_eq!(pattern.matches(&path), pattern.mismatch(&path).is_none());
            let _ = pattern.param(&path, "a");
        }
    }

    #[test]
    fn any_request_is_looked_up(host in any::<String>(), path in any::<String>(), query in prop::option::of(any::<String>())) {
        let mut problems = Vec::new();
        let rules: Vec<_> = market().routes.iter().filter_map(|route| crate::pipeline::rule(route, "", &mut problems)).collect();
        let headers = HeaderMap::new();
        let attributes = RequestAttributes { headers: &headers, query: query.as_deref() };
        let lookup = Lookup { host: &host, path: &path, method: MethodSet::only(&Method::GET), attributes: &attributes };
        let router = Router::new(&rules);
        let _ = (router.find(&lookup), router.allowed(&lookup));
    }

    #[test]
    fn any_request_is_described_or_refused(method in any::<String>(), url in any::<String>(), header in any::<String>()) {
        if let Ok(request) = TrialRequest::parse(&method, &url, &[header], Bytes::new()) {
            explain(&market(), &request).unwrap();
        }
    }
}
