//! How far a request has come and how far it may go: `Via` (RFC 9110, 7.6.3) and `Max-Forwards` (7.6.2).

use super::guard::Refusal;
use http::{
    HeaderMap, HeaderValue, Method, StatusCode, Version,
    header::{MAX_FORWARDS, VIA},
    request::Parts,
};

/// Adds this gateway to `Via`. Its pseudonym is its own, so that a request which comes by a second time is seen, whatever lies between.
///
/// # Errors
/// `loop-detected`.
pub fn enter(head: &mut Parts, pseudonym: &str) -> Result<(), Refusal> {
    let mut via = String::new();
    for line in head.headers.get_all(VIA) {
        let Ok(line) = line.to_str() else { continue };
        if line.split(',').any(|hop| hop.split_ascii_whitespace().nth(1) == Some(pseudonym)) {
            return Err(Refusal::new(StatusCode::LOOP_DETECTED, "loop-detected", "this request has been here before"));
        }
        via.push_str(line);
        via.push_str(", ");
    }
    let version = match head.version {
        Version::HTTP_10 => "1.0",
        Version::HTTP_2 => "2",
        _ => "1.1",
    };
    via.push_str(version);
    via.push(' ');
    via.push_str(pseudonym);
    if let Ok(via) = HeaderValue::from_str(&via) {
        head.headers.insert(VIA, via);
    }
    Ok(())
}

/// Says whether an OPTIONS ends here, and counts down how far it may go on; other methods do not count.
///
/// # Errors
/// `max-forwards-invalid`.
pub fn ends_here(method: &Method, headers: &mut HeaderMap) -> Result<bool, Refusal> {
    let Some(left) = headers.get(MAX_FORWARDS).filter(|_| *method == Method::OPTIONS) else { return Ok(false) };
    let left = left.to_str().ok().filter(|text| text.bytes().all(|b| b.is_ascii_digit())).and_then(|text| text.parse::<u32>().ok());
    match left {
        Some(0) => Ok(true),
        Some(left) => {
            headers.insert(MAX_FORWARDS, HeaderValue::from(left - 1));
            Ok(false)
        }
        None => Err(Refusal::new(StatusCode::BAD_REQUEST, "max-forwards-invalid", "Max-Forwards is not a number")),
    }
}
