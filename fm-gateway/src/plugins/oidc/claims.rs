//! What a token says of who has it.

use http::HeaderValue;
use serde_json::{Map, Value};

/// The claims of a token whose signature is right.
pub type Claims = Map<String, Value>;

/// A claim by its name, or by the names on the way to it: `realm_access.roles`. A claim whose own name has dots comes first.
#[derive(Clone, Debug)]
pub struct Path(String);

impl Path {
    pub fn new(path: &str) -> Path {
        Path(path.to_owned())
    }

    pub fn of<'c>(&self, claims: &'c Claims) -> Option<&'c Value> {
        claims.get(&self.0).or_else(|| {
            let mut names = self.0.split('.');
            let first = claims.get(names.next()?)?;
            names.try_fold(first, |value, name| value.get(name))
        })
    }
}

/// All texts of a claim that is one or a list of some.
pub fn list(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// What a token may: `scope` (RFC 8693, 4.2; words between spaces), or `scp`, as some issuers call it.
pub fn scopes(claims: &Claims) -> Vec<&str> {
    let said = list(claims.get("scope").or_else(|| claims.get("scp")));
    said.into_iter().flat_map(|words| words.split(' ')).filter(|word| !word.is_empty()).collect()
}

/// A claim as a header has it: a list is joined by commas. `None` is no text, or one that would be read as something else.
pub fn header(value: &Value) -> Option<HeaderValue> {
    let text = match value {
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| text(item).filter(|item| !item.contains(','))).collect::<Option<_>>()?;
            items.join(",")
        }
        value => text(value)?,
    };
    HeaderValue::from_bytes(text.as_bytes()).ok()
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(is) => Some(is.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn claims(value: Value) -> Claims {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn a_claim_is_found_by_its_name_or_its_way() {
        let claims =
            claims(json!({"sub": "7", "realm_access": {"roles": ["a"]}, "https://x.example/roles": ["b"], "a.b": 1, "a": {"b": 2}}));
        for (path, found) in [
            ("sub", Some(json!("7"))),
            ("realm_access.roles", Some(json!(["a"]))),
            ("https://x.example/roles", Some(json!(["b"]))),
            ("a.b", Some(json!(1))),
            ("sub.x", None),
            ("", None),
            ("realm_access.", None),
        ] {
            assert_eq!(Path::new(path).of(&claims), found.as_ref(), "{path}");
        }
    }

    #[test]
    fn scopes_are_words_or_a_list() {
        assert_eq!(scopes(&claims(json!({"scope": "a  b:c"}))), ["a", "b:c"]);
        assert_eq!(scopes(&claims(json!({"scp": ["a", "b"]}))), ["a", "b"]);
        assert!(scopes(&claims(json!({"scope": 7}))).is_empty());
    }

    #[test]
    fn what_could_be_read_as_something_else_is_no_header() {
        for (value, text) in
            [(json!("Jürgen"), "Jürgen"), (json!(7), "7"), (json!(true), "true"), (json!(["a", "b"]), "a,b"), (json!([]), "")]
        {
            assert_eq!(header(&value).unwrap().as_bytes(), text.as_bytes());
        }
        for value in [json!("a\r\nx-user-id: 1"), json!("\u{0}"), json!(["a,admin"]), json!([["a"]]), json!({"a": 1}), Value::Null] {
            assert!(header(&value).is_none(), "{value}");
        }
    }
}
