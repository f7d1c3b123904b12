//! What hyper's parser refuses before there is a request: it is answered like any other refusal, with a problem that names a code.

use super::{guard::Refusal, serve::TRACE_ID};
use crate::pipeline::{Answer, Body};
use bytes::{Bytes, BytesMut};
use fm_sdk::trace::TraceParent;
use http::{HeaderValue, StatusCode};

/// Makes the whole answer in place of the empty one that hyper writes, and gives the code of its problem. `head` is what the client sent.
pub fn answer_to(written: &[u8], head: &[u8]) -> (&'static str, Bytes) {
    let refusal = refusal(status_of(written), head);
    let trace = TraceParent::continued(None);
    let Answer { status, mut headers, body, .. } = refusal.answer(&trace);
    if let Ok(id) = HeaderValue::from_str(&trace.trace_id()) {
        headers.insert(TRACE_ID, id);
    }
    let Body::Bytes(body) = body else { return (refusal.code, Bytes::new()) };
    let reason = status.canonical_reason().unwrap_or_default();
    let mut out = BytesMut::with_capacity(512 + body.len());
    out.extend_from_slice(format!("HTTP/1.1 {} {reason}\r\nconnection: close\r\n", status.as_str()).as_bytes());
    out.extend_from_slice(format!("content-length: {}\r\n", body.len()).as_bytes());
    for (name, value) in &headers {
        for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            out.extend_from_slice(part);
        }
    }
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(&body);
    (refusal.code, out.freeze())
}

/// Reads the status of `HTTP/1.1 400 ...`.
fn status_of(written: &[u8]) -> StatusCode {
    written.get(9..12).and_then(|digits| StatusCode::from_bytes(digits).ok()).unwrap_or(StatusCode::BAD_REQUEST)
}

fn refusal(status: StatusCode, head: &[u8]) -> Refusal {
    let in_first_line = !head.trim_ascii_start().contains(&b'\n');
    match status {
        StatusCode::URI_TOO_LONG => Refusal::new(status, "uri-too-long", "the target is too long"),
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE if in_first_line && !head.is_empty() => {
            Refusal::new(StatusCode::URI_TOO_LONG, "uri-too-long", "the target is too long")
        }
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
            Refusal::new(status, "head-too-large", "there are too many headers, or they are too large")
        }
        _ => Refusal::new(StatusCode::BAD_REQUEST, "request-malformed", "this is no request of HTTP/1.1"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_head_gets_a_problem_with_its_code() {
        for (written, head, status, code) in [
            ("HTTP/1.1 400 Bad Request\r\n", "GET / HTTP/1.1\r\nA b\r\n\r\n", "400 Bad Request", "request-malformed"),
            ("HTTP/1.1 431 x\r\n", "GET / HTTP/1.1\r\nA: bbb", "431 Request Header Fields Too Large", "head-too-large"),
            ("HTTP/1.1 431 x\r\n", "GET /aaaaaaaaaaaaaaaaaaaa", "414 URI Too Long", "uri-too-long"),
            ("HTTP/1.1 414 x\r\n", "GET / HTTP/1.1\r\n", "414 URI Too Long", "uri-too-long"),
        ] {
            let (said, answer) = answer_to(written.as_bytes(), head.as_bytes());
            let answer = String::from_utf8(answer.to_vec()).unwrap();
            assert!(said == code && answer.starts_with(&format!("HTTP/1.1 {status}\r\nconnection: close\r\n")), "{answer}");
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{head}");
            assert!(head.contains("content-type: application/problem+json") && body.contains(code), "{answer}");
        }
    }
}
