//! The hosts of a route.

use std::{cmp::Reverse, fmt};

/// Which hosts a route answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum HostRule {
    /// All.
    Any,
    /// This one.
    Exact(String),
    /// All below this one: `*.example.com`, kept without the `*.`.
    Below(String),
}

impl HostRule {
    /// Reads one entry of a route's hosts.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn parse(text: &str) -> Result<HostRule, String> {
        let (name, below) = text.strip_prefix("*.").map_or((text, false), |name| (name, true));
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.' | b'[' | b']' | b':');
        if name.is_empty() || name.starts_with('.') || name.ends_with('.') || !name.bytes().all(plain) {
            return Err(format!("{text}: a host is a lower-case name without port, or *.name"));
        }
        Ok(if below { HostRule::Below(name.into()) } else { HostRule::Exact(name.into()) })
    }

    /// Says whether the host, in lower case and without port, is one of them.
    pub fn matches(&self, host: &str) -> bool {
        match self {
            HostRule::Any => true,
            HostRule::Exact(name) => name == host,
            HostRule::Below(name) => host.strip_suffix(name.as_str()).is_some_and(|head| head.len() > 1 && head.ends_with('.')),
        }
    }

    /// Orders rules that may match the same host: the smaller one is more specific.
    pub fn specificity(&self) -> (u8, Reverse<usize>) {
        match self {
            HostRule::Exact(_) => (0, Reverse(0)),
            HostRule::Below(name) => (1, Reverse(name.len())),
            HostRule::Any => (2, Reverse(0)),
        }
    }
}

impl fmt::Display for HostRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HostRule::Any => f.write_str("any host"),
            HostRule::Exact(name) => f.write_str(name),
            HostRule::Below(name) => write!(f, "*.{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_takes_what_is_below_and_not_the_name_itself() {
        let rule = HostRule::parse("*.example.com").unwrap();
        assert!(rule.matches("a.example.com") && rule.matches("a.b.example.com"));
        assert!(!rule.matches("example.com") && !rule.matches("badexample.com") && !rule.matches(".example.com"));
    }

    #[test]
    fn hosts_with_capitals_or_ports_by_name_are_refused() {
        for bad in ["", "*", "*.", "Example.com", "a_b", ".a", "a."] {
            assert!(HostRule::parse(bad).is_err(), "{bad}");
        }
    }
}
