//! Sets of HTTP methods.

use http::Method;

const NAMES: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const OTHER: u16 = 1 << NAMES.len();

/// A set of methods. Methods that have no name here are one element of it: only a set of all has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct MethodSet(u16);

impl MethodSet {
    /// Has every method.
    pub const ALL: MethodSet = MethodSet(u16::MAX);
    /// Has none.
    pub const NONE: MethodSet = MethodSet(0);

    /// Reads the names of a route; none means all. GET brings HEAD with it (RFC 9110, 9.3.2).
    ///
    /// # Errors
    /// The name that is no method.
    pub fn parse<S: AsRef<str>>(names: &[S]) -> Result<MethodSet, String> {
        if names.is_empty() {
            return Ok(MethodSet::ALL);
        }
        let mut set = 0;
        for name in names {
            let at = NAMES.iter().position(|n| *n == name.as_ref()).ok_or_else(|| name.as_ref().to_owned())?;
            set |= 1 << at;
        }
        Ok(MethodSet(if set & 1 == 1 { set | 2 } else { set }))
    }

    /// Makes the set that has this method alone.
    pub fn only(method: &Method) -> MethodSet {
        MethodSet(match *method {
            Method::GET => 1,
            Method::HEAD => 2,
            Method::POST => 4,
            Method::PUT => 8,
            Method::PATCH => 16,
            Method::DELETE => 32,
            Method::OPTIONS => 64,
            _ => OTHER,
        })
    }

    /// Whether both have a method in common.
    pub fn meets(self, other: MethodSet) -> bool {
        self.0 & other.0 != 0
    }

    /// Adds all of another set.
    #[must_use]
    pub fn with(self, other: MethodSet) -> MethodSet {
        MethodSet(self.0 | other.0)
    }

    /// Whether it has every method.
    pub fn is_all(self) -> bool {
        self == MethodSet::ALL
    }

    /// Writes the value of an `Allow` header.
    pub fn allow(self) -> String {
        let names: Vec<&str> = NAMES.iter().enumerate().filter(|(at, _)| self.0 & (1 << at) != 0).map(|(_, n)| *n).collect();
        names.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn get_brings_head_with_it() {
        let set = MethodSet::parse(&["GET", "PATCH"]).unwrap();
        assert_eq!(set.allow(), "GET, HEAD, PATCH");
        assert!(set.meets(MethodSet::only(&Method::HEAD)) && !set.meets(MethodSet::only(&Method::PUT)));
    }

    #[test]
    fn a_method_matches_a_route_that_names_it_and_no_other() {
        for (at, name) in NAMES.iter().enumerate() {
            let route = MethodSet::parse(&[name]).unwrap();
            for (other_at, other) in NAMES.iter().enumerate() {
                let method = MethodSet::only(&Method::from_bytes(other.as_bytes()).unwrap());
                assert_eq!(method.allow(), *other);
                assert_eq!(route.meets(method), at == other_at || (*name == "GET" && *other == "HEAD"), "{name} {other}");
            }
        }
    }

    #[test]
    fn a_method_that_is_named_twice_counts_once() {
        assert_eq!(MethodSet::parse(&["PUT", "PUT", "GET", "GET"]), MethodSet::parse(&["PUT", "GET"]));
    }

    #[test]
    fn an_unknown_name_is_refused_and_an_unknown_method_matches_only_all() {
        assert_eq!(MethodSet::parse(&["get"]), Err("get".into()));
        let odd = MethodSet::only(&Method::from_bytes(b"PURGE").unwrap());
        assert!(MethodSet::ALL.meets(odd) && !MethodSet::parse(&["GET"]).unwrap().meets(odd));
    }
}
