//! Compresses answers for clients that take it (RFC 9110, 8.4 and 12.5.3).

mod encoder;
mod media_type;
mod negotiation;

use crate::pipeline::{Answer, Body, Drivers, Exchange, Phases, Plugin, Step};
use encoder::{Coding, Levels};
use http::{
    HeaderMap, HeaderValue, Method, StatusCode,
    header::{
        ACCEPT_ENCODING, ACCEPT_RANGES, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
        VARY,
    },
};
use media_type::Pattern;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::mem;

pub struct Compression;

/// Digests of the very bytes that the service sends (RFC 9530, and what was before it).
const DIGESTS: [&str; 4] = ["content-digest", "repr-digest", "digest", "content-md5"];

#[derive(Deserialize)]
struct Settings {
    algorithms: Vec<Coding>,
    types: Vec<String>,
    min_bytes: u64,
    #[serde(flatten)]
    levels: Levels,
}

struct Policy {
    /// The preferred one first.
    codings: Vec<Coding>,
    types: Vec<Pattern>,
    min_bytes: u64,
    levels: Levels,
}

impl Plugin for Compression {
    fn name(&self) -> &'static str {
        "compression"
    }

    fn about(&self) -> &'static str {
        "Compresses answers for clients that take it"
    }

    fn schema(&self) -> Value {
        let level = |title: &str, max: u32, default: u32| {
            json!({
                "type": "integer", "minimum": 1, "maximum": max, "default": default, "title": title,
                "description": "Higher levels make answers smaller and take longer"
            })
        };
        json!({
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "algorithms": {
                    "type": "array", "items": {"type": "string", "enum": ["br", "zstd", "gzip"]}, "minItems": 1, "maxItems": 3,
                    "default": ["br", "zstd", "gzip"], "title": "Algorithms", "description": "The preferred one first, where a client takes several alike"
                },
                "types": {
                    "type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1, "title": "Media types",
                    "default": [
                        "text/html", "text/css", "text/plain", "text/javascript", "text/csv", "text/markdown", "text/xml", "application/json",
                        "application/javascript", "application/xml", "application/wasm", "*+json", "*+xml"
                    ],
                    "description": "What is compressed: type/subtype, type/* or *+suffix"
                },
                "min_bytes": {
                    "type": "integer", "minimum": 0, "default": 1024, "title": "Minimum bytes",
                    "description": "Shorter answers stay as they are"
                },
                "br_level": level("Level of br", 9, 4),
                "zstd_level": level("Level of zstd", 12, 3),
                "gzip_level": level("Level of gzip", 9, 6)
            }
        })
    }

    fn phases(&self) -> Phases {
        Phases { response: true, ..Phases::default() }
    }

    fn build(&self, settings: &Map<String, Value>, _: &Drivers) -> Result<Box<dyn Step>, String> {
        let Settings { algorithms: codings, types, min_bytes, levels } = super::read(settings)?;
        let types = types.iter().map(|text| Pattern::parse(text)).collect::<Result<_, _>>()?;
        Ok(Box::new(Policy { codings, types, min_bytes, levels }))
    }
}

impl Step for Policy {
    fn response(&self, exchange: &mut Exchange, answer: &mut Answer) {
        exchange.note_read("header.accept-encoding");
        let request = &exchange.head.headers;
        if answer.status == StatusCode::NOT_MODIFIED {
            return not_modified(request, &mut answer.headers);
        }
        let is_head = exchange.head.method == Method::HEAD;
        let length = match &answer.body {
            Body::WouldBe(_) if !is_head => return,
            Body::WouldBe(length) => *length,
            body => body.length(),
        };
        // A problem becomes a page for people; and what changes pieces of bodies must see them as they are.
        let is_final = answer.problem.is_none() && !exchange.route.phases.body;
        if !is_final || length == Some(0) || !may_be_encoded(answer.status, &answer.headers) || forbids_transform(request) {
            return;
        }
        let accepted = negotiation::choose(request.get_all(ACCEPT_ENCODING), &self.codings);
        let is_worth_it = length.is_none_or(|length| length >= self.min_bytes) && self.is_of_these_types(&answer.headers);
        if !is_worth_it && !accepted.refuses_identity {
            return;
        }
        add_vary(&mut answer.headers);
        let Some(coding) = accepted.coding else { return };
        match encoder::Encode::new(coding, &self.levels, length) {
            Ok(encode) if !is_head => {
                let body = mem::replace(&mut answer.body, Body::WouldBe(None));
                answer.body = body.transform(encode);
            }
            // The head is that of GET, without the length that nobody knows before.
            Ok(_) => answer.body = Body::WouldBe(None),
            Err(e) => {
                return log::warn!(route = exchange.route.id.as_str(); "compression: no encoder for {}, sending the answer uncompressed: {e}", coding.name());
            }
        }
        answer.headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
        answer.headers.remove(CONTENT_LENGTH);
        answer.headers.remove(ACCEPT_RANGES);
        weaken(&mut answer.headers);
    }
}

impl Policy {
    fn is_of_these_types(&self, headers: &HeaderMap) -> bool {
        let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        self.types.iter().any(|pattern| pattern.matches(&essence))
    }
}

/// Whether nothing about an answer speaks against another coding.
fn may_be_encoded(status: StatusCode, headers: &HeaderMap) -> bool {
    let is_whole = !status.is_informational()
        && !matches!(status, StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::PARTIAL_CONTENT)
        && !headers.contains_key(CONTENT_RANGE);
    is_whole
        && !headers.contains_key(CONTENT_ENCODING)
        && !forbids_transform(headers)
        && !DIGESTS.iter().any(|digest| headers.contains_key(*digest))
}

/// `Cache-Control: no-transform`, of a request or an answer (RFC 9111, 5.2.1.6 and 5.2.2.6).
fn forbids_transform(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(CACHE_CONTROL).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|directive| directive.trim().eq_ignore_ascii_case("no-transform"))
}

fn add_vary(headers: &mut HeaderMap) {
    let lines = headers.get_all(VARY).iter().filter_map(|line| line.to_str().ok());
    let is_named = |name: &str| name == "*" || name.eq_ignore_ascii_case(ACCEPT_ENCODING.as_str());
    if !lines.flat_map(|line| line.split(',')).any(|name| is_named(name.trim())) {
        headers.append(VARY, HeaderValue::from_name(ACCEPT_ENCODING));
    }
}

/// The bytes are others than those that the service's strong tag stands for (RFC 9110, 8.8.3.3).
fn weaken(headers: &mut HeaderMap) {
    let Some(tag) = headers.get(ETAG).filter(|tag| !tag.as_bytes().starts_with(b"W/")) else { return };
    if let Ok(weak) = HeaderValue::from_bytes(&[b"W/", tag.as_bytes()].concat()) {
        headers.insert(ETAG, weak);
    }
}

/// Names the tag as the client has it.
fn not_modified(request: &HeaderMap, headers: &mut HeaderMap) {
    add_vary(headers);
    let Some(tag) = headers.get(ETAG).and_then(|tag| tag.to_str().ok()) else { return };
    let lines = request.get_all(IF_NONE_MATCH).iter().filter_map(|line| line.to_str().ok());
    let is_known_as_weak = lines.flat_map(|line| line.split(',')).any(|known| known.trim().strip_prefix("W/") == Some(tag));
    if is_known_as_weak {
        weaken(headers);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderName;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        lines.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn vary_names_the_header_once() {
        for (before, after) in [
            (&[][..], vec!["accept-encoding"]),
            (&[("vary", "origin")], vec!["origin", "accept-encoding"]),
            (&[("vary", "Origin, Accept-Encoding")], vec!["Origin, Accept-Encoding"]),
            (&[("vary", "*")], vec!["*"]),
        ] {
            let mut headers = headers(before);
            add_vary(&mut headers);
            assert_eq!(headers.get_all(VARY).iter().collect::<Vec<_>>(), after);
        }
    }

    #[test]
    fn strong_tags_become_weak_and_weak_ones_stay() {
        for (before, after) in [("\"a\"", "W/\"a\""), ("W/\"a\"", "W/\"a\"")] {
            let mut headers = headers(&[("etag", before)]);
            weaken(&mut headers);
            assert_eq!(headers[ETAG], after);
        }
        let mut none = HeaderMap::new();
        weaken(&mut none);
        assert!(none.is_empty());
    }

    #[test]
    fn the_tag_of_an_unchanged_answer_is_the_one_that_the_client_has() {
        for (known, after) in
            [("W/\"a\"", "W/\"a\""), ("\"b\", W/\"a\"", "W/\"a\""), ("\"a\"", "\"a\""), ("W/\"b\"", "\"a\""), ("*", "\"a\"")]
        {
            let mut answer = headers(&[("etag", "\"a\"")]);
            not_modified(&HeaderMap::from_iter([(IF_NONE_MATCH, HeaderValue::from_static(known))]), &mut answer);
            assert_eq!((&answer[ETAG], &answer[VARY]), (&HeaderValue::from_static(after), &HeaderValue::from_static("accept-encoding")));
        }
    }
}
