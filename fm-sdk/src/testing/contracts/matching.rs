//! Compares what a provider says with what a consumer reads.

use super::{
    kind::Kind,
    pact::{Combine, Matcher, Message, PathText, Rule},
    path::Path,
};
use serde_json::Value;
use std::collections::BTreeMap;

/// A place that is not as the consumer reads it, and how it is.
pub(super) type Mismatches = BTreeMap<Path, String>;

/// Compares all samples of one message with the one that a contract expects. Each sample must have what is required; what is optional, null
/// or inside of an array must be in at least one of them, else nothing would be known of it.
pub(super) fn compare(expected: &Message, optional: &[PathText], samples: &[Value]) -> Mismatches {
    let mut comparison = Comparison { expected, optional, mismatches: Mismatches::new() };
    for sample in samples {
        comparison.visit(&Path::default(), &expected.contents.content, sample);
    }
    let root = (Path::default(), &expected.contents.content, samples.iter().collect());
    comparison.find_unseen(root);
    comparison.mismatches
}

struct Comparison<'a> {
    expected: &'a Message,
    optional: &'a [PathText],
    mismatches: Mismatches,
}

impl Comparison<'_> {
    fn note(&mut self, path: &Path, how: String) {
        self.mismatches.entry(path.generalised()).or_insert(how);
    }

    /// The rule for a place, and whether it stands at this very place and not above it.
    fn rule(&self, path: &Path) -> Option<(&Rule, bool)> {
        let rules = self.expected.matching_rules.body.iter();
        let (at, rule) = rules.filter_map(|(at, rule)| Some((at.0.weight(path)?, &at.0, rule))).max_by_key(|r| r.0).map(|r| (r.1, r.2))?;
        Some((rule, at.len() == path.len()))
    }

    fn visit(&mut self, path: &Path, expected: &Value, actual: &Value) {
        let rule = self.rule(path).map(|(rule, own)| (rule.clone(), own));
        if let Some(how) = differs(rule.as_ref(), expected, actual) {
            return self.note(path, how);
        }
        match (expected, actual) {
            (Value::Object(fields), Value::Object(actual)) => {
                for (name, field) in fields {
                    let place = path.field(name);
                    match actual.get(name) {
                        Some(value) => self.visit(&place, field, value),
                        None if self.optional.contains(&PathText(place.generalised())) => {}
                        None => self.note(&place, "is not there".into()),
                    }
                }
            }
            (Value::Array(examples), Value::Array(actual)) => {
                for (i, value) in actual.iter().enumerate() {
                    let example = if rule.is_some() { examples.first() } else { examples.get(i) };
                    if let Some(example) = example {
                        self.visit(&path.index(i), example, value);
                    }
                }
            }
            _ => {}
        }
    }

    /// Notes each place that no sample shows.
    fn find_unseen(&mut self, (path, expected, seen): (Path, &Value, Vec<&Value>)) {
        if self.mismatches.contains_key(&path) {
            return;
        }
        let seen: Vec<_> = seen.into_iter().filter(|value| !value.is_null() || expected.is_null()).collect();
        if seen.is_empty() {
            return self.note(&path, "is in none of the messages".into());
        }
        for (name, field) in expected.as_object().into_iter().flatten() {
            self.find_unseen((path.field(name), field, seen.iter().filter_map(|value| value.get(name)).collect()));
        }
        if let Some(example) = expected.get(0) {
            let elements = seen.iter().filter_map(|value| value.as_array()).flatten().collect();
            self.find_unseen((path.every(), example, elements));
        }
    }
}

/// How a value differs from its example, by its rule or, without one, from its equal; what lies inside of it is not looked at.
fn differs(rule: Option<&(Rule, bool)>, expected: &Value, actual: &Value) -> Option<String> {
    let is = || match actual {
        Value::Object(_) => "object".into(),
        Value::Array(elements) => format!("array of {}", elements.len()),
        scalar => format!("{} {scalar}", Kind::of(scalar)),
    };
    let Some((rule, own)) = rule else {
        let same = match (expected, actual) {
            (Value::Object(_), Value::Object(_)) => true,
            (Value::Array(a), Value::Array(b)) => a.len() == b.len(),
            _ => expected == actual,
        };
        return (!same).then(|| format!("is {}, not equal to {expected}", is()));
    };
    let matches = |matcher: &Matcher| does_match(matcher, *own, expected, actual);
    let fits = match rule.combine {
        Combine::And => rule.matchers.iter().all(matches),
        Combine::Or => rule.matchers.iter().any(matches),
    };
    let expected = rule.to_string().replace("of the example's type", &Kind::of(expected).to_string());
    (!fits).then(|| format!("is {}, not {expected}", is()))
}

fn does_match(matcher: &Matcher, own: bool, expected: &Value, actual: &Value) -> bool {
    match matcher {
        Matcher::Type { min, max } => {
            let len = actual.as_array().map_or(0, Vec::len);
            let enough = !own || !actual.is_array() || (min.is_none_or(|min| len >= min) && max.is_none_or(|max| len <= max));
            enough && (Kind::of(actual) == Kind::of(expected) || (actual.is_number() && expected.is_number()))
        }
        Matcher::Equality => actual == expected,
        Matcher::Boolean => actual.is_boolean(),
        Matcher::Integer => Kind::of(actual) == Kind::Integer,
        Matcher::Decimal => Kind::of(actual) == Kind::Decimal,
        Matcher::Number => actual.is_number(),
        Matcher::Null => actual.is_null(),
        Matcher::Include { value } => actual.as_str().is_some_and(|text| text.contains(value)),
        Matcher::NotEmpty => match actual {
            Value::Null => false,
            Value::String(text) => !text.is_empty(),
            Value::Array(elements) => !elements.is_empty(),
            Value::Object(fields) => !fields.is_empty(),
            _ => true,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A message as another Pact library writes it.
    fn message(content: Value, rules: Value) -> Message {
        let rules: serde_json::Map<_, _> =
            rules.as_object().unwrap().iter().map(|(path, m)| (path.clone(), json!({"matchers": [m]}))).collect();
        serde_json::from_value(json!({"contents": {"content": content}, "matchingRules": {"body": rules}})).unwrap()
    }
    fn mismatches(expected: &Message, samples: &[Value]) -> Vec<String> {
        compare(expected, &[], samples).iter().map(|(path, how)| format!("{path} {how}")).collect()
    }

    #[test]
    fn without_a_rule_values_are_compared_and_more_fields_are_free() {
        let expected = message(json!({"kind": "car", "sizes": [1, 2]}), json!({}));
        assert!(mismatches(&expected, &[json!({"kind": "car", "sizes": [1, 2], "more": 1})]).is_empty());
        let found = mismatches(&expected, &[json!({"kind": "bike", "sizes": [1]})]);
        assert_eq!(found, [r#"$.kind is string "bike", not equal to "car""#, "$.sizes is array of 1, not equal to [1,2]"]);
    }

    #[test]
    fn a_rule_holds_for_what_lies_below_it_until_a_longer_one() {
        let expected =
            message(json!({"car": {"id": "x", "price": 1}}), json!({"$.car": {"match": "type"}, "$.car.price": {"match": "integer"}}));
        assert!(mismatches(&expected, &[json!({"car": {"id": "y", "price": 2}})]).is_empty());
        let found = mismatches(&expected, &[json!({"car": {"id": 3, "price": 1.5}})]);
        assert_eq!(found, ["$.car.id is integer 3, not string", "$.car.price is decimal 1.5, not integer"]);
    }

    #[test]
    fn each_element_of_an_array_is_compared_with_the_example() {
        let expected = message(json!({"images": [{"key": "k"}]}), json!({"$.images": {"match": "type", "min": 1}}));
        assert!(mismatches(&expected, &[json!({"images": [{"key": "a"}, {"key": "b"}]})]).is_empty());
        assert_eq!(mismatches(&expected, &[json!({"images": [{"key": "a"}, {}]})]), ["$.images[*].key is not there"]);
        assert_eq!(mismatches(&expected, &[json!({"images": []})]), ["$.images is array of 0, not array of at least 1"]);
    }

    #[test]
    fn what_no_sample_shows_is_a_mismatch() {
        let expected =
            message(json!({"images": ["k"], "title": "x"}), json!({"$.images": {"match": "type"}, "$.title": {"match": "type"}}));
        let samples = [json!({"images": [], "title": "a"}), json!({"images": ["k"], "title": "b"})];
        assert!(mismatches(&expected, &samples).is_empty());
        assert_eq!(mismatches(&expected, &samples[..1]), ["$.images[*] is in none of the messages"]);
        assert_eq!(mismatches(&expected, &[]), ["$ is in none of the messages"]);
    }

    #[test]
    fn matchers_hold_as_their_names_say() {
        for (matcher, fits, not) in [
            (json!({"match": "boolean"}), json!(false), json!("false")),
            (json!({"match": "decimal"}), json!(0.5), json!(1)),
            (json!({"match": "number"}), json!(1), json!("1")),
            (json!({"match": "include", "value": "b"}), json!("abc"), json!("ac")),
            (json!({"match": "notEmpty"}), json!("a"), json!("")),
            (json!({"match": "equality"}), json!("e"), json!("f")),
            (json!({"match": "type", "max": 1}), json!("t"), json!(["t"])),
        ] {
            let expected = message(json!({"v": "e"}), json!({"$.v": matcher}));
            assert!(mismatches(&expected, &[json!({"v": fits})]).is_empty(), "{matcher}");
            assert_eq!(mismatches(&expected, &[json!({"v": not})]).len(), 1, "{matcher}");
        }
    }
}
