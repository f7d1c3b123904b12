//! A request that somebody describes.

use bytes::Bytes;
use fm_sdk::{Error, Kind, Result};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Uri,
    header::HOST,
    uri::{PathAndQuery, Scheme},
};
use std::net::{IpAddr, Ipv4Addr};

/// The host that is asked where none is named.
const HOST_UNNAMED: HeaderValue = HeaderValue::from_static("localhost");

/// A request to try a table with. It is let in, or refused, as one from a client would be.
#[derive(Clone, Debug)]
pub struct TrialRequest {
    pub method: Method,
    /// Path and query as a client would send them.
    pub target: PathAndQuery,
    /// `Host` is among them.
    pub headers: HeaderMap,
    /// Whether the client's own connection is encrypted.
    pub https: bool,
    /// Whom the gateway takes for the peer.
    pub client: IpAddr,
    pub body: Bytes,
}

impl TrialRequest {
    /// Reads a method, a URL (`/path?query`, or with scheme and host) and headers (`Name: value`).
    ///
    /// # Errors
    /// `Malformed`, code `request-invalid`, for what no client could send.
    pub fn parse<S: AsRef<str>>(method: &str, url: &str, headers: &[S], body: Bytes) -> Result<TrialRequest> {
        let bad = |what: String| Error::new(Kind::Malformed, "request-invalid", what);
        let method = Method::from_bytes(method.as_bytes()).map_err(|_| bad(format!("{method:?} is no method")))?;
        let uri: Uri = url.parse().map_err(|e| bad(format!("{url:?} is no URL: {e}")))?;
        let https = match (uri.scheme(), uri.authority()) {
            (None, None) => false,
            (Some(scheme), Some(_)) if *scheme == Scheme::HTTP || *scheme == Scheme::HTTPS => *scheme == Scheme::HTTPS,
            _ => return Err(bad(format!("{url:?}: a URL is /path, or begins with http:// or https://"))),
        };
        let target = uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
        let mut map = HeaderMap::new();
        for header in headers {
            let header = header.as_ref();
            let parsed = header.split_once(':').and_then(|(name, value)| {
                let name = HeaderName::from_bytes(name.trim().as_bytes()).ok()?;
                Some((name, HeaderValue::from_str(value.trim()).ok()?))
            });
            // What is wrong may be a secret; its name is enough.
            let name = header.split(':').next().unwrap_or_default();
            let (name, value) = parsed.ok_or_else(|| bad(format!("header {name:?}: a header is Name: value")))?;
            map.append(name, value);
        }
        if !map.contains_key(HOST) {
            let named = uri.authority().map(|authority| HeaderValue::from_str(authority.as_str()));
            map.insert(HOST, named.transpose().map_err(|e| bad(format!("{url:?}: {e}")))?.unwrap_or(HOST_UNNAMED));
        }
        Ok(TrialRequest { method, target, headers: map, https, client: IpAddr::from(Ipv4Addr::LOCALHOST), body })
    }

    /// The scheme of the client's own connection.
    pub fn scheme(&self) -> &'static str {
        if self.https { "https" } else { "http" }
    }

    /// Makes the request with a body of the caller's.
    pub(super) fn with<B>(&self, body: B) -> Request<B> {
        let mut request = Request::new(body);
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = Uri::from(self.target.clone());
        *request.headers_mut() = self.headers.clone();
        request
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(method: &str, url: &str, headers: &[&str]) -> Result<TrialRequest> {
        TrialRequest::parse(method, url, headers, Bytes::new())
    }

    #[test]
    fn the_target_stays_as_it_is_written_and_the_host_becomes_a_header() {
        for (url, headers, target, host, https) in [
            ("/a/%2e%2e/b?x=1", &[][..], "/a/%2e%2e/b?x=1", "localhost", false),
            ("https://Shop.test:8443/a//b", &[], "/a//b", "Shop.test:8443", true),
            ("http://shop.test", &[], "/", "shop.test", false),
            ("http://shop.test/x", &["Host: other.test"], "/x", "other.test", false),
        ] {
            let request = parse("GET", url, headers).unwrap();
            assert_eq!((request.target.as_str(), request.headers[HOST].to_str().unwrap()), (target, host));
            assert_eq!(request.https, https);
        }
        let headers = parse("GET", "/", &["X-A: 1", "x-a:2", "B: c:d"]).unwrap().headers;
        assert_eq!((headers.get_all("x-a").iter().count(), headers["b"].to_str().unwrap()), (2, "c:d"));
    }

    #[test]
    fn a_request_that_no_client_could_send_is_refused() {
        for (method, url, headers) in [
            ("G T", "/", &[][..]),
            ("GET", "", &[]),
            ("GET", "shop.test/x", &[]),
            ("GET", "ftp://shop.test/x", &[]),
            ("GET", "/a b", &[]),
            ("GET", "/", &["no colon"]),
            ("GET", "/", &["a b: c"]),
        ] {
            let error = parse(method, url, headers).unwrap_err();
            assert_eq!(error.code(), "request-invalid", "{method} {url} {headers:?}");
        }
        let secret = parse("GET", "/", &["Author ization: Bearer secret"]).unwrap_err();
        assert!(!secret.to_string().contains("secret"), "{secret}");
    }
}
