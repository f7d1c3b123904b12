//! Where an upstream is: how it is spoken to, which address is connected to, and under which name it is known there.

use fm_sdk::registry::services::Instance;
use http::uri::Scheme;
use serde::Deserialize;
use std::borrow::Cow;

/// What an instance's metadata says where its address is not its name: `host:port` for `Host` and its certificate.
pub const HOST: &str = "host";

/// What an instance's metadata says of the protocol that it speaks; see [`Protocol::named`].
pub const PROTOCOL: &str = "protocol";

/// Which version of HTTP an upstream is spoken to in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// Over TLS the one that both sides agree on (ALPN), in clear text HTTP/1.1.
    #[default]
    Auto,
    Http1,
    /// HTTP/2, which the upstream must agree on over TLS, and is known to speak in clear text (h2c by prior knowledge).
    H2,
}

impl Protocol {
    /// That of a name: `http1` or `http/1.1`, `h2` or `h2c`; of other names none is known.
    pub fn named(name: &str) -> Protocol {
        match name {
            "http1" | "http/1.1" => Protocol::Http1,
            "h2" | "h2c" => Protocol::H2,
            _ => Protocol::Auto,
        }
    }

    /// What an instance says that speaks it; nothing for `Auto`.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Protocol::Auto => None,
            Protocol::Http1 => Some("http1"),
            Protocol::H2 => Some("h2"),
        }
    }
}

/// An upstream's scheme and address, and its name if that is another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint<'a> {
    url: &'a str,
    /// `host:port`, to which connections are opened.
    pub address: &'a str,
    pub is_tls: bool,
    pub protocol: Protocol,
    name: Option<&'a str>,
}

impl<'a> Endpoint<'a> {
    /// That of an instance; `None` if its URL is not `http://...` or `https://...`.
    pub fn of(instance: &'a Instance) -> Option<Endpoint<'a>> {
        let url = instance.url.as_str();
        let (is_tls, address) = match url.strip_prefix("http://") {
            Some(address) => (false, address),
            None => (true, url.strip_prefix("https://")?),
        };
        let says = |name| instance.metadata.get(name).map(String::as_str);
        let protocol = says(PROTOCOL).map(Protocol::named).unwrap_or_default();
        Some(Endpoint { url, address, is_tls, protocol, name: says(HOST) })
    }

    /// The same spoken to in another protocol, unless that is `Auto`.
    #[must_use]
    pub fn speaking(mut self, protocol: Protocol) -> Self {
        if protocol != Protocol::Auto {
            self.protocol = protocol;
        }
        self
    }

    /// Whether HTTP/2 may be spoken to it.
    pub fn may_be_http2(&self) -> bool {
        self.protocol == Protocol::H2 || (self.is_tls && self.protocol == Protocol::Auto)
    }

    /// Whether HTTP/1.1 may be spoken to it.
    pub fn may_be_http1(&self) -> bool {
        self.protocol != Protocol::H2
    }

    /// The scheme of its URL.
    pub fn scheme(&self) -> Scheme {
        if self.is_tls { Scheme::HTTPS } else { Scheme::HTTP }
    }

    /// What `Host` says; the port is left out where it is that of the scheme (RFC 9110, 4.2.3).
    pub fn host(&self) -> &'a str {
        let authority = self.name.unwrap_or(self.address);
        authority.strip_suffix(if self.is_tls { ":443" } else { ":80" }).unwrap_or(authority)
    }

    /// The name or address that its certificate must be for.
    pub fn server_name(&self) -> &'a str {
        let authority = self.name.unwrap_or(self.address);
        let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
        host.trim_start_matches('[').trim_end_matches(']')
    }

    /// Which connections may carry its requests: over TLS only those whose certificate was verified for the same name.
    pub fn pool_key(&self) -> Cow<'a, str> {
        match (self.is_tls, self.name) {
            (false, _) => self.address.into(),
            (true, None) => self.url.into(),
            (true, Some(name)) => format!("{} {name}", self.url).into(),
        }
    }
}

/// Whether a text is `http://host:port` or `https://host:port`, and nothing more.
pub fn is_endpoint(url: &str) -> bool {
    url.strip_prefix("http://").or_else(|| url.strip_prefix("https://")).is_some_and(is_authority)
}

fn is_authority(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let is_port = port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0);
    is_port && is_host(host)
}

/// A name, an IPv4 address, or one of IPv6 in brackets.
fn is_host(text: &str) -> bool {
    match text.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').is_some_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok()),
        None => !text.is_empty() && text.len() <= 253 && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance(url: &str, name: Option<&str>) -> Instance {
        let mut instance = Instance::new("a", "1", url);
        instance.metadata.extend(name.map(|name| (HOST.to_owned(), name.to_owned())));
        instance
    }

    #[test]
    fn only_a_scheme_a_host_and_a_port_are_an_origin() {
        for good in ["http://a:1", "https://a.example:443", "http://10.0.0.1:8080", "https://[2001:db8::1]:8443", "http://my_host:80"] {
            assert!(is_endpoint(good), "{good}");
        }
        for bad in [
            "",
            "a:1",
            "ftp://a:1",
            "http://a",
            "http://:1",
            "http://a:0",
            "http://a:65536",
            "http://a:+1",
            "http://a:1/",
            "http://a:1/x",
            "http://u@a:1",
            "http://a:1?x",
            "http://a b:1",
            "http://[::1",
            "http://[::g]:1",
            "http://2001:db8::1:80",
            "HTTP://a:1",
        ] {
            assert!(!is_endpoint(bad), "{bad}");
        }
    }

    #[test]
    fn the_name_comes_from_the_address_unless_it_has_another_one() {
        for (url, name, host, server_name) in [
            ("http://10.0.0.1:8080", None, "10.0.0.1:8080", "10.0.0.1"),
            ("http://a.example:80", None, "a.example", "a.example"),
            ("https://a.example:443", None, "a.example", "a.example"),
            ("https://[2001:db8::1]:8443", None, "[2001:db8::1]:8443", "2001:db8::1"),
            ("https://10.0.0.1:8443", Some("a.example:8443"), "a.example:8443", "a.example"),
            ("https://10.0.0.1:443", Some("a.example:443"), "a.example", "a.example"),
        ] {
            let instance = instance(url, name);
            let endpoint = Endpoint::of(&instance).unwrap();
            assert_eq!((endpoint.host(), endpoint.server_name()), (host, server_name), "{url} {name:?}");
        }
        assert_eq!(Endpoint::of(&instance("ftp://a:1", None)), None);
    }

    #[test]
    fn http2_is_spoken_by_agreement_or_where_it_is_known() {
        // URL, what the instance says, what the route says; whether HTTP/2 and HTTP/1.1 may be spoken.
        for (url, says, set, spoken) in [
            ("http://a:1", None, Protocol::Auto, (false, true)),
            ("https://a:1", None, Protocol::Auto, (true, true)),
            ("http://a:1", Some("h2c"), Protocol::Auto, (true, false)),
            ("https://a:1", Some("h2"), Protocol::Auto, (true, false)),
            ("https://a:1", Some("http1"), Protocol::Auto, (false, true)),
            ("http://a:1", Some("quic"), Protocol::Auto, (false, true)),
            ("http://a:1", None, Protocol::H2, (true, false)),
            ("https://a:1", None, Protocol::Http1, (false, true)),
            ("http://a:1", Some("h2c"), Protocol::Http1, (false, true)),
        ] {
            let mut instance = instance(url, None);
            instance.metadata.extend(says.map(|says| (PROTOCOL.to_owned(), says.to_owned())));
            let endpoint = Endpoint::of(&instance).unwrap().speaking(set);
            assert_eq!((endpoint.may_be_http2(), endpoint.may_be_http1()), spoken, "{url} {says:?} {set:?}");
        }
    }

    #[test]
    fn connections_are_shared_only_by_the_same_scheme_address_and_verified_name() {
        let instances = [
            instance("http://a:1", None),
            instance("https://a:1", None),
            instance("https://a:1", Some("b:1")),
            instance("https://a:1", Some("c:1")),
        ];
        let keys: std::collections::BTreeSet<_> = instances.iter().map(|one| Endpoint::of(one).unwrap().pool_key().into_owned()).collect();
        assert_eq!(keys.len(), instances.len(), "{keys:?}");
        let named = instance("http://a:1", Some("b:1"));
        assert_eq!(Endpoint::of(&named).unwrap().pool_key(), "a:1", "nothing is verified in clear text");
    }
}
