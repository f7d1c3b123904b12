//! What every request must be like before anything looks at it.

use super::{gateway::Limits, headers::is_stripped, host::normal_authority, path::normalise};
use crate::{pipeline::Answer, upstream::Length};
use actix_http::{
    Method, Payload, RequestHead, StatusCode, Version,
    header::{self, HeaderMap, HeaderName, HeaderValue},
};
use fm_sdk::{Error, Kind, trace::TraceParent};
use std::borrow::Cow;

/// What was found out on the way in.
pub struct Entry {
    /// The normal path, where it is not the one that was sent.
    pub path: Option<String>,
    /// In its normal form; empty, if an old client names no host.
    pub authority: HeaderValue,
    pub length: Length,
}

/// Why a request is not let in.
pub struct Refusal {
    pub status: StatusCode,
    pub error: Error,
    /// What follows on this connection cannot be trusted to be a request.
    pub close: bool,
}

impl Refusal {
    fn new(status: StatusCode, code: &'static str, why: impl Into<String>) -> Self {
        Refusal { status, error: Error::new(Kind::Malformed, code, why), close: false }
    }
    /// One client has more of something than it may have.
    pub fn too_many(code: &'static str, why: &str) -> Self {
        let error = Error::new(Kind::Malformed, code, why).retry_after(1);
        Refusal { status: StatusCode::TOO_MANY_REQUESTS, error, close: true }
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

/// Checks a request, strips what the client may not say, and finds out where it is meant to go.
///
/// # Errors
/// A refusal with the status that says why.
pub fn enter(head: &mut RequestHead, payload: &Payload, limits: &Limits, scheme: &str) -> Result<Entry, Refusal> {
    if matches!(head.method, Method::TRACE | Method::CONNECT) {
        return Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "this method is never served").closing());
    }
    let target = head.uri.path_and_query().map_or(0, |t| t.as_str().len());
    if target > limits.uri {
        return Err(Refusal::new(StatusCode::URI_TOO_LONG, "uri-too-long", format!("at most {} bytes", limits.uri)));
    }
    let path = match normalise(head.uri.path()) {
        Ok(Cow::Borrowed(_)) => None,
        Ok(Cow::Owned(path)) => Some(path),
        Err(e) => return Err(Refusal::new(StatusCode::BAD_REQUEST, "path-invalid", e.to_string())),
    };
    strip(&mut head.headers, limits)?;
    // The server has read everything that follows as the body of this request.
    if head.headers.get(&header::UPGRADE).is_some_and(|v| v.as_bytes().eq_ignore_ascii_case(b"websocket")) {
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "upgrade-unsupported", "WebSockets are not served here").closing());
    }
    Ok(Entry { path, authority: authority(head, scheme)?, length: length(&head.headers, payload)? })
}

/// Removes what only the gateway may say, and what the client's `Connection` names (RFC 9110, 7.6.1).
fn strip(headers: &mut HeaderMap, limits: &Limits) -> Result<(), Refusal> {
    let (mut size, mut count) = (0, 0);
    let mut doomed: Vec<HeaderName> = Vec::new();
    for (name, value) in headers.iter() {
        count += 1;
        size += name.as_str().len() + value.len() + 4;
        if is_stripped(name.as_str()) {
            doomed.push(name.clone());
        } else if *name == header::CONNECTION {
            doomed.extend(named(value));
        }
    }
    if count > limits.headers || size > limits.head {
        let why = format!("at most {} headers and {} bytes", limits.headers, limits.head);
        return Err(Refusal::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "head-too-large", why));
    }
    for name in doomed {
        headers.remove(name);
    }
    Ok(())
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
fn authority(head: &RequestHead, scheme: &str) -> Result<HeaderValue, Refusal> {
    let bad = |why: &str| Refusal::new(StatusCode::BAD_REQUEST, "host-invalid", why).closing();
    let mut hosts = head.headers.get_all(&header::HOST);
    let host = hosts.next();
    if hosts.next().is_some() {
        return Err(bad("there are two Host headers"));
    }
    let written = match head.uri.authority() {
        Some(authority) if head.version < Version::HTTP_2 => match host {
            Some(host) if host.as_bytes().eq_ignore_ascii_case(authority.as_str().as_bytes()) => authority.as_str(),
            _ => return Err(bad("the target names another host than the Host header")),
        },
        Some(authority) => authority.as_str(),
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
pub(super) fn length(headers: &HeaderMap, payload: &Payload) -> Result<Length, Refusal> {
    let said = match headers.get(&header::CONTENT_LENGTH) {
        Some(value) => {
            let digits = value.as_bytes();
            let number = digits.iter().all(u8::is_ascii_digit).then(|| value.to_str().ok()?.parse::<u64>().ok()).flatten();
            Some(
                number
                    .ok_or_else(|| Refusal::new(StatusCode::BAD_REQUEST, "length-invalid", "Content-Length is not a number").closing())?,
            )
        }
        None => None,
    };
    Ok(match (payload, said) {
        (_, Some(0)) => Length::Known(0),
        (Payload::None, _) => Length::None,
        (_, Some(length)) => Length::Known(length),
        (_, None) => Length::Chunked,
    })
}
