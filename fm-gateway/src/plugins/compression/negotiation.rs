//! Which coding a client wants (RFC 9110, 12.5.3).

use super::encoder::Coding;
use http::HeaderValue;

/// What a client says about codings.
#[derive(Debug, PartialEq)]
pub struct Accepted {
    /// The one to use; `None`: as it is.
    pub coding: Option<Coding>,
    /// It does not take the answer as it is.
    pub refuses_identity: bool,
}

/// Chooses among codings, of which the preferred ones stand first.
pub fn choose<'h>(lines: impl IntoIterator<Item = &'h HeaderValue>, codings: &[Coding]) -> Accepted {
    let items: Vec<(&str, u16)> =
        lines.into_iter().filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(',')).filter_map(weighted).collect();
    let named = |names: &[&str]| items.iter().find(|(item, _)| names.iter().any(|name| item.eq_ignore_ascii_case(name))).map(|item| item.1);
    let any = named(&["*"]);
    let identity = named(&["identity"]).or(any.filter(|weight| *weight == 0));
    let mut best: Option<(Coding, u16)> = None;
    for coding in codings {
        let weight = named(coding.names()).or(any).unwrap_or(0);
        if weight > best.map_or(0, |(_, weight)| weight) {
            best = Some((*coding, weight));
        }
    }
    let best = best.filter(|(_, weight)| identity.is_none_or(|identity| *weight >= identity));
    Accepted { coding: best.map(|(coding, _)| coding), refuses_identity: identity == Some(0) }
}

/// Reads a coding and its weight in thousandths; `None` if it is not well-formed.
fn weighted(item: &str) -> Option<(&str, u16)> {
    let mut parts = item.split(';').map(str::trim);
    let name = parts.next().filter(|name| !name.is_empty())?;
    match parts.next() {
        None => Some((name, 1000)),
        Some(weight) => {
            let (q, value) = weight.split_once('=')?;
            let is_alone = q.eq_ignore_ascii_case("q") && parts.next().is_none();
            Some((name, thousandths(value).filter(|_| is_alone)?))
        }
    }
}

/// Reads `0.7` (RFC 9110, 12.4.2).
fn thousandths(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_number = fraction.len() <= 3 && fraction.bytes().all(|b| b.is_ascii_digit());
    let fraction: u16 = is_number.then(|| format!("{fraction:0<3}"))?.parse().ok()?;
    match whole {
        "0" => Some(fraction),
        "1" if fraction == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Coding::{Br, Gzip, Zstd};

    #[test]
    fn clients_get_what_they_weigh_most_and_then_what_is_preferred_here() {
        for (header, coding, refuses_identity) in [
            ("", None, false),
            ("identity", None, false),
            ("deflate, compress", None, false),
            ("gzip", Some(Gzip), false),
            ("x-gzip", Some(Gzip), false),
            ("GZIP;Q=1", Some(Gzip), false),
            ("gzip, deflate, br, zstd", Some(Br), false),
            ("gzip;q=1.0, br;q=0.5, zstd;q=0.9", Some(Gzip), false),
            ("br;q=0.5,zstd;q=0.501", Some(Zstd), false),
            ("gzip ; q=0.2 , br ; q=0.100", Some(Gzip), false),
            ("*", Some(Br), false),
            ("br;q=0, *", Some(Zstd), false),
            ("gzip;q=0", None, false),
            ("gzip;q=0.000, identity;q=0.001", None, false),
            ("gzip;q=0.5, identity", None, false),
            ("gzip;q=0.5, identity;q=0.5", Some(Gzip), false),
            ("identity;q=0", None, true),
            ("*;q=0", None, true),
            ("gzip, *;q=0", Some(Gzip), true),
            ("identity;q=0, gzip;q=0.1", Some(Gzip), true),
            ("*;q=0, identity;q=0.5", None, false),
            // What is not well-formed says nothing.
            ("gzip;q=2", None, false),
            ("gzip;q=-1, br;q=0.1234, zstd;q=", None, false),
            ("gzip;q=0.5;x=1, br;level=4", None, false),
            (";q=1, ,", None, false),
        ] {
            let value = HeaderValue::from_static(header);
            assert_eq!(choose([&value], &[Br, Zstd, Gzip]), Accepted { coding, refuses_identity }, "{header}");
        }
        let (first, second) = (HeaderValue::from_static("gzip;q=0.4"), HeaderValue::from_static("zstd;q=0.5"));
        assert_eq!(choose([&first, &second], &[Br, Zstd, Gzip]).coding, Some(Zstd));
        assert_eq!(choose([&HeaderValue::from_static("gzip, br")], &[Gzip, Br]).coding, Some(Gzip));
        assert_eq!(choose([&HeaderValue::from_static("br, zstd")], &[Gzip]).coding, None);
        assert_eq!(choose(None, &[Gzip]), Accepted { coding: None, refuses_identity: false });
    }
}
