//! The normal form of `host:port`. Routes are found by it, and services build addresses of it: one host must not have two names.

use std::{borrow::Cow, net::Ipv6Addr};

/// What is no host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadHost;

/// A name of the DNS (RFC 1035, 2.3.4), and one of its labels.
const NAME: usize = 253;
const LABEL: usize = 63;

/// Brings it into lower case, without the dot of the DNS's root and without the port that the scheme has anyway; an IPv6 address in the form
/// of RFC 5952.
///
/// # Errors
/// Refuses what is neither a name nor an address, and ports that are no number.
pub fn normal_authority<'a>(written: &'a str, scheme: &str) -> Result<Cow<'a, str>, BadHost> {
    let (host, port) = match written.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']').ok_or(BadHost)?;
            let address: Ipv6Addr = address.parse().map_err(|_| BadHost)?;
            (Cow::Owned(format!("[{address}]")), port)
        }
        None => {
            let (host, port) = written.split_at(written.find(':').unwrap_or(written.len()));
            (name(host)?, port)
        }
    };
    let port = match port.strip_prefix(':') {
        None if port.is_empty() => None,
        Some("") => None,
        Some(digits) if digits.len() <= 5 && digits.bytes().all(|b| b.is_ascii_digit()) => {
            Some(digits.parse::<u16>().map_err(|_| BadHost)?)
        }
        _ => return Err(BadHost),
    };
    match port {
        Some(0) => Err(BadHost),
        Some(port) if port != if scheme == "https" { 443 } else { 80 } => {
            let normal = format!("{host}:{port}");
            Ok(if normal == written { Cow::Borrowed(written) } else { Cow::Owned(normal) })
        }
        _ => Ok(host),
    }
}

fn name(host: &str) -> Result<Cow<'_, str>, BadHost> {
    let name = host.strip_suffix('.').unwrap_or(host);
    let is_label = |label: &str| (1..=LABEL).contains(&label.len()) && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if name.len() > NAME || !name.split('.').all(is_label) {
        return Err(BadHost);
    }
    Ok(if name.bytes().any(|b| b.is_ascii_uppercase()) { Cow::Owned(name.to_ascii_lowercase()) } else { Cow::Borrowed(name) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_host_has_one_form() {
        for (written, scheme, normal) in [
            ("market.example", "http", "market.example"),
            ("Market.Example.", "http", "market.example"),
            ("market.example:80", "http", "market.example"),
            ("market.example.:443", "https", "market.example"),
            ("market.example:443", "http", "market.example:443"),
            ("market.example:", "http", "market.example"),
            ("market.example:08080", "http", "market.example:8080"),
            ("127.0.0.1:8080", "http", "127.0.0.1:8080"),
            ("[::1]:80", "http", "[::1]"),
            ("[0:0::0:1]:8080", "http", "[::1]:8080"),
            ("[2001:DB8::A]", "https", "[2001:db8::a]"),
        ] {
            assert_eq!(normal_authority(written, scheme).as_deref(), Ok(normal), "{written}");
        }
    }

    #[test]
    fn an_invalid_host_is_refused() {
        for written in [
            "",
            ".",
            "..",
            "a..b",
            ".a",
            "a.b..",
            ":80",
            "a:b",
            "a:99999",
            "a:0",
            "a:-1",
            "a:80:80",
            "::1",
            "[",
            "[]",
            "[::1",
            "[::1]evil.test",
            "[::1]:x",
            "[a]",
            "[fe80::1%25eth0]",
            "a]",
            "a/b",
            "a@b",
            "a_b",
            "a b",
            "ä.test",
            "a,b",
            "a%2e",
        ] {
            assert_eq!(normal_authority(written, "http"), Err(BadHost), "{written}");
        }
        assert!(normal_authority(&"a.".repeat(128), "http").is_err() && normal_authority(&"a".repeat(64), "http").is_err());
    }

    proptest! {
        #[test]
        fn the_normal_form_is_normal(written in "[aB.:0-9\\[\\]f-]{1,20}") {
            if let Ok(once) = normal_authority(&written, "http") {
                let once = once.into_owned();
                let twice = normal_authority(&once, "http").map(Cow::into_owned);
                prop_assert_eq!(twice, Ok(once));
            }
        }
    }
}
