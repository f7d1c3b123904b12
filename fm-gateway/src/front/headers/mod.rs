//! Names of headers that a client may not send on.

use std::sync::LazyLock;

/// Names and prefixes, one a line, each with where it comes from.
const STRIPPED: &str = include_str!("stripped.txt");

/// What a client may say and only trusted proxies are believed about; the gateway writes its own.
const REPLACED: [&str; 3] = ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"];

/// Names and prefixes by their first letter.
static BY_LETTER: LazyLock<[Vec<Rule>; 26]> = LazyLock::new(|| {
    let mut by_letter = [const { Vec::new() }; 26];
    for rule in rules() {
        if let Some(rules) = rule.name.bytes().next().and_then(letter).and_then(|at| by_letter.get_mut(at)) {
            rules.push(rule);
        }
    }
    by_letter
});

#[derive(Clone, Copy, Debug)]
struct Rule {
    name: &'static str,
    is_prefix: bool,
}

fn rules() -> impl Iterator<Item = Rule> {
    let names = STRIPPED.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_whitespace().next());
    names.map(|name| match name.strip_suffix('*') {
        Some(prefix) => Rule { name: prefix, is_prefix: true },
        None => Rule { name, is_prefix: false },
    })
}

fn letter(b: u8) -> Option<usize> {
    b.is_ascii_lowercase().then(|| usize::from(b - b'a'))
}

/// Says whether a header, its name in lower case, is taken out of every request.
///
/// A name with anything but letters, digits and `-` always is: CGI (RFC 3875, 4.1.18), WSGI, Rack and PHP fold such characters, so that
/// services cannot tell it from the same name with `-`.
pub fn is_stripped(name: &str) -> bool {
    let bytes = name.as_bytes();
    if !bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-') {
        return true;
    }
    let rules = bytes.first().copied().and_then(letter).and_then(|at| BY_LETTER.get(at));
    let listed =
        rules.is_some_and(|rules| rules.iter().any(|rule| if rule.is_prefix { name.starts_with(rule.name) } else { name == rule.name }));
    listed && !REPLACED.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_never_comes_from_outside() {
        for name in [
            "x-user-id",
            "x-user",
            "x-identity",
            "x-auth-request-user",
            "x_user_id",
            "x-fm-identity",
            "x-scopes",
            "remote-user",
            "x-roles",
            "x-webauth-user",
        ] {
            assert!(is_stripped(name), "{name}");
        }
    }

    #[test]
    fn ordinary_headers_pass() {
        for name in
            ["accept", "authorization", "cookie", "x-requested-with", "x-csrf-token", "content-type", "range", "traceparent", "if-match"]
        {
            assert!(!is_stripped(name), "{name}");
        }
    }

    #[test]
    fn every_line_of_the_list_has_a_name_and_a_source() {
        for line in STRIPPED.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (name, source) = line.split_once(' ').unwrap_or_else(|| panic!("{line}: no source"));
            assert!(!source.trim().is_empty(), "{line}");
            let plain = name.trim_end_matches('*');
            assert!(plain.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'), "{line}");
            assert!(letter(plain.as_bytes()[0]).is_some() && (plain == "x-forward" || is_stripped(plain)), "{line}");
        }
    }
}
