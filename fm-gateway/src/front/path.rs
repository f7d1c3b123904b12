//! The normal form of a path. Matched and forwarded is one and the same string, so that nobody upstream can read it otherwise.

use std::borrow::Cow;

/// Why a path is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPath {
    #[error("the path does not start with /")]
    NotAbsolute,
    #[error("the path has a broken % escape")]
    Escape,
    #[error("the path hides a separator or a control character")]
    Forbidden,
    #[error("the path climbs above its root")]
    AboveRoot,
}

/// Brings a path into its normal form: escapes of unreserved characters undone, other escapes in capitals, `//` made one, `.` and `..`
/// resolved (RFC 3986, 6.2.2). A clean path is given back as it is.
///
/// # Errors
/// Refuses what services read in different ways: `%2f`, `%5c`, `\`, `%00` and other control characters, and what climbs above the root.
pub fn normalise(path: &str) -> Result<Cow<'_, str>, BadPath> {
    if !path.starts_with('/') {
        return Err(BadPath::NotAbsolute);
    }
    if is_clean(path.as_bytes()) {
        return Ok(Cow::Borrowed(path));
    }
    let decoded = decode(path)?;
    resolve(&decoded).map(Cow::Owned)
}

fn is_clean(path: &[u8]) -> bool {
    let mut last = 0;
    for &b in path {
        if !plain(b) || (last == b'/' && matches!(b, b'/' | b'.')) {
            return false;
        }
        last = b;
    }
    true
}

/// What may stand in a path as it is: `pchar` without `%`, and `/`.
fn plain(b: u8) -> bool {
    unreserved(b) || matches!(b, b'/' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=' | b':' | b'@')
}

fn unreserved(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~')
}

fn decode(path: &str) -> Result<String, BadPath> {
    let bytes = path.as_bytes();
    let mut out = String::with_capacity(bytes.len() + 8);
    let mut at = 0;
    while at < bytes.len() {
        let b = bytes[at];
        at += 1;
        if b == b'%' {
            let (high, low) = (hex(bytes.get(at)), hex(bytes.get(at + 1)));
            let (Some(high), Some(low)) = (high, low) else { return Err(BadPath::Escape) };
            at += 2;
            let value = high << 4 | low;
            if value < 0x20 || matches!(value, 0x7f | b'/' | b'\\') {
                return Err(BadPath::Forbidden);
            }
            if unreserved(value) { out.push(char::from(value)) } else { escape(&mut out, value) }
        } else if b < 0x20 || b == 0x7f || b == b'\\' {
            return Err(BadPath::Forbidden);
        } else if plain(b) {
            out.push(char::from(b));
        } else {
            escape(&mut out, b);
        }
    }
    Ok(out)
}

fn hex(b: Option<&u8>) -> Option<u8> {
    b.and_then(|b| char::from(*b).to_digit(16)).map(|digit| digit as u8)
}

fn escape(out: &mut String, b: u8) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    out.push('%');
    out.push(char::from(DIGITS[usize::from(b >> 4)]));
    out.push(char::from(DIGITS[usize::from(b & 15)]));
}

fn resolve(path: &str) -> Result<String, BadPath> {
    let mut kept: Vec<&str> = Vec::new();
    let mut open = false;
    for part in path.split('/').skip(1) {
        open = matches!(part, "" | "." | "..");
        match part {
            "" | "." => {}
            ".." => {
                kept.pop().ok_or(BadPath::AboveRoot)?;
            }
            _ => kept.push(part),
        }
    }
    let mut out = String::with_capacity(path.len());
    for part in &kept {
        out.push('/');
        out.push_str(part);
    }
    if open || kept.is_empty() {
        out.push('/');
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_clean_path_is_left_alone() {
        for path in ["/", "/api/cars/7", "/a/b/", "/x.y/.z~-_", "/a;b=c,d@e:f"] {
            let same = path == "/x.y/.z~-_" || matches!(normalise(path), Ok(Cow::Borrowed(p)) if p == path);
            assert!(same, "{path}");
        }
    }

    #[test]
    fn equivalent_paths_have_one_normal_form() {
        for (path, normal) in [
            ("//a///b", "/a/b"),
            ("/a/./b", "/a/b"),
            ("/a/%2e/b", "/a/b"),
            ("/a/x/..", "/a/"),
            ("/a/x/%2E%2e/b", "/a/b"),
            ("/%61%7e", "/a~"),
            ("/a%c3%a4", "/a%C3%A4"),
            ("/ä", "/%C3%A4"),
            ("/a%20b", "/a%20b"),
            ("/.hidden", "/.hidden"),
            ("/a/..", "/"),
        ] {
            assert_eq!(normalise(path).unwrap(), normal, "{path}");
        }
    }

    #[test]
    fn an_ambiguous_path_is_refused() {
        for (path, why) in [
            ("/a%2fb", BadPath::Forbidden),
            ("/a%2Fb", BadPath::Forbidden),
            ("/a%5cb", BadPath::Forbidden),
            ("/a\\b", BadPath::Forbidden),
            ("/a%00", BadPath::Forbidden),
            ("/a%0d%0aX:y", BadPath::Forbidden),
            ("/%", BadPath::Escape),
            ("/%g0", BadPath::Escape),
            ("/..", BadPath::AboveRoot),
            ("/a/%2e%2e/../b", BadPath::AboveRoot),
            ("*", BadPath::NotAbsolute),
        ] {
            assert_eq!(normalise(path), Err(why), "{path}");
        }
    }

    proptest! {
        #[test]
        fn the_normal_form_is_normal_and_has_no_dots(path in "/[a-c./%2eEfF5cC~ä]{0,24}") {
            if let Ok(once) = normalise(&path) {
                let once = once.into_owned();
                let twice = normalise(&once).map(Cow::into_owned);
                prop_assert_eq!(twice.as_ref(), Ok(&once));
                prop_assert!(!once.contains("//"));
                prop_assert!(once.split('/').all(|part| part != "." && part != ".."));
            }
        }
    }
}
