//! Where etcd is: `http://a:2379,http://b:2379` or `https://..`, with `user:password@` if it asks for one, and a path as prefix of all keys.

use crate::{Error, Kind, Result};
use url::Url;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Address {
    /// `http://host:port` or `https://host:port` of every node, as it may be shown.
    pub(super) nodes: Vec<String>,
    pub(super) login: Option<(String, String)>,
    /// Comes before every key; empty or `/name`.
    pub(super) prefix: String,
}

impl Address {
    pub(super) fn parse(urls: &str) -> Result<Address> {
        let mut address = Address::default();
        for text in urls.split(',').map(str::trim).filter(|t| !t.is_empty()) {
            let url = one(text)?;
            let node = format!("{}://{}:{}", url.scheme(), url.host_str().unwrap_or_default(), port(text, &url));
            if !address.nodes.contains(&node) {
                address.nodes.push(node);
            }
            if !url.username().is_empty() {
                address.login = Some((decoded(url.username())?, decoded(url.password().unwrap_or_default())?));
            }
            let prefix = decoded(url.path().trim_end_matches('/'))?;
            if !prefix.is_empty() {
                if !address.prefix.is_empty() && address.prefix != prefix {
                    return Err(bad(text, "all addresses must have the same path, or none"));
                }
                address.prefix = prefix;
            }
        }
        if address.nodes.is_empty() {
            return Err(bad(urls, "at least one address is needed"));
        }
        Ok(address)
    }
}

/// The port that was written, also if it is the well-known one of the scheme, which `Url` hides.
fn port(text: &str, url: &Url) -> u16 {
    let authority = text.split_once("://").map_or(text, |(_, rest)| rest).split(['/', '?', '#']).next().unwrap_or_default();
    let hidden = url.port_or_known_default().filter(|known| authority.ends_with(&format!(":{known}")));
    url.port().or(hidden).unwrap_or(2379)
}

fn one(text: &str) -> Result<Url> {
    let full = if text.contains("://") { text.to_string() } else { format!("http://{text}") };
    // `etcd:` is not one of the URL standard's special schemes and would be read by other rules.
    let full = full.strip_prefix("etcd://").map(|rest| format!("http://{rest}")).unwrap_or(full);
    let url = Url::parse(&full).map_err(|e| bad(text, &e.to_string()))?;
    match url.scheme() {
        "http" | "https" => {}
        other => return Err(bad(text, &format!("`{other}` is not a scheme of etcd; use http or https"))),
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(bad(text, "a query or fragment means nothing here"));
    }
    Ok(url)
}

/// The text may hold a password: only what follows it is shown.
fn bad(text: &str, why: &str) -> Error {
    let shown = text.rsplit('@').next().unwrap_or_default();
    Error::new(Kind::Invalid, "registry-url", format!("`{shown}` is no address of a registry: {why}"))
}

fn decoded(text: &str) -> Result<String> {
    // A form's decoder would turn `+` into a space; here it stands for itself.
    let pair = format!("x={}", text.replace('+', "%2B"));
    Ok(url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, v)| v.into_owned()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_addresses_share_login_and_prefix() {
        let a = Address::parse("http://root:p%40+s@a:1/market, b:2 ,etcd://c,http://a:1").unwrap();
        assert_eq!(a.nodes, ["http://a:1", "http://b:2", "http://c:2379"]);
        assert_eq!(a.login, Some(("root".into(), "p@+s".into())));
        assert_eq!(a.prefix, "/market");
    }

    #[test]
    fn the_well_known_ports_of_http_and_https_are_taken_as_written() {
        let a = Address::parse("http://a:80,https://b:443/,https://c,https://d:80,[::1]:80").unwrap();
        assert_eq!(a.nodes, ["http://a:80", "https://b:443", "https://c:2379", "https://d:80", "http://[::1]:80"]);
    }

    #[test]
    fn bad_addresses_are_refused_without_showing_the_password() {
        for text in ["", " , ", "amqp://u:secret@a", "http://u:secret@a:x", "http://a/x,http://b/y", "http://u:secret@a?x=1"] {
            let error = Address::parse(text).unwrap_err();
            assert_eq!(error.code(), "registry-url", "{text}");
            assert!(!error.message().contains("secret"), "{}", error.message());
        }
    }
}
