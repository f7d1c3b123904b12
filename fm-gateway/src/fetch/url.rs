//! Addresses of single documents.

use http::{Uri, uri::PathAndQuery};
use std::fmt;

/// The address of a document of a server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Url {
    pub is_encrypted: bool,
    /// A name or an address; one of IPv6 in brackets.
    pub host: String,
    /// The port, where it is not that of the scheme.
    port: Option<u16>,
    /// Path and query.
    pub target: PathAndQuery,
}

impl Url {
    /// Reads `https://host[:port]/path`; `http://` only if that is allowed.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn parse(text: &str, may_be_clear: bool) -> Result<Url, String> {
        let refused = || format!("{text}: an address is https://host/path, without user and fragment");
        let uri: Uri = text.parse().map_err(|_| refused())?;
        let is_encrypted = match uri.scheme_str() {
            Some("https") => true,
            Some("http") if may_be_clear => false,
            Some("http") => return Err(format!("{text}: over http:// anybody on the way could change the answer")),
            _ => return Err(refused()),
        };
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@')).ok_or_else(refused)?;
        let is_plain = |b: u8| b.is_ascii_graphic() && !matches!(b, b'"' | b'\\' | b'#' | b'<' | b'>');
        if authority.host().is_empty() || !text.bytes().all(is_plain) {
            return Err(refused());
        }
        let port = authority.port_u16().filter(|port| *port != if is_encrypted { 443 } else { 80 });
        let target = uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        Ok(Url { is_encrypted, host: authority.host().to_ascii_lowercase(), port, target })
    }

    /// What to connect to.
    pub fn endpoint(&self) -> String {
        format!("{}:{}", self.host, self.port.unwrap_or(if self.is_encrypted { 443 } else { 80 }))
    }

    /// The value of `Host`.
    pub fn authority(&self) -> String {
        self.port.map_or_else(|| self.host.clone(), |port| format!("{}:{port}", self.host))
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", if self.is_encrypted { "https" } else { "http" }, self.authority(), self.target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_others_refused() {
        let url = Url::parse("https://Login.example/realms/a?p=1", false).unwrap();
        assert_eq!((url.endpoint().as_str(), url.authority().as_str()), ("login.example:443", "login.example"));
        assert_eq!(url.to_string(), "https://login.example/realms/a?p=1");
        assert_eq!(Url::parse("http://[::1]:8080/x", true).unwrap().endpoint(), "[::1]:8080");
        for text in [
            "http://a.example/",
            "ftp://a.example/",
            "a.example",
            "/path",
            "https://user@a.example/",
            "https://a.example/#x",
            "https://a.example/\"",
            "",
        ] {
            Url::parse(text, false).unwrap_err();
        }
    }
}
