//! Masks secrets in tables that leave the gateway, and puts them back in tables that come in.
//!
//! A mask names where its secret lies: `masked{cars#1.request.set.authorization}`. So a table that was read, edited and sent back keeps its
//! secrets, also when routes and plugins were moved. References to the environment (`env{NAME}`) are no secrets.

use crate::{
    pipeline::trace::is_secret,
    table::{Problem, Table},
};
use serde_json::Value;

const OPEN: &str = "masked{";

/// Masks all secrets.
pub fn mask(table: &Table) -> Table {
    let mut table = table.clone();
    each(&mut table, &mut |place, text| *text = format!("{OPEN}{place}}}"));
    table
}

/// Puts secrets back from the table that was masked, and names the masks that nothing is behind. A secret only comes back as the setting
/// that it was: elsewhere it could be sent to anybody.
pub fn unmask(table: &mut Table, original: &Table) -> Vec<Problem> {
    let mut secrets = std::collections::BTreeMap::new();
    each(&mut original.clone(), &mut |place, text| drop(secrets.insert(format!("{OPEN}{place}}}"), text.clone())));
    let mut problems = Vec::new();
    for route in &mut table.routes {
        for (n, stage) in route.plugins.iter_mut().enumerate() {
            let at = format!("routes[{}].plugins[{n}].settings", route.id);
            for (name, value) in &mut stage.settings {
                walk(value, name, true, &mut |setting, text| {
                    if text.starts_with(OPEN) {
                        match secrets.get(text).filter(|_| text.ends_with(&format!(".{setting}}}"))) {
                            Some(secret) => *text = secret.clone(),
                            None => problems.push(Problem::new(&at, "secret-unknown", "a masked secret is not known here, set it anew")),
                        }
                    }
                });
            }
        }
    }
    problems
}

/// Visits each secret of a table with its place.
fn each(table: &mut Table, visit: &mut impl FnMut(&str, &mut String)) {
    for route in &mut table.routes {
        for (n, stage) in route.plugins.iter_mut().enumerate() {
            for (name, value) in &mut stage.settings {
                walk(value, &format!("{}#{n}.{name}", route.id), is_secret(name), visit);
            }
        }
    }
}

fn walk(value: &mut Value, place: &str, secret: bool, visit: &mut impl FnMut(&str, &mut String)) {
    match value {
        Value::String(text) if secret && !text.is_empty() && !is_reference(text) => visit(place, text),
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
    fn a_mask_of_something_else_is_named() {
        let original = table(json!({}));
        let mut forged = table(json!({"authorization": "masked{other#0.x}"}));
        assert_eq!(unmask(&mut forged, &original)[0].code, "secret-unknown");
        let original = table(json!({"authorization": "Basic abc"}));
        let mut elsewhere = table(json!({"x-shown": "masked{a#0.request.set.authorization}"}));
        assert_eq!(unmask(&mut elsewhere, &original)[0].code, "secret-unknown");
    }
}
