//! Answers from the store, and `Cache-Status` (RFC 9211).

use super::store::Stored;
use crate::pipeline::{Answer, Body};
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{
        AGE, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
    },
};
use std::time::Instant;

const CACHE_STATUS: HeaderName = HeaderName::from_static("cache-status");

/// Makes an answer of what is stored: 304, if the client has it already (RFC 9110, 13.2.2).
pub fn answer(stored: &Stored, request: &HeaderMap, now: Instant) -> Answer {
    let mut headers = stored.headers.clone();
    headers.insert(AGE, HeaderValue::from(stored.freshness.age(now)));
    if stored.status == StatusCode::OK && is_known(request, &stored.headers) {
        for name in [CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_TYPE] {
            headers.remove(name);
        }
        return Answer::of_upstream(StatusCode::NOT_MODIFIED, headers, Body::WouldBe(None));
    }
    Answer::of_upstream(stored.status, headers, Body::Bytes(stored.body.clone()))
}

/// Whether a request asks only for what has changed.
pub fn is_conditional(request: &HeaderMap) -> bool {
    request.contains_key(IF_NONE_MATCH) || request.contains_key(IF_MODIFIED_SINCE)
}

/// Whether the validators of the request match the stored response (RFC 9110, 13.1.2 and 13.1.3).
fn is_known(request: &HeaderMap, stored: &HeaderMap) -> bool {
    if request.contains_key(IF_NONE_MATCH) {
        let tag = stored.get(ETAG).and_then(|value| value.to_str().ok()).map(opaque);
        let mut named = request.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).flat_map(tags);
        return named.any(|named| named == "*" || tag == Some(opaque(named)));
    }
    let time = |headers: &HeaderMap, name| httpdate::parse_http_date(headers.get::<HeaderName>(name)?.to_str().ok()?).ok();
    match (time(request, IF_MODIFIED_SINCE), time(stored, LAST_MODIFIED)) {
        (Some(since), Some(changed)) => changed <= since,
        _ => false,
    }
}

/// An entity tag for the weak comparison.
fn opaque(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}

/// Splits a list of entity tags, which may have commas in their quotes.
fn tags(list: &str) -> Vec<&str> {
    let (mut tags, mut from, mut quoted) = (Vec::new(), 0, false);
    for (at, b) in list.bytes().enumerate() {
        match b {
            b'"' => quoted = !quoted,
            b',' if !quoted => {
                tags.push(list[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    tags.push(list[from..].trim());
    tags
}

/// Says what the cache did, behind what caches before it have said.
pub fn tell(answer: &mut Answer, what: &str) {
    if let Ok(value) = HeaderValue::from_str(&format!("{}{what}", crate::NAME)) {
        answer.headers.append(CACHE_STATUS, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(HeaderName, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn a_client_has_what_its_validators_name() {
        let old = "Sun, 06 Nov 1994 08:49:37 GMT";
        let new = "Mon, 07 Nov 1994 08:49:37 GMT";
        let stored = headers(&[(ETAG, "\"a,b\""), (LAST_MODIFIED, old)]);
        for (request, known) in [
            (&[(IF_NONE_MATCH, "\"a,b\"")][..], true),
            (&[(IF_NONE_MATCH, "\"x\", W/\"a,b\"")], true),
            (&[(IF_NONE_MATCH, "*")], true),
            (&[(IF_NONE_MATCH, "\"a\", \"b\"")], false),
            // 13.1.3: the date does not count beside a tag.
            (&[(IF_NONE_MATCH, "\"x\""), (IF_MODIFIED_SINCE, new)], false),
            (&[(IF_MODIFIED_SINCE, old)], true),
            (&[(IF_MODIFIED_SINCE, new)], true),
            (&[(IF_MODIFIED_SINCE, "Sat, 05 Nov 1994 08:49:37 GMT")], false),
            (&[(IF_MODIFIED_SINCE, "yesterday")], false),
            (&[], false),
        ] {
            assert_eq!(is_known(&headers(request), &stored), known, "{request:?}");
        }
        assert!(!is_known(&headers(&[(IF_NONE_MATCH, "\"a\"")]), &HeaderMap::new()));
    }
}
