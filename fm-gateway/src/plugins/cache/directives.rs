//! `Cache-Control` (RFC 9111, 5.2), read so that what is unclear is never taken for a permission.

use http::{
    HeaderMap, HeaderValue,
    header::{CACHE_CONTROL, PRAGMA},
};

/// The longest time that counts, in seconds (RFC 9111, 1.2.2).
const FOR_EVER: u64 = 1 << 31;

/// Directives of a request or an answer: names in lower case, with what they say.
#[derive(Debug, Default)]
pub struct Directives(Vec<(String, Option<String>)>);

impl Directives {
    /// Reads them. A header that cannot be read is `no-store`.
    pub fn of(headers: &HeaderMap) -> Directives {
        let mut all = Vec::new();
        for value in headers.get_all(CACHE_CONTROL) {
            match value.to_str().ok().and_then(items) {
                Some(items) => all.extend(items),
                None => all.push(("no-store".to_owned(), None)),
            }
        }
        Directives(all)
    }

    /// Those of a request: `Pragma: no-cache` counts where there is no `Cache-Control` (RFC 9111, 5.4).
    pub fn of_request(headers: &HeaderMap) -> Directives {
        let is_no_cache = |value: &HeaderValue| value.as_bytes().to_ascii_lowercase().windows(8).any(|part| part == b"no-cache");
        if !headers.contains_key(CACHE_CONTROL) && headers.get_all(PRAGMA).iter().any(is_no_cache) {
            return Directives(vec![("no-cache".to_owned(), None)]);
        }
        Directives::of(headers)
    }

    /// Whether a directive is there, with or without an argument: what `private` or `no-cache` say of single fields holds for all.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// The seconds of a directive. One that is no number, or says two things, is 0 (RFC 9111, 4.2.1).
    pub fn seconds(&self, name: &str) -> Option<u64> {
        let mut said = self.0.iter().filter(|(known, _)| known == name).map(|(_, argument)| argument.as_deref());
        let first = said.next()?;
        Some(first.filter(|_| said.all(|other| other == first)).and_then(delta).unwrap_or(0))
    }

    /// The same, where no argument means any time.
    pub fn seconds_or_any(&self, name: &str) -> Option<u64> {
        match self.0.iter().find(|(known, _)| known == name)? {
            (_, None) => Some(FOR_EVER),
            _ => self.seconds(name),
        }
    }
}

/// Reads a number of seconds; what is too large is for ever.
pub fn delta(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| text.parse().map_or(FOR_EVER, |seconds: u64| seconds.min(FOR_EVER)))
}

/// Splits a list at its commas, but for those in quotes; `None`, if a quote has no end.
fn items(text: &str) -> Option<Vec<(String, Option<String>)>> {
    let (mut items, mut item, mut quoted, mut escaped) = (Vec::new(), String::new(), false, false);
    for c in text.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted => {
                items.push(std::mem::take(&mut item));
                continue;
            }
            _ => {}
        }
        item.push(c);
    }
    items.push(item);
    let directive = |item: &String| match item.split_once('=') {
        Some((name, argument)) => (name.trim().to_ascii_lowercase(), Some(argument.trim().trim_matches('"').to_owned())),
        None => (item.trim().to_ascii_lowercase(), None),
    };
    (!quoted).then(|| items.iter().map(directive).filter(|(name, _)| !name.is_empty()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[&str]) -> Directives {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(CACHE_CONTROL, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        Directives::of(&headers)
    }

    #[test]
    fn directives_are_found_in_any_case_with_quotes_and_in_several_lines() {
        for (values, seconds) in [
            (&["max-age=10"][..], Some(10)),
            (&["Public, MAX-AGE = \"10\""], Some(10)),
            (&["public", "max-age=10"], Some(10)),
            (&["private=\"a, max-age=99\", max-age=10"], Some(10)),
            (&["x-max-age=10"], None),
            (&["max-age=10, max-age=10"], Some(10)),
            (&["max-age=99999999999999999999"], Some(FOR_EVER)),
        ] {
            assert_eq!(of(values).seconds("max-age"), seconds, "{values:?}");
        }
    }

    #[test]
    fn ambiguous_directives_do_not_allow_storing() {
        for value in ["max-age=", "max-age", "max-age=-1", "max-age=1.5", "max-age=+1", "max-age=1 0", "max-age=10, max-age=20"] {
            assert_eq!(of(&[value]).seconds("max-age"), Some(0), "{value}");
        }
        for value in ["max-age=10, private=\"a", "max-age=10, \u{e4}"] {
            assert!(of(&[value]).has("no-store"), "{value}");
        }
        assert!(of(&["private=\"x-a\""]).has("private") && of(&["no-cache=set-cookie"]).has("no-cache"));
    }
}
