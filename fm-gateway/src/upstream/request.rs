//! Makes the head of a request to an upstream.

use super::upload::Upload;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Uri,
    header::{self, HOST},
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
}

impl Outgoing<'_> {
    /// Makes the request, HTTP/1.1.
    pub fn with(self, body: Upload) -> Request<Upload> {
        let mut request = Request::new(body);
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.target;
        let headers = request.headers_mut();
        headers.reserve(self.headers.len() + self.own.len() + 2);
        headers.append(HOST, self.host);
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
            Length::Chunked => drop(headers.insert(header::TRANSFER_ENCODING, HeaderValue::from_static("chunked"))),
        }
        request
    }
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
