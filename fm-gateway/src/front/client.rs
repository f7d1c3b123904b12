//! Who the client is: the peer, or whom trusted proxies name.

use super::origin::Origin;
use crate::pipeline::Client;
use http::{HeaderMap, HeaderName, HeaderValue};
use ipnet::IpNet;
use std::{fmt::Write, net::IpAddr};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Finds out who asks. `X-Forwarded-*` counts only as far as trusted networks have written it, so it is read from the right.
pub fn client_of(origin: &Origin, headers: &HeaderMap, authority: HeaderValue, trusted: &[IpNet]) -> Client {
    let peer = origin.peer.to_canonical();
    let is_trusted = |ip: &IpAddr| trusted.iter().any(|net| net.contains(ip));
    let (scheme, certificate) = (scheme_of(origin, headers, trusted), origin.certificate.clone());
    let mut client = Client { ip: peer, forwarded_for: String::new(), scheme, authority, certificate };
    if !is_trusted(&peer) {
        let _ = write!(client.forwarded_for, "{peer}");
        return client;
    }
    let mut believed = Vec::new();
    for address in addresses(headers, &FORWARDED_FOR) {
        // What comes before something unreadable was written by nobody knows whom.
        let Some(ip) = address else { break };
        believed.push(ip);
        client.ip = ip;
        if !is_trusted(&ip) {
            break;
        }
    }
    for ip in believed.iter().rev() {
        let _ = write!(client.forwarded_for, "{ip}, ");
    }
    let _ = write!(client.forwarded_for, "{peer}");
    client
}

/// The scheme of the client's own connection: what a trusted proxy says of it, else that of the connection itself.
pub fn scheme_of(origin: &Origin, headers: &HeaderMap, trusted: &[IpNet]) -> &'static str {
    let said = headers.get(&FORWARDED_PROTO).filter(|_| trusted.iter().any(|net| net.contains(&origin.peer.to_canonical())));
    match said {
        None => origin.scheme,
        Some(said) if said.as_bytes().eq_ignore_ascii_case(b"https") => "https",
        Some(_) => "http",
    }
}

/// The addresses of a list, from the right.
fn addresses<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = Option<IpAddr>> + use<'h> {
    let lines: Vec<&HeaderValue> = headers.get_all(name).iter().collect();
    lines.into_iter().rev().flat_map(|line| line.to_str().unwrap_or("?").rsplit(',').map(|part| address(part.trim())))
}

/// Reads an address, perhaps with a port: `10.0.0.1`, `10.0.0.1:80`, `[::1]:80`, `::1`.
fn address(text: &str) -> Option<IpAddr> {
    let plain = text.parse().ok();
    plain.or_else(|| text.parse::<std::net::SocketAddr>().ok().map(|a| a.ip())).map(|ip: IpAddr| ip.to_canonical())
}

/// Cuts the port off `host:port`.
pub fn host_of(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') && (!host.contains(':') || host.ends_with(']')) => host,
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, forwarded: &[&str], trusted: &[&str]) -> (String, String) {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(FORWARDED_FOR, HeaderValue::from_str(line).unwrap());
        }
        let trusted: Vec<IpNet> = trusted.iter().map(|t| t.parse().unwrap()).collect();
        let client = client_of(&Origin::clear(peer.parse().unwrap()), &headers, HeaderValue::from_static("h"), &trusted);
        (client.ip.to_string(), client.forwarded_for)
    }

    #[test]
    fn forwarded_headers_of_untrusted_peers_are_ignored() {
        assert_eq!(seen("9.9.9.9", &["1.2.3.4"], &["10.0.0.0/8"]), ("9.9.9.9".into(), "9.9.9.9".into()));
    }

    #[test]
    fn forwarded_headers_count_as_far_as_proxies_are_trusted() {
        let trusted = ["10.0.0.0/8", "::1/128"];
        assert_eq!(seen("10.0.0.1", &["6.6.6.6, 1.2.3.4, 10.0.0.2"], &trusted), ("1.2.3.4".into(), "1.2.3.4, 10.0.0.2, 10.0.0.1".into()));
        assert_eq!(seen("::1", &["6.6.6.6", "1.2.3.4:55"], &trusted), ("1.2.3.4".into(), "1.2.3.4, ::1".into()));
        assert_eq!(seen("10.0.0.1", &["1.2.3.4, evil, 10.0.0.2"], &trusted), ("10.0.0.2".into(), "10.0.0.2, 10.0.0.1".into()));
        assert_eq!(seen("10.0.0.1", &[], &trusted), ("10.0.0.1".into(), "10.0.0.1".into()));
        assert_eq!(seen("::ffff:10.0.0.1", &["1.2.3.4"], &trusted).0, "1.2.3.4");
    }

    #[test]
    fn the_scheme_is_that_of_the_connection_unless_a_trusted_proxy_says_otherwise() {
        let trusted: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap()];
        let scheme = |encrypted: bool, peer: &str, said: Option<&'static str>| {
            let peer = peer.parse().unwrap();
            let origin = if encrypted { Origin::encrypted(peer, None) } else { Origin::clear(peer) };
            let headers = said.map(|said| (FORWARDED_PROTO, HeaderValue::from_static(said))).into_iter().collect();
            scheme_of(&origin, &headers, &trusted)
        };
        for (encrypted, peer, said, wanted) in [
            (false, "9.9.9.9", None, "http"),
            (false, "9.9.9.9", Some("https"), "http"),
            (true, "9.9.9.9", None, "https"),
            (true, "9.9.9.9", Some("http"), "https"),
            (false, "10.0.0.1", None, "http"),
            (false, "10.0.0.1", Some("HTTPS"), "https"),
            (true, "10.0.0.1", None, "https"),
            (true, "10.0.0.1", Some("http"), "http"),
            (true, "10.0.0.1", Some("wss"), "http"),
        ] {
            assert_eq!(scheme(encrypted, peer, said), wanted, "{encrypted} {peer} {said:?}");
        }
    }

    #[test]
    fn a_port_is_cut_off_and_an_address_is_not() {
        for (authority, host) in [("a.test:80", "a.test"), ("a.test", "a.test"), ("[::1]:80", "[::1]"), ("[::1]", "[::1]"), ("", "")] {
            assert_eq!(host_of(authority), host);
        }
    }
}
