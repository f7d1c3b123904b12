//! Masks secrets in tables that leave the gateway, and puts them back in tables that come in.
//!
//! A mask names where its secret lies: `masked{cars#1.request.set.authorization}`. So a table that was read, edited and sent back keeps its
//! secrets, also when routes and plugins were moved. References to the environment (`env{NAME}`) are no secrets.

use crate::{
    pipeline::trace::is_secret,
    table::{Predicate, Problem, Stage, Table},
};
use serde_json::Value;
use std::collections::BTreeMap;

const OPEN: &str = "masked{";

/// Masks all secrets.
pub fn mask(table: &Table) -> Table {
    let mut table = table.clone();
    each(&mut table, &mut |place, secret| *secret = format!("{OPEN}{place}}}").into());
    table
}

/// Puts secrets back from the table that was masked, and names the masks that nothing is behind. A secret only comes back as the setting
/// that it was: elsewhere it could be sent to anybody.
pub fn unmask(table: &mut Table, original: &Table) -> Vec<Problem> {
    let mut secrets = BTreeMap::new();
    each(&mut original.clone(), &mut |place, secret| drop(secrets.insert(format!("{OPEN}{place}}}"), secret.clone())));
    let mut problems = Vec::new();
    let mut put_back = |at: &str, value: &mut Value, is_its_place: &dyn Fn(&str) -> bool| {
        let Some(mask) = value.as_str().filter(|text| text.starts_with(OPEN)) else { return };
        match secrets.get(mask).filter(|_| is_its_place(mask)) {
            Some(secret) => *value = secret.clone(),
            None => problems.push(Problem::new(at, "secret-unknown", "a masked secret is not known here, set it anew")),
        }
    };
    let mut of_stages = |at: &str, stages: &mut [Stage]| {
        for (n, stage) in stages.iter_mut().enumerate() {
            let at = format!("{at}.plugins[{n}].settings");
            for (name, value) in &mut stage.settings {
                walk(value, name, true, &mut |setting, value| put_back(&at, value, &|mask: &str| mask.ends_with(&format!(".{setting}}}"))));
            }
        }
    };
    table.groups.iter_mut().for_each(|(name, group)| of_stages(&format!("groups[{name}]"), &mut group.plugins));
    table.routes.iter_mut().for_each(|route| of_stages(&format!("routes[{}]", route.id), &mut route.plugins));
    for route in &mut table.routes {
        for (n, predicate) in route.predicates.iter_mut().enumerate() {
            let at = format!("routes[{}].predicates[{n}]", route.id);
            let Some(field) = compared(predicate) else { continue };
            values(predicate, &mut |_, value| put_back(&at, value, &|mask: &str| mask.contains(&format!(".{field}."))));
        }
    }
    problems
}

/// Visits each secret of a table with its place.
fn each(table: &mut Table, visit: &mut impl FnMut(&str, &mut Value)) {
    let mut of_stages = |of: &str, stages: &mut [Stage]| {
        for (n, stage) in stages.iter_mut().enumerate() {
            for (name, value) in &mut stage.settings {
                walk(value, &format!("{of}#{n}.{name}"), is_secret(name), visit);
            }
        }
    };
    // No id of a route has a colon.
    table.groups.iter_mut().for_each(|(name, group)| of_stages(&format!("group:{name}"), &mut group.plugins));
    table.routes.iter_mut().for_each(|route| of_stages(&route.id, &mut route.plugins));
    for route in &mut table.routes {
        for (n, predicate) in route.predicates.iter_mut().enumerate() {
            let is_named = |name: &Option<String>| name.as_deref().is_some_and(is_secret);
            // Who knows the value of a cookie mostly has a session.
            if predicate.cookie.is_some() || is_named(&predicate.header) || is_named(&predicate.query) {
                let Some(field) = compared(predicate) else { continue };
                values(predicate, &mut |v, value| visit(&format!("{}#predicates.{n}.{field}.{v}", route.id), value));
            }
        }
    }
}

/// The field of requests that a predicate compares: `header:x-api-key`.
fn compared(predicate: &Predicate) -> Option<String> {
    let named = [("header", &predicate.header), ("query", &predicate.query), ("cookie", &predicate.cookie)];
    named.into_iter().find_map(|(kind, name)| name.as_ref().map(|name| format!("{kind}:{name}")))
}

/// Visits the values that a predicate compares with.
fn values(predicate: &mut Predicate, visit: &mut impl FnMut(usize, &mut Value)) {
    for (n, text) in predicate.equals.iter_mut().chain(predicate.one_of.iter_mut().flatten()).enumerate() {
        let mut value = Value::from(std::mem::take(text));
        visit(n, &mut value);
        if let Value::String(changed) = value {
            *text = changed;
        }
    }
}

fn walk(value: &mut Value, place: &str, secret: bool, visit: &mut impl FnMut(&str, &mut Value)) {
    match value {
        Value::String(text) if secret && !text.is_empty() && !is_reference(text) => visit(place, value),
        Value::Number(_) if secret => visit(place, value),
        Value::Array(items) => items.iter_mut().enumerate().for_each(|(n, item)| walk(item, &format!("{place}.{n}"), secret, visit)),
        Value::Object(fields) => {
            fields.iter_mut().for_each(|(name, field)| walk(field, &format!("{place}.{name}"), secret || is_secret(name), visit));
        }
        _ => {}
    }
}

fn is_reference(text: &str) -> bool {
    let inner = text.strip_prefix("env{").and_then(|rest| rest.strip_suffix('}'));
    inner.is_some_and(|name| !name.contains(['{', '}']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn table(headers: Value) -> Table {
        let stage = json!({"plugin": "headers", "settings": {"request": {"set": headers}, "api_key": ["k1", "k2"]}});
        serde_json::from_value(json!({"format": 1, "routes": [{"id": "a", "path": "/a", "plugins": [stage, {"plugin": "proxy"}]}]}))
            .unwrap()
    }

    #[test]
    fn secrets_are_masked_and_come_back_also_after_a_move() {
        let original = table(json!({"Authorization": "Basic abc", "x-plain": "shown", "cookie": "env{COOKIE}"}));
        let masked = mask(&original);
        let text = serde_json::to_string(&masked).unwrap();
        for (part, there) in [("Basic abc", false), ("k1", false), ("shown", true), ("env{COOKIE}", true)] {
            assert_eq!(text.contains(part), there, "{part}: {text}");
        }
        let mut moved = masked.clone();
        moved.routes[0].plugins.swap(0, 1);
        assert!(unmask(&mut moved, &original).is_empty());
        moved.routes[0].plugins.swap(0, 1);
        assert_eq!(moved, original);
    }

    #[test]
    fn secrets_of_groups_are_masked_and_come_back() {
        let stage = json!({"plugin": "api-key", "settings": {"keys": {"ann": "hash-of-ann"}}});
        let table = json!({"format": 1, "groups": {"partners": {"plugins": [stage]}}, "routes": []});
        let original: Table = serde_json::from_value(table).unwrap();
        let mut masked = mask(&original);
        assert!(!serde_json::to_string(&masked).unwrap().contains("hash-of-ann"));
        let mut elsewhere = masked.clone();
        let moved = elsewhere.groups.remove("partners").unwrap();
        elsewhere.groups.insert("others".into(), moved);
        assert!(unmask(&mut elsewhere, &original).is_empty());
        assert!(unmask(&mut masked, &original).is_empty());
        assert_eq!(masked, original);
        let mut new = mask(&original);
        assert_eq!(unmask(&mut new, &Table::empty())[0].code, "secret-unknown");
    }

    #[test]
    fn a_mask_of_something_else_is_named() {
        let original = table(json!({}));
        let mut forged = table(json!({"authorization": "masked{other#0.x}"}));
        assert_eq!(unmask(&mut forged, &original)[0].code, "secret-unknown");
        let original = table(json!({"authorization": "Basic abc"}));
        let mut elsewhere = table(json!({"x-shown": "masked{a#0.request.set.authorization}"}));
        assert_eq!(unmask(&mut elsewhere, &original)[0].code, "secret-unknown");
    }

    #[test]
    fn numbers_are_masked_where_their_name_is_that_of_a_secret() {
        let original = table(json!({"pin": 4711, "x-count": 12}));
        let mut masked = mask(&original);
        let text = serde_json::to_string(&masked).unwrap();
        assert!(!text.contains("4711") && text.contains("12"), "{text}");
        assert!(unmask(&mut masked, &original).is_empty());
        assert_eq!(masked, original);
    }

    fn with_predicates(predicates: Value) -> Table {
        serde_json::from_value(json!({"format": 1, "routes": [{"id": "a", "path": "/a", "predicates": predicates, "plugins": []}]}))
            .unwrap()
    }

    #[test]
    fn values_of_predicates_are_masked_where_they_are_compared_with_a_secret() {
        let original = with_predicates(json!([
            {"header": "x-api-key", "one_of": ["k1-secret", "k2-secret"]}, {"cookie": "beta", "equals": "c-secret"},
            {"query": "access_token", "equals": "q-secret"}, {"query": "lang", "equals": "plain"}, {"header": "x-token", "present": true}]));
        let mut masked = mask(&original);
        let text = serde_json::to_string(&masked).unwrap();
        assert!(!text.contains("-secret") && text.contains("plain"), "{text}");
        masked.routes[0].predicates.swap(0, 2);
        assert!(unmask(&mut masked, &original).is_empty());
        masked.routes[0].predicates.swap(0, 2);
        assert_eq!(masked, original);
    }

    #[test]
    fn a_secret_of_a_predicate_is_not_compared_with_another_field() {
        let original = with_predicates(json!([{"header": "x-api-key", "equals": "k1"}]));
        let mask = mask(&original).routes[0].predicates[0].equals.clone().unwrap();
        let mut elsewhere = with_predicates(json!([{"header": "x-shown", "equals": mask}]));
        assert_eq!(unmask(&mut elsewhere, &original)[0].code, "secret-unknown");
    }
}
