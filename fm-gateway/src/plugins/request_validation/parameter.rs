//! Values of parameters are text; what they may stand for depends on the schema.

use serde_json::Value;

/// Where a parameter stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Path,
    Query,
}

/// What the values of one parameter may be read as: a list of possibilities, the most telling last, for each value, or for all of them as a list.
pub fn readings(values: &[&str], is_array: bool, has_commas: bool) -> Vec<Vec<Value>> {
    if !is_array {
        return values.iter().map(|value| scalars(value)).collect();
    }
    let items: Vec<&str> = if has_commas { values.iter().flat_map(|value| value.split(',')).collect() } else { values.to_vec() };
    let texts = items.iter().map(|item| Value::from(*item)).collect();
    let typed = items.iter().filter_map(|item| scalars(item).pop()).collect();
    vec![vec![Value::Array(texts), Value::Array(typed)]]
}

/// The text itself, and a number or a boolean if it is one.
fn scalars(text: &str) -> Vec<Value> {
    let mut all = vec![Value::from(text)];
    let number = text.parse::<i64>().map(Value::from).or_else(|_| text.parse::<u64>().map(Value::from)).ok();
    let number = number.or_else(|| text.parse::<f64>().ok().filter(|n| n.is_finite()).map(Value::from));
    let boolean = text.parse::<bool>().ok().map(Value::from);
    all.extend(number.or(boolean));
    all
}

/// Decodes a segment of a path; bytes that are no UTF-8 are replaced.
pub fn decode(segment: &str) -> String {
    let (mut bytes, mut rest) = (Vec::with_capacity(segment.len()), segment.as_bytes());
    while let [first, tail @ ..] = rest {
        let digits = tail.get(..2).filter(|digits| *first == b'%' && digits.iter().all(u8::is_ascii_hexdigit));
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => (bytes.push(byte), rest = &tail[2..]),
            None => (bytes.push(*first), rest = tail),
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn text_is_read_as_what_it_may_stand_for() {
        for (text, expected) in [
            ("7", json!(["7", 7])),
            ("007", json!(["007", 7])),
            ("-7.5", json!(["-7.5", -7.5])),
            ("18446744073709551615", json!(["18446744073709551615", u64::MAX])),
            ("true", json!(["true", true])),
            ("TRUE", json!(["TRUE"])),
            ("inf", json!(["inf"])),
            ("NaN", json!(["NaN"])),
            ("", json!([""])),
        ] {
            assert_eq!(json!(scalars(text)), expected, "{text}");
        }
    }

    #[test]
    fn lists_are_values_or_have_commas() {
        assert_eq!(readings(&["1", "b"], true, false), [[json!(["1", "b"]), json!([1, "b"])]]);
        assert_eq!(readings(&["1,2"], true, true), [[json!(["1", "2"]), json!([1, 2])]]);
        assert_eq!(readings(&["1,2"], true, false), [[json!(["1,2"]), json!(["1,2"])]]);
        assert_eq!(readings(&["a", "b"], false, false), [[json!("a")], [json!("b")]]);
    }

    #[test]
    fn segments_are_decoded_and_what_is_no_escape_stays() {
        for (segment, decoded) in [("a%20b", "a b"), ("%c3%a4", "ä"), ("%", "%"), ("%g1", "%g1"), ("%+1", "%+1"), ("%ff", "\u{fffd}")] {
            assert_eq!(decode(segment), decoded, "{segment}");
        }
    }
}
