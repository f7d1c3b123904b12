//! gRPC as far as a proxy has to know it: which requests are calls, how long they may take, and how a call is told that it has failed
//! (gRPC over HTTP/2). Messages pass unread.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version, header::CONTENT_TYPE, request::Parts};
use std::{fmt::Write, time::Duration};

const STATUS: HeaderName = HeaderName::from_static("grpc-status");
const MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
const TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");
pub const MEDIA_TYPE: &str = "application/grpc";

/// The codes that the gateway gives itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    Unknown = 2,
    DeadlineExceeded = 4,
    PermissionDenied = 7,
    ResourceExhausted = 8,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
    Unauthenticated = 16,
}

impl Code {
    /// That of a status of HTTP. As in http-grpc-status-mapping, but for what the gateway knows better than a client that can only guess:
    /// what took too long, and what was too much.
    pub fn of(status: StatusCode) -> Code {
        match status.as_u16() {
            400 | 500 => Code::Internal,
            401 => Code::Unauthenticated,
            403 => Code::PermissionDenied,
            404 | 405 | 501 => Code::Unimplemented,
            408 | 504 => Code::DeadlineExceeded,
            413 | 429 | 431 => Code::ResourceExhausted,
            502 | 503 => Code::Unavailable,
            _ => Code::Unknown,
        }
    }

    fn value(self) -> HeaderValue {
        HeaderValue::from(self as u16)
    }
}

/// Whether a request is a call of gRPC, which goes over HTTP/2 only. gRPC-Web is none: it has its trailers in its body.
pub fn is_asked(head: &Parts) -> bool {
    if head.version != Version::HTTP_2 {
        return false;
    }
    let media_type = head.headers.get(CONTENT_TYPE).and_then(|value| value.as_bytes().split_at_checked(MEDIA_TYPE.len()));
    media_type.is_some_and(|(start, rest)| {
        start.eq_ignore_ascii_case(MEDIA_TYPE.as_bytes()) && matches!(rest.first(), None | Some(b'+' | b';' | b' '))
    })
}

/// How long the client waits for the whole call, if it says so.
pub fn timeout(head: &Parts) -> Option<Duration> {
    let value = head.headers.get(TIMEOUT).filter(|_| is_asked(head))?;
    let (number, unit) = value.to_str().ok()?.split_at_checked(value.len().checked_sub(1)?)?;
    if number.is_empty() || number.len() > 8 || !number.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number = number.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(number * 3600),
        "M" => Duration::from_secs(number * 60),
        "S" => Duration::from_secs(number),
        "m" => Duration::from_millis(number),
        "u" => Duration::from_micros(number),
        "n" => Duration::from_nanos(number),
        _ => return None,
    })
}

/// What says how a call has ended: the trailers, or with an error at once the only head.
pub fn trailers(code: Code, text: &str) -> HeaderMap {
    HeaderMap::from_iter([(STATUS, code.value()), (MESSAGE, message(text))])
}

/// A text as `grpc-message`: what is not printable ASCII is escaped.
fn message(text: &str) -> HeaderValue {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' '..=b'~' if byte != b'%' => escaped.push(byte.into()),
            _ => _ = write!(escaped, "%{byte:02X}"),
        }
    }
    HeaderValue::from_str(&escaped).unwrap_or(HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    fn head(version: Version, fields: &[(&str, &str)]) -> Parts {
        let request = fields.iter().fold(Request::post("/").version(version), |request, (name, value)| request.header(*name, *value));
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn a_call_is_known_by_its_media_type_over_http2() {
        for (media_type, is_call) in [
            ("application/grpc", true),
            ("application/grpc+proto", true),
            ("application/grpc; charset=x", true),
            ("Application/gRPC", true),
            ("application/grpc-web", false),
            ("application/grpc-web+proto", false),
            ("application/grpcx", false),
            ("application/json", false),
            ("app", false),
        ] {
            assert_eq!(is_asked(&head(Version::HTTP_2, &[("content-type", media_type)])), is_call, "{media_type}");
            assert!(!is_asked(&head(Version::HTTP_11, &[("content-type", media_type)])), "{media_type}");
        }
        assert!(!is_asked(&head(Version::HTTP_2, &[])));
    }

    #[test]
    fn deadlines_are_read_in_every_unit() {
        for (text, expected) in [
            ("2H", Some(Duration::from_secs(7200))),
            ("3M", Some(Duration::from_secs(180))),
            ("1S", Some(Duration::from_secs(1))),
            ("250m", Some(Duration::from_millis(250))),
            ("99999999u", Some(Duration::from_micros(99_999_999))),
            ("1n", Some(Duration::from_nanos(1))),
            ("0S", Some(Duration::ZERO)),
            ("99999999H", Some(Duration::from_secs(99_999_999 * 3600))),
            ("100000000S", None),
            ("S", None),
            ("", None),
            ("1", None),
            ("-1S", None),
            ("+1S", None),
            ("1.5S", None),
            ("1s", None),
        ] {
            let fields = [("content-type", MEDIA_TYPE), ("grpc-timeout", text)];
            assert_eq!(timeout(&head(Version::HTTP_2, &fields)), expected, "{text:?}");
        }
        assert_eq!(timeout(&head(Version::HTTP_2, &[("grpc-timeout", "1S")])), None, "no call of gRPC");
    }

    #[test]
    fn each_status_has_its_code() {
        for (status, code) in [
            (400, 13),
            (401, 16),
            (403, 7),
            (404, 12),
            (405, 12),
            (408, 4),
            (409, 2),
            (413, 8),
            (429, 8),
            (500, 13),
            (502, 14),
            (503, 14),
            (504, 4),
        ] {
            assert_eq!(Code::of(StatusCode::from_u16(status).unwrap()) as u16, code, "{status}");
        }
    }

    #[test]
    fn messages_are_escaped() {
        assert_eq!(message("50 % of \u{e4}\n"), "50 %25 of %C3%A4%0A");
    }
}
