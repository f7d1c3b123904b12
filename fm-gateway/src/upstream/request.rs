//! Makes the head of a request to an upstream.

use super::{failure::Failure, upload::Upload};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Uri,
    header::{self, HOST},
    uri::{Authority, Parts, Scheme},
};

/// How long the body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    None,
    Known(u64),
    Chunked,
}

impl Length {
    /// Whether there is no body.
    pub fn is_zero(self) -> bool {
        matches!(self, Length::None | Length::Known(0))
    }
}

/// What is sent to the upstream.
pub struct Outgoing<'a> {
    pub method: &'a Method,
    /// Normal path, and query.
    pub target: Uri,
    pub host: HeaderValue,
    /// The client's; what belongs to its own connection is left out.
    pub headers: &'a HeaderMap,
    /// The gateway's own; they replace the client's.
    pub own: [(HeaderName, HeaderValue); 5],
    pub length: Length,
    /// The upstream's scheme, if it is asked over HTTP/2, where a request names it.
    pub http2: Option<Scheme>,
}

impl Outgoing<'_> {
    /// Makes the request.
    ///
    /// # Errors
    /// `Unsendable`, if HTTP/2 has no way to name its host.
    pub fn with(self, body: Upload) -> Result<Request<Upload>, Failure> {
        let mut request = Request::new(body);
        *request.method_mut() = self.method.clone();
        let is_http2 = self.http2.is_some();
        *request.uri_mut() = match self.http2 {
            Some(scheme) => absolute(scheme, &self.host, self.target)?,
            None => self.target,
        };
        let headers = request.headers_mut();
        headers.reserve(self.headers.len() + self.own.len() + 2);
        if !is_http2 {
            headers.append(HOST, self.host);
        } else if accepts_trailers(self.headers) {
            headers.append(header::TE, TRAILERS);
        }
        for (name, value) in self.headers {
            if !stays_here(name) && !self.own.iter().any(|(own, _)| own == name) {
                headers.append(name, value.clone());
            }
        }
        for (name, value) in self.own {
            headers.append(name, value);
        }
        match self.length {
            Length::None => {}
            Length::Known(length) => drop(headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length))),
            Length::Chunked if is_http2 => {}
            Length::Chunked => drop(headers.insert(header::TRANSFER_ENCODING, HeaderValue::from_static("chunked"))),
        }
        Ok(request)
    }
}

const TRAILERS: HeaderValue = HeaderValue::from_static("trailers");

/// Whether a client of HTTP/2 says that it does not throw trailers away (RFC 9110, 10.1.4).
pub fn accepts_trailers(headers: &HeaderMap) -> bool {
    headers.get(header::TE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"trailers"))
}

/// The target as `:scheme`, `:authority` and `:path` (RFC 9113, 8.3.1).
pub(super) fn absolute(scheme: Scheme, host: &HeaderValue, target: Uri) -> Result<Uri, Failure> {
    let mut parts = Parts::default();
    parts.scheme = Some(scheme);
    parts.authority = Some(Authority::try_from(host.as_bytes()).map_err(|_| Failure::Unsendable)?);
    parts.path_and_query = target.into_parts().path_and_query;
    Uri::from_parts(parts).map_err(|_| Failure::Unsendable)
}

/// What is between the client and this gateway only (RFC 9110, 7.6.1), and what is written anew: host and framing.
fn stays_here(name: &HeaderName) -> bool {
    matches!(
        *name,
        header::HOST
            | header::CONTENT_LENGTH
            | header::CONNECTION
            | header::TRANSFER_ENCODING
            | header::TE
            | header::TRAILER
            | header::UPGRADE
            | header::EXPECT
            | header::PROXY_AUTHORIZATION
            | header::PROXY_AUTHENTICATE
    ) || matches!(name.as_str(), "keep-alive" | "proxy-connection" | "http2-settings")
}
