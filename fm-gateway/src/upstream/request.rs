//! Writes the head of a request.

use actix_http::{
    Method,
    header::{self, HeaderMap, HeaderName},
};
use bytes::{BufMut, BytesMut};

/// How long the body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    None,
    Known(u64),
    Chunked,
}

/// What is sent to the upstream.
pub struct Outgoing<'a> {
    pub method: &'a Method,
    /// Normal path, and query.
    pub path: &'a str,
    pub query: Option<&'a str>,
    pub host: &'a [u8],
    /// The client's; what belongs to its own connection is left out.
    pub headers: &'a HeaderMap,
    /// The gateway's own; they replace the client's.
    pub own: &'a [(&'a HeaderName, &'a [u8])],
    pub length: Length,
}

impl Outgoing<'_> {
    /// Writes the head, HTTP/1.1.
    pub fn write(&self, out: &mut BytesMut) {
        out.reserve(1024);
        out.put_slice(self.method.as_str().as_bytes());
        out.put_u8(b' ');
        out.put_slice(self.path.as_bytes());
        if let Some(query) = self.query {
            out.put_u8(b'?');
            out.put_slice(query.as_bytes());
        }
        out.put_slice(b" HTTP/1.1\r\nhost: ");
        out.put_slice(self.host);
        out.put_slice(b"\r\n");
        for (name, value) in self.headers.iter() {
            if !stays_here(name) && !self.own.iter().any(|(own, _)| *own == name) {
                line(out, name, value.as_bytes());
            }
        }
        for (name, value) in self.own {
            line(out, name, value);
        }
        match self.length {
            Length::None => {}
            Length::Known(length) => line(out, &header::CONTENT_LENGTH, itoa::Buffer::new().format(length).as_bytes()),
            Length::Chunked => line(out, &header::TRANSFER_ENCODING, b"chunked"),
        }
        out.put_slice(b"\r\n");
    }
}

fn line(out: &mut BytesMut, name: &HeaderName, value: &[u8]) {
    let name = name.as_str().as_bytes();
    out.reserve(name.len() + value.len() + 4);
    out.put_slice(name);
    out.put_slice(b": ");
    out.put_slice(value);
    out.put_slice(b"\r\n");
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
