//! The path of a route: literal segments, `{param}` segments, and perhaps `/**` at the end.

use std::fmt;

/// One segment of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// Matches itself.
    Literal(String),
    /// Matches any one segment that is not empty; the name is for variables only.
    Param(String),
}

/// A parsed path pattern. `/a/b` is exact, `/a/{id}` takes any one segment, `/a/**` takes `/a` and all below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    pub segments: Vec<Segment>,
    /// Ends in `/**`.
    pub tail: bool,
}

/// Orders patterns that can match the same path: the smaller one is more specific.
///
/// Compared from the left, a literal beats a parameter, that beats the end, and that beats `/**`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Specificity(Vec<u8>);

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn parse(text: &str) -> Result<Pattern, String> {
        let Some(rest) = text.strip_prefix('/') else { return Err("a path starts with /".into()) };
        let (rest, tail) = match rest {
            "**" => return Ok(Pattern { segments: Vec::new(), tail: true }),
            _ => rest.strip_suffix("/**").map_or((rest, false), |head| (head, true)),
        };
        let mut segments = Vec::new();
        let mut names: Vec<&str> = Vec::new();
        for part in rest.split('/') {
            if let Some(name) = part.strip_prefix('{').and_then(|p| p.strip_suffix('}')) {
                if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
                    return Err(format!("{part}: a parameter's name has letters, digits and _ only"));
                }
                if names.contains(&name) {
                    return Err(format!("the parameter {name} is there twice"));
                }
                names.push(name);
                segments.push(Segment::Param(name.to_owned()));
            } else if part.contains(['{', '}', '*']) {
                return Err(format!("{part}: a parameter is a whole segment, and ** stands at the end only"));
            } else {
                segments.push(Segment::Literal(part.to_owned()));
            }
        }
        let pattern = Pattern { segments, tail };
        match crate::front::normalise(&pattern.sample()) {
            Ok(clean) if clean == pattern.sample() => Ok(pattern),
            _ => Err("the path is not in its normal form, so nothing would ever match it".into()),
        }
    }

    /// Says whether a literal segment is this one, in whatever case.
    pub fn names(&self, text: &str) -> bool {
        self.segments.iter().any(|segment| matches!(segment, Segment::Literal(l) if l.eq_ignore_ascii_case(text)))
    }

    /// Says whether the path matches; the plain definition that the trie is held against.
    pub fn matches(&self, path: &str) -> bool {
        let Some(rest) = path.strip_prefix('/') else { return false };
        let mut parts = rest.split('/');
        if self.segments.is_empty() {
            return self.tail;
        }
        for segment in &self.segments {
            match (segment, parts.next()) {
                (Segment::Literal(l), Some(part)) if l == part => {}
                (Segment::Param(_), Some(part)) if !part.is_empty() => {}
                _ => return false,
            }
        }
        self.tail || parts.next().is_none()
    }

    /// Says where a path stops to match; `None`, if it matches.
    pub fn mismatch(&self, path: &str) -> Option<String> {
        let Some(rest) = path.strip_prefix('/') else { return Some("the path does not start with /".into()) };
        let mut parts = rest.split('/');
        for (n, segment) in self.segments.iter().enumerate() {
            let (place, wanted) = (n + 1, segment.to_string());
            match (segment, parts.next()) {
                (_, None) => return Some(format!("the path ends before segment {place}, {wanted:?}")),
                (Segment::Literal(l), Some(part)) if l != part => return Some(format!("segment {place} is {part:?}, not {wanted:?}")),
                (Segment::Param(_), Some("")) => return Some(format!("segment {place}, {wanted:?}, is empty")),
                _ => {}
            }
        }
        let beyond = parts.next().filter(|_| !self.tail);
        beyond.map(|part| format!("the path goes on after segment {}: {part:?}", self.segments.len()))
    }

    /// Takes a parameter's value out of a path that matched.
    pub fn param<'p>(&self, path: &'p str, name: &str) -> Option<&'p str> {
        let at = self.segments.iter().position(|s| matches!(s, Segment::Param(n) if n == name))?;
        path.strip_prefix('/')?.split('/').nth(at)
    }

    /// The names of the parameters.
    pub fn params(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().filter_map(|s| match s {
            Segment::Param(name) => Some(name.as_str()),
            Segment::Literal(_) => None,
        })
    }

    /// How specific it is.
    pub fn specificity(&self) -> Specificity {
        let kinds = self.segments.iter().map(|s| match s {
            Segment::Literal(_) => 0,
            Segment::Param(_) => 1,
        });
        Specificity(kinds.chain([if self.tail { 3 } else { 2 }]).collect())
    }

    /// Whether two patterns match exactly the same paths.
    pub fn same_shape(&self, other: &Pattern) -> bool {
        self.tail == other.tail
            && self.segments.len() == other.segments.len()
            && self.segments.iter().zip(&other.segments).all(|pair| match pair {
                (Segment::Literal(a), Segment::Literal(b)) => a == b,
                (Segment::Param(_), Segment::Param(_)) => true,
                _ => false,
            })
    }

    fn sample(&self) -> String {
        let mut path = String::new();
        for segment in &self.segments {
            path.push('/');
            path.push_str(match segment {
                Segment::Literal(l) => l,
                Segment::Param(_) => "x",
            });
        }
        if path.is_empty() { "/".into() } else { path }
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Segment::Literal(l) => f.write_str(l),
            Segment::Param(name) => write!(f, "{{{name}}}"),
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for segment in &self.segments {
            write!(f, "/{segment}")?;
        }
        if self.tail { f.write_str("/**") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_on_a_segment_boundary() {
        let p = Pattern::parse("/api/cars/**").unwrap();
        assert!(p.matches("/api/cars") && p.matches("/api/cars/") && p.matches("/api/cars/1/images"));
        assert!(!p.matches("/api/carsick") && !p.matches("/api"));
    }

    #[test]
    fn a_parameter_takes_one_segment_that_is_not_empty() {
        let p = Pattern::parse("/api/cars/{id}").unwrap();
        assert!(p.matches("/api/cars/7") && !p.matches("/api/cars/") && !p.matches("/api/cars/7/x"));
        assert_eq!(p.param("/api/cars/7", "id"), Some("7"));
        assert_eq!(p.param("/api/cars/7", "other"), None);
    }

    #[test]
    fn the_segment_at_which_a_path_stops_to_match_is_named() {
        for (pattern, path, why) in [
            ("/api/cars", "/api/images", "segment 2 is \"images\", not \"cars\""),
            ("/api/cars/{id}", "/api/cars", "the path ends before segment 3, \"{id}\""),
            ("/api/cars/{id}", "/api/cars/", "segment 3, \"{id}\", is empty"),
            ("/api/cars", "/api/cars/7", "the path goes on after segment 2: \"7\""),
            ("/", "/api", "segment 1 is \"api\", not \"\""),
        ] {
            assert_eq!(Pattern::parse(pattern).unwrap().mismatch(path).as_deref(), Some(why));
        }
        assert_eq!(Pattern::parse("/api/**").unwrap().mismatch("/api/cars/7"), None);
    }

    #[test]
    fn patterns_that_nothing_can_match_are_refused() {
        for bad in ["", "cars", "/a/../b", "/a//b", "/a/%2e", "/a{id}", "/{id}/{id}", "/a/**/b", "/{}", "/a b"] {
            assert!(Pattern::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_pattern_prints_as_it_was_written() {
        for text in ["/", "/**", "/a/{id}/b", "/a/**", "/a/"] {
            assert_eq!(Pattern::parse(text).unwrap().to_string(), text);
        }
    }
}
