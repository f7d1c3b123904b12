//! What every request must be like before anything looks at it.

use super::{gateway::Limits, headers::is_stripped, host::normal_authority, path::normalise, websocket};
use crate::{pipeline::Answer, upstream::Length};
use fm_sdk::{Error, Kind, trace::TraceParent};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, header, request::Parts};
use std::borrow::Cow;

/// What was found out on the way in.
pub struct Entry {
    /// The normal path, where it is not the one that was sent.
    pub path: Option<String>,
    /// In its normal form; empty, if an old client names no host.
    pub authority: HeaderValue,
    pub length: Length,
    /// Headers that were taken out; a route may let some of them in.
    pub stripped: Vec<(HeaderName, HeaderValue)>,
}

/// Why a request is not let in.
pub struct Refusal {
    pub status: StatusCode,
    pub code: &'static str,
    pub error: Error,
    /// What follows on this connection cannot be trusted to be a request.
    pub close: bool,
}

impl Refusal {
    pub fn new(status: StatusCode, code: &'static str, why: impl Into<String>) -> Self {
        Refusal { status, code, error: Error::new(Kind::Malformed, code, why), close: false }
    }
    /// One client has more of something than it may have.
    pub fn too_many(code: &'static str, why: &str) -> Self {
        let error = Error::new(Kind::Malformed, code, why).retry_after(1);
        Refusal { status: StatusCode::TOO_MANY_REQUESTS, code, error, close: true }
    }
    fn closing(mut self) -> Self {
        self.close = true;
        self
    }
    /// What the client gets.
    pub fn answer(&self, trace: &TraceParent) -> Answer {
        let answer = Answer::problem_as(self.status, &self.error, trace);
        match self.error.retry_after_secs() {
            Some(seconds) => answer.with(header::RETRY_AFTER, HeaderValue::from(seconds)),
            None => answer,
        }
    }
}

/// Checks a request, strips what the client may not say, and finds out where it is meant to go. `as_it_came` are the bytes of its head, as
/// far as they are known.
///
/// # Errors
/// A refusal with the status that says why.
pub fn enter(head: &mut Parts, has_body: bool, as_it_came: &[u8], limits: &Limits, scheme: &str) -> Result<Entry, Refusal> {
    if matches!(head.method, Method::TRACE | Method::CONNECT) {
        return Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "this method is never served").closing());
    }
    let target = head.uri.path_and_query().map_or(0, |t| t.as_str().len());
    if target > limits.uri {
        return Err(Refusal::new(StatusCode::URI_TOO_LONG, "uri-too-long", format!("at most {} bytes", limits.uri)));
    }
    if !head.uri.path_and_query().is_none_or(|target| target.as_str().is_ascii()) {
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "path-invalid", "the target has characters that must be escaped"));
    }
    let path = match normalise(head.uri.path()) {
        Ok(Cow::Borrowed(_)) => None,
        Ok(Cow::Owned(path)) => Some(path),
        Err(e) => return Err(Refusal::new(StatusCode::BAD_REQUEST, "path-invalid", e.to_string())),
    };
    if has_other_codings(&head.headers) {
        // hyper goes by the last one, and nobody behind would know of the others.
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "coding-unsupported", "the only transfer coding is chunked").closing());
    }
    if head.headers.contains_key(header::TRANSFER_ENCODING) && names_length(as_it_came) {
        // hyper goes by the chunks, leaves the length out and closes; whoever stands in front may have gone by the length (RFC 9112, 6.1).
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "length-invalid", "Content-Length beside Transfer-Encoding").closing());
    }
    if head.version == Version::HTTP_2 {
        check_http2(&mut head.headers)?;
    }
    let stripped = strip(&mut head.headers, limits)?;
    if websocket::is_asked(&head.headers) {
        websocket::check(head, has_body)?;
    }
    Ok(Entry { path, authority: authority(head, scheme)?, length: length(&head.headers, has_body)?, stripped })
}

/// Checks what HTTP/2 forbids (RFC 9113, 8.2.2), should its parser let it through, and joins what it allows to be split.
fn check_http2(headers: &mut HeaderMap) -> Result<(), Refusal> {
    let of_connection = ["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"];
    let other_te = headers.get_all(header::TE).iter().any(|value| !value.as_bytes().eq_ignore_ascii_case(b"trailers"));
    if other_te || of_connection.iter().any(|name| headers.contains_key(*name)) {
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "header-forbidden", "HTTP/2 has no headers of the connection"));
    }
    // 8.2.3: one line for those behind who read the first one only.
    let cookies: Vec<&[u8]> = headers.get_all(header::COOKIE).iter().map(HeaderValue::as_bytes).collect();
    if cookies.len() > 1
        && let Ok(joined) = HeaderValue::from_bytes(&cookies.join(&b"; "[..]))
    {
        headers.insert(header::COOKIE, joined);
    }
    Ok(())
}

/// Removes what only the gateway may say, and what the client's `Connection` names (RFC 9110, 7.6.1); gives the former.
fn strip(headers: &mut HeaderMap, limits: &Limits) -> Result<Vec<(HeaderName, HeaderValue)>, Refusal> {
    let (mut size, mut count, mut stripped) = (0, 0, Vec::new());
    let mut doomed: Vec<HeaderName> = Vec::new();
    for (name, value) in headers.iter() {
        count += 1;
        size += name.as_str().len() + value.len() + 4;
        if is_stripped(name.as_str()) {
            stripped.push((name.clone(), value.clone()));
        } else if *name == header::CONNECTION {
            doomed.extend(named(value));
        }
    }
    if count > limits.headers || size > limits.head {
        let why = format!("at most {} headers and {} bytes", limits.headers, limits.head);
        return Err(Refusal::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "head-too-large", why));
    }
    for name in stripped.iter().map(|(name, _)| name).chain(&doomed) {
        headers.remove(name);
    }
    stripped.retain(|(name, _)| !doomed.contains(name));
    Ok(stripped)
}

/// Whether there are transfer codings beside one `chunked` (RFC 9112, 6.1).
fn has_other_codings(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    codings.next().is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"chunked")) || codings.next().is_some()
}

/// Whether the bytes of a head have a `Content-Length`.
fn names_length(head: &[u8]) -> bool {
    let lines = head.trim_ascii_start().split(|b| *b == b'\n').map(<[u8]>::trim_ascii).skip(1).take_while(|line| !line.is_empty());
    let mut names = lines.filter_map(|line| line.split(|b| *b == b':').next());
    names.any(|name| name.trim_ascii().eq_ignore_ascii_case(b"content-length"))
}

fn named(connection: &HeaderValue) -> impl Iterator<Item = HeaderName> {
    let tokens = connection.to_str().unwrap_or_default().split(',').map(str::trim);
    let framing = |name: &HeaderName| matches!(*name, header::HOST | header::CONTENT_LENGTH | header::TRANSFER_ENCODING | header::UPGRADE);
    tokens
        .filter(|t| !t.eq_ignore_ascii_case("close") && !t.eq_ignore_ascii_case("keep-alive"))
        .filter_map(|t| HeaderName::from_bytes(t.as_bytes()).ok())
        .filter(move |name| !framing(name))
}

/// Finds the one host that was asked for: a target with another one than `Host` is read differently by different servers.
fn authority(head: &Parts, scheme: &str) -> Result<HeaderValue, Refusal> {
    let bad = |why: &str| Refusal::new(StatusCode::BAD_REQUEST, "host-invalid", why).closing();
    let mut hosts = head.headers.get_all(header::HOST).iter();
    let host = hosts.next();
    if hosts.next().is_some() {
        return Err(bad("there are two Host headers"));
    }
    let written = match head.uri.authority() {
        Some(authority) if head.version < Version::HTTP_2 => match host {
            Some(host) if host.as_bytes().eq_ignore_ascii_case(authority.as_str().as_bytes()) => authority.as_str(),
            _ => return Err(bad("the target names another host than the Host header")),
        },
        // Whoever goes by the other one would serve another host (RFC 9113, 8.3.1).
        Some(authority) => match host {
            Some(host) if !host.as_bytes().eq_ignore_ascii_case(authority.as_str().as_bytes()) => {
                return Err(bad(":authority names another host than the Host header"));
            }
            _ => authority.as_str(),
        },
        None => host.map_or(Ok(""), |h| h.to_str()).map_err(|_| bad("the Host header cannot be read"))?,
    };
    if written.is_empty() && head.version < Version::HTTP_11 {
        return Ok(HeaderValue::from_static(""));
    }
    let normal = normal_authority(written, scheme).map_err(|_| bad("the Host header names no host"))?;
    match host {
        Some(host) if *normal == *written => Ok(host.clone()),
        _ => HeaderValue::from_str(&normal).map_err(|_| bad("the Host header cannot be read")),
    }
}

/// Finds out how long the body is.
fn length(headers: &HeaderMap, has_body: bool) -> Result<Length, Refusal> {
    let Some(value) = headers.get(header::CONTENT_LENGTH) else { return Ok(if has_body { Length::Chunked } else { Length::None }) };
    let number = value.to_str().ok().filter(|text| text.bytes().all(|b| b.is_ascii_digit())).and_then(|text| text.parse().ok());
    let bad = || Refusal::new(StatusCode::BAD_REQUEST, "length-invalid", "Content-Length is not a number").closing();
    number.map(Length::Known).ok_or_else(bad)
}

#[cfg(test)]
mod tests {
    use super::names_length;

    #[test]
    fn a_length_is_found_in_the_head_alone() {
        for (head, found) in [
            ("POST / HTTP/1.1\r\ncontent-LENGTH: 1\r\n\r\n", true),
            ("\r\nPOST / HTTP/1.1\nA: b\nContent-Length:1\n\n", true),
            ("POST / HTTP/1.1\r\nContent-Length : 1\r\n\r\n", true),
            ("POST / HTTP/1.1\r\nX: content-length: 1\r\n\r\nContent-Length: 1\r\n", false),
            ("", false),
        ] {
            assert_eq!(names_length(head.as_bytes()), found, "{head:?}");
        }
    }
}
