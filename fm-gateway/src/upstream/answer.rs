//! Checks the head of an answer where hyper is lenient: what could be read in two ways costs the answer or the connection (RFC 9112, 6.3).

use crate::front::{asks_for_websocket, names_upgrade};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version,
    header::{self, Entry},
    response::Parts,
};

/// The head of an answer, without the headers that belong to the upstream's connection.
#[derive(Debug)]
pub struct Head {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// Bytes of the body, as far as they are known beforehand.
    pub length: Option<u64>,
    /// What `Content-Length` says where there is no body: HEAD and 304.
    pub would_be: Option<u64>,
    /// The body ends with its connection.
    pub until_close: bool,
    /// The upstream does not close after this answer.
    pub persistent: bool,
    /// The connection may carry another request: nothing about the end of this answer is in doubt.
    pub reusable: bool,
}

/// Checks a final head and takes out what belongs to the connection. `asked`: it was asked to switch to WebSocket.
///
/// # Errors
/// What breaks HTTP, or could be read in two ways.
pub(super) fn check(head: Parts, method: &Method, asked: bool) -> Result<Head, &'static str> {
    let Parts { status, version, mut headers, .. } = head;
    if status == StatusCode::SWITCHING_PROTOCOLS {
        if !asked {
            // Nobody asked this upstream to switch, so it may not.
            return Err("101 that nobody asked for");
        }
        if !asks_for_websocket(&headers) || !names_upgrade(&headers) || !headers.contains_key(header::SEC_WEBSOCKET_ACCEPT) {
            return Err("101 to something else than WebSocket");
        }
        if headers.contains_key(header::CONTENT_LENGTH) || headers.contains_key(header::TRANSFER_ENCODING) {
            return Err("101 with a body");
        }
    }
    if version == Version::HTTP_2
        && [header::CONNECTION, header::TRANSFER_ENCODING, header::UPGRADE].iter().any(|name| headers.contains_key(name))
    {
        return Err("a header of the connection over HTTP/2");
    }
    let length = length(&headers)?;
    let chunked = is_chunked(&headers)?;
    let persistent = take_connection(&mut headers, version)?;
    let bodiless = *method == Method::HEAD || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    // Both ways of framing at once: someone between us and the upstream may have read the other one. And 204 has no chunks (RFC 9112, 6.1).
    let reusable = persistent && !(chunked && (length.is_some() || status == StatusCode::NO_CONTENT));
    Ok(Head {
        status,
        headers,
        length: if bodiless { Some(0) } else { length.filter(|_| !chunked) },
        would_be: length.filter(|_| *method == Method::HEAD || status == StatusCode::NOT_MODIFIED),
        // The frames of HTTP/2 say where a body ends.
        until_close: !bodiless && !chunked && length.is_none() && version < Version::HTTP_2,
        persistent,
        reusable,
    })
}

/// The one length that all `Content-Length` headers say.
fn length(headers: &HeaderMap) -> Result<Option<u64>, &'static str> {
    let mut length = None;
    for value in headers.get_all(header::CONTENT_LENGTH) {
        let text = value.as_bytes();
        if text.is_empty() || text.len() > 18 || !text.iter().all(u8::is_ascii_digit) {
            return Err("Content-Length is not a number");
        }
        let said = text.iter().fold(0, |sum, b| sum * 10 + u64::from(b - b'0'));
        if length.replace(said).is_some_and(|other| other != said) {
            return Err("two lengths");
        }
    }
    Ok(length)
}

fn is_chunked(headers: &HeaderMap) -> Result<bool, &'static str> {
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    match (codings.next(), codings.next()) {
        (None, _) => Ok(false),
        (Some(coding), None) if coding.as_bytes().eq_ignore_ascii_case(b"chunked") => Ok(true),
        _ => Err("a transfer coding that is not chunked"),
    }
}

/// Takes the headers of the connection out, and those that it names, and says whether it persists.
fn take_connection(headers: &mut HeaderMap, version: Version) -> Result<bool, &'static str> {
    let (mut close, mut keep_alive, mut named) = (false, false, Vec::new());
    if let Entry::Occupied(options) = headers.entry(header::CONNECTION) {
        for value in options.iter() {
            for token in options_of(value)? {
                if token.eq_ignore_ascii_case("close") {
                    close = true;
                } else if token.eq_ignore_ascii_case("keep-alive") {
                    keep_alive = true;
                } else if let Ok(name) = HeaderName::from_bytes(token.as_bytes()) {
                    named.push(name);
                }
            }
        }
        options.remove();
    }
    named.extend(headers.keys().filter(|name| belongs_to_connection(name)).cloned());
    for name in named {
        headers.remove(name);
    }
    Ok(if version < Version::HTTP_11 { keep_alive && !close } else { !close })
}

fn options_of(value: &HeaderValue) -> Result<impl Iterator<Item = &str>, &'static str> {
    Ok(value.to_str().map_err(|_| "Connection cannot be read")?.split(',').map(str::trim))
}

/// RFC 9110, 7.6.1, and the framing, which is this connection's own.
fn belongs_to_connection(name: &HeaderName) -> bool {
    matches!(
        *name,
        header::CONTENT_LENGTH | header::TRANSFER_ENCODING | header::TE | header::TRAILER | header::UPGRADE | header::PROXY_AUTHENTICATE
    ) || matches!(name.as_str(), "keep-alive" | "proxy-connection")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(method: Method, status: u16, headers: &[(&str, &str)]) -> Result<Head, &'static str> {
        let mut response = http::Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        check(response.body(()).unwrap().into_parts().0, &method, false)
    }

    #[test]
    fn answers_that_can_be_read_in_two_ways_are_refused() {
        for headers in [
            &[("content-length", "1"), ("content-length", "2")][..],
            &[("content-length", "+1")],
            &[("content-length", "1, 1")],
            &[("content-length", "")],
            &[("content-length", "1000000000000000000")],
            &[("transfer-encoding", "gzip")],
            &[("transfer-encoding", "gzip, chunked")],
            &[("transfer-encoding", "chunked, chunked")],
            &[("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")],
            &[("connection", "\u{e4}")],
        ] {
            checked(Method::GET, 200, headers).unwrap_err();
        }
        checked(Method::GET, 101, &[]).unwrap_err();
    }

    #[test]
    fn two_framings_at_once_cost_the_connection() {
        let both = checked(Method::GET, 200, &[("content-length", "3"), ("transfer-encoding", "chunked")]).unwrap();
        assert_eq!((both.length, both.persistent, both.reusable), (None, true, false));
        let one = checked(Method::GET, 200, &[("content-length", "3"), ("content-length", "3")]).unwrap();
        assert_eq!((one.length, one.reusable), (Some(3), true));
    }

    #[test]
    fn the_length_of_a_body_that_is_left_out_is_told() {
        let head = checked(Method::HEAD, 200, &[("content-length", "77")]).unwrap();
        assert_eq!((head.length, head.would_be), (Some(0), Some(77)));
        let none = checked(Method::GET, 204, &[("content-length", "77")]).unwrap();
        assert_eq!((none.length, none.would_be), (Some(0), None));
    }

    #[test]
    fn headers_of_the_connection_stay_there() {
        let said = [("connection", "X-Hop, keep-alive"), ("x-hop", "1"), ("keep-alive", "timeout=9"), ("upgrade", "h2c"), ("etag", "e")];
        let head = checked(Method::GET, 200, &said).unwrap();
        assert_eq!(head.headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["etag"]);
        let last = checked(Method::GET, 200, &[("connection", "x"), ("connection", "Close, keep-alive")]).unwrap();
        assert!(!last.persistent && !last.reusable);
    }
}
