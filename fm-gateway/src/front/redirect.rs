//! Sends clients that come in clear text to https.

use super::{client::host_of, guard::Refusal};
use crate::pipeline::{Answer, Body};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header};

/// Answers with the same address under https; the method and its body stay the same (308).
///
/// # Errors
/// `tls-required`, for an old client that names no host.
pub fn to_https(authority: &HeaderValue, port: u16, path: &str, query: Option<&str>) -> Result<Answer, Refusal> {
    let host = host_of(authority.to_str().unwrap_or_default());
    let port = if port == 443 { String::new() } else { format!(":{port}") };
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    let location = HeaderValue::from_str(&format!("https://{host}{port}{path}{query}"));
    let required = || Refusal::new(StatusCode::FORBIDDEN, "tls-required", "this is served over https only");
    let location = location.ok().filter(|_| !host.is_empty()).ok_or_else(required)?;
    Ok(Answer::of_upstream(StatusCode::PERMANENT_REDIRECT, HeaderMap::new(), Body::Bytes(Bytes::new())).with(header::LOCATION, location))
}
