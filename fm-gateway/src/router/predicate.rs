//! What a route asks of a request beside host, path and method.

use http::{HeaderMap, HeaderName, header::COOKIE};
use std::{borrow::Cow, fmt};

/// Where the value is found. Of a name that a request has several times, the first value counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    Header(HeaderName),
    /// A parameter of the query, both decoded (`application/x-www-form-urlencoded`).
    Query(String),
    Cookie(String),
}

/// What must hold of the value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Condition {
    /// There is one, whatever it is.
    Present,
    Absent,
    /// It equals one of these, byte by byte.
    OneOf(Vec<String>),
}

/// A condition on one field.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Predicate {
    pub field: Field,
    pub condition: Condition,
}

/// What is known of a request for which a route is looked up. Asked only where a rule with predicates matches host, path and method.
pub trait Attributes {
    /// Says whether a predicate holds.
    fn satisfy(&self, predicate: &Predicate) -> bool;
}

/// The attributes of a request at hand.
#[derive(Clone, Copy, Debug)]
pub struct RequestAttributes<'r> {
    pub headers: &'r HeaderMap,
    pub query: Option<&'r str>,
}

impl Attributes for RequestAttributes<'_> {
    fn satisfy(&self, predicate: &Predicate) -> bool {
        match &predicate.field {
            Field::Header(name) => predicate.condition.holds(self.headers.get(name).map(|value| value.as_bytes())),
            Field::Query(name) => predicate.condition.holds(self.parameter(name).as_deref().map(str::as_bytes)),
            Field::Cookie(name) => predicate.condition.holds(self.cookie(name)),
        }
    }
}

impl<'r> RequestAttributes<'r> {
    fn parameter(&self, name: &str) -> Option<Cow<'r, str>> {
        form_urlencoded::parse(self.query?.as_bytes()).find(|(n, _)| n == name).map(|(_, value)| value)
    }

    /// RFC 6265, 4.2.1; in HTTP/2 there may be several `Cookie` headers (RFC 9113, 8.2.3).
    fn cookie(&self, name: &str) -> Option<&'r [u8]> {
        let pairs = self.headers.get_all(COOKIE).into_iter().flat_map(|line| line.as_bytes().split(|b| *b == b';'));
        pairs
            .filter_map(|pair| {
                let at = pair.iter().position(|b| *b == b'=')?;
                (pair[..at].trim_ascii() == name.as_bytes()).then(|| pair[at + 1..].trim_ascii())
            })
            .next()
    }
}

impl Condition {
    /// Says whether it holds for the value of a field, if there is one.
    pub fn holds(&self, value: Option<&[u8]>) -> bool {
        match (self, value) {
            (Condition::Present, value) => value.is_some(),
            (Condition::Absent, value) => value.is_none(),
            (Condition::OneOf(values), Some(value)) => values.iter().any(|v| v.as_bytes() == value),
            (Condition::OneOf(_), None) => false,
        }
    }
}

impl Predicate {
    /// Says whether no request satisfies both.
    pub fn excludes(&self, other: &Predicate) -> bool {
        let (a, b) = (&self.condition, &other.condition);
        if self.field == other.field {
            return match (a, b) {
                (Condition::OneOf(ours), Condition::OneOf(theirs)) => !ours.iter().any(|value| theirs.contains(value)),
                (Condition::Absent, b) => *b != Condition::Absent,
                (a, Condition::Absent) => *a != Condition::Absent,
                _ => false,
            };
        }
        // Without a Cookie header there is no cookie.
        let no_cookies = |p: &Predicate| p.field == Field::Header(COOKIE) && p.condition == Condition::Absent;
        let a_cookie = |p: &Predicate| matches!(p.field, Field::Cookie(_)) && p.condition != Condition::Absent;
        (no_cookies(self) && a_cookie(other)) || (a_cookie(self) && no_cookies(other))
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Field::Header(name) => write!(f, "header {name}"),
            Field::Query(name) => write!(f, "query parameter {name}"),
            Field::Cookie(name) => write!(f, "cookie {name}"),
        }
    }
}

impl fmt::Display for Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.condition {
            Condition::Present => write!(f, "{} is present", self.field),
            Condition::Absent => write!(f, "{} is absent", self.field),
            Condition::OneOf(values) => match &values[..] {
                [value] => write!(f, "{} equals {value:?}", self.field),
                values => write!(f, "{} is one of {values:?}", self.field),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn header(name: &'static str) -> Field {
        Field::Header(HeaderName::from_static(name))
    }

    fn one_of(field: Field, values: &[&str]) -> Predicate {
        Predicate { field, condition: Condition::OneOf(values.iter().map(|&v| v.to_owned()).collect()) }
    }

    fn holds(predicate: &Predicate, headers: &[(&'static str, &str)], query: Option<&str>) -> bool {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_str(value).unwrap());
        }
        RequestAttributes { headers: &map, query }.satisfy(predicate)
    }

    #[test]
    fn a_header_is_compared_by_its_first_value() {
        let beta = one_of(header("x-channel"), &["beta", "canary"]);
        assert!(holds(&beta, &[("x-channel", "beta")], None));
        assert!(holds(&beta, &[("x-channel", "canary"), ("x-channel", "stable")], None));
        assert!(!holds(&beta, &[("x-channel", "stable"), ("x-channel", "beta")], None));
        assert!(!holds(&beta, &[("x-channel", "Beta")], None) && !holds(&beta, &[], None));
    }

    #[test]
    fn query_parameters_are_decoded_before_they_are_compared() {
        let field = || Field::Query("für".into());
        let value = one_of(field(), &["a b"]);
        for (query, expected) in [
            (Some("f%C3%BCr=a+b"), true),
            (Some("x=1&f%c3%bcr=a%20b"), true),
            (Some("f%C3%BCr=a&f%C3%BCr=a+b"), false),
            (Some("f%C3%BCr"), false),
            (Some(""), false),
            (None, false),
        ] {
            assert_eq!(holds(&value, &[], query), expected, "{query:?}");
        }
        let present = Predicate { field: field(), condition: Condition::Present };
        assert!(holds(&present, &[], Some("f%C3%BCr")) && !holds(&present, &[], Some("fuer")));
    }

    #[test]
    fn cookies_are_found_in_every_cookie_header() {
        let group = one_of(Field::Cookie("group".into()), &["b"]);
        for (headers, expected) in [
            (&[("cookie", "a=1; group=b")][..], true),
            (&[("cookie", "a=1"), ("cookie", "group=b")], true),
            (&[("cookie", "group=a; group=b")], false),
            (&[("cookie", "xgroup=b; group = b")], true),
            (&[("cookie", "group")], false),
            (&[("cookie", "subgroup=b")], false),
            (&[], false),
        ] {
            assert_eq!(holds(&group, headers, None), expected, "{headers:?}");
        }
    }

    #[test]
    fn an_absent_field_satisfies_only_its_absence() {
        for field in [header("x"), Field::Query("x".into()), Field::Cookie("x".into())] {
            let absent = Predicate { field: field.clone(), condition: Condition::Absent };
            let present = Predicate { field, condition: Condition::Present };
            assert!(holds(&absent, &[], None) && !holds(&present, &[], None));
            let has_all = [("x", ""), ("cookie", "x=")];
            assert!(!holds(&absent, &has_all, Some("x=")) && holds(&present, &has_all, Some("x=")));
        }
    }

    #[test]
    fn predicates_exclude_each_other_only_where_no_request_satisfies_both() {
        let present = |field| Predicate { field, condition: Condition::Present };
        let absent = |field| Predicate { field, condition: Condition::Absent };
        let cookie = || Field::Cookie("a".into());
        for (a, b) in [
            (one_of(header("x"), &["1"]), one_of(header("x"), &["2", "3"])),
            (present(header("x")), absent(header("x"))),
            (one_of(cookie(), &["1"]), absent(cookie())),
            (absent(header("cookie")), present(cookie())),
        ] {
            assert!(a.excludes(&b) && b.excludes(&a), "{a}, {b}");
        }
        for (a, b) in [
            (one_of(header("x"), &["1", "2"]), one_of(header("x"), &["2", "3"])),
            (one_of(header("x"), &["1"]), one_of(header("y"), &["2"])),
            (one_of(header("a"), &["1"]), one_of(cookie(), &["2"])),
            (present(header("x")), one_of(header("x"), &["1"])),
            (absent(header("x")), absent(header("x"))),
            (absent(header("cookie")), absent(cookie())),
            (present(header("cookie")), absent(cookie())),
        ] {
            assert!(!a.excludes(&b) && !b.excludes(&a), "{a}, {b}");
        }
    }
}
