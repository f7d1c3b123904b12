//! Reads the predicates of a route: `{"header": "x-channel", "equals": "beta"}`.

use crate::{
    router::{self, Condition, Field},
    table::Predicate,
};
use http::HeaderName;

/// The most values of one predicate.
const MAX_VALUES: usize = 100;

/// Reads a predicate for the router.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub fn predicate(written: &Predicate) -> Result<router::Predicate, String> {
    let field = match (&written.header, &written.query, &written.cookie) {
        (Some(name), None, None) => Field::Header(header(name)?),
        (None, Some(name), None) if !name.is_empty() => Field::Query(name.clone()),
        (None, None, Some(name)) if HeaderName::from_bytes(name.as_bytes()).is_ok() => Field::Cookie(name.clone()),
        (None, Some(name), None) | (None, None, Some(name)) => return Err(format!("{name:?} is no name")),
        _ => return Err("one of header, query and cookie names the field".into()),
    };
    let condition = match (written.present, &written.equals, &written.one_of) {
        (Some(true), None, None) => Condition::Present,
        (Some(false), None, None) => Condition::Absent,
        (None, Some(value), None) => Condition::OneOf(vec![value.clone()]),
        (None, None, Some(values)) if (1..=MAX_VALUES).contains(&values.len()) => Condition::OneOf(values.clone()),
        (None, None, Some(_)) => return Err(format!("one_of has 1 to {MAX_VALUES} values")),
        _ => return Err("one of present, equals and one_of says what must hold".into()),
    };
    Ok(router::Predicate { field, condition })
}

/// Predicates see what the front lets in, so that a header which it strips is never there.
fn header(name: &str) -> Result<HeaderName, String> {
    let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("{name:?} is no header's name"))?;
    if name == http::header::HOST {
        return Err("the host is matched by hosts".into());
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn parse(value: Value) -> Result<router::Predicate, String> {
        predicate(&serde_json::from_value(value).map_err(|e| e.to_string())?)
    }

    #[test]
    fn a_predicate_names_one_field_and_one_condition() {
        let parsed = parse(json!({"header": "X-Channel", "equals": "beta"})).unwrap();
        assert_eq!(parsed.to_string(), "header x-channel equals \"beta\"");
        assert_eq!(parse(json!({"query": "q", "one_of": ["a", "b"]})).unwrap().to_string(), "query parameter q is one of [\"a\", \"b\"]");
        assert_eq!(parse(json!({"cookie": "c", "present": false})).unwrap().to_string(), "cookie c is absent");
        for bad in [
            json!({}),
            json!({"header": "x"}),
            json!({"equals": "x"}),
            json!({"header": "x", "query": "y", "present": true}),
            json!({"header": "x", "present": true, "equals": "y"}),
            json!({"header": "a b", "present": true}),
            json!({"header": "host", "equals": "x"}),
            json!({"query": "", "present": true}),
            json!({"cookie": "a=b", "present": true}),
            json!({"cookie": "", "present": true}),
            json!({"header": "x", "one_of": []}),
            json!({"header": "x", "one_of": vec!["v"; MAX_VALUES + 1]}),
            json!({"header": "x", "matches": ".*"}),
            json!({"header": "x", "present": "yes"}),
        ] {
            parse(bad.clone()).expect_err(&bad.to_string());
        }
    }
}
