//! Versions of documents as strong entity tags (RFC 9110, section 8.8.3), and the conditions that clients make of them (section 13.1).

use crate::{Error, Kind, Result};
use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{self, ETag, EntityTag, HeaderMap},
};
use std::future::{Ready, ready};

/// Gives the `ETag` header of a document's version, for `insert_header`.
#[must_use]
pub fn etag(version: i64) -> ETag {
    ETag(EntityTag::new_strong(version.to_string()))
}

/// The version that the client wants to change (`If-Match: "7"`); `None` if it does not care (no header, or `*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IfMatch(pub Option<i64>);

/// The versions that the client has already (`If-None-Match`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IfNoneMatch(Vec<i64>);

impl IfNoneMatch {
    /// Says whether the client has this version, so that 304 is enough.
    #[must_use]
    pub fn has(&self, version: i64) -> bool {
        self.0.contains(&version)
    }
}

impl FromRequest for IfMatch {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(if_match(request.headers()))
    }
}

fn if_match(headers: &HeaderMap) -> Result<IfMatch> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(IfMatch(None)) };
    let malformed = || Error::new(Kind::Malformed, "malformed", "If-Match must be one entity tag in quotation marks, or *");
    let text = value.to_str().map_err(|_| malformed())?.trim();
    if text == "*" {
        return Ok(IfMatch(None));
    }
    let tag: EntityTag = text.parse().map_err(|_| malformed())?;
    // A tag that this service never made, or a weak one, cannot match (section 13.1.1: strong comparison).
    let version = tag.tag().parse::<i64>().ok().filter(|_| !tag.weak);
    version.map(|v| IfMatch(Some(v))).ok_or_else(|| Error::new(Kind::Stale, "stale", "no version has this entity tag"))
}

impl FromRequest for IfNoneMatch {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    /// Never fails: a condition that cannot be read is no reason to send nothing.
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let texts = request.headers().get_all(header::IF_NONE_MATCH).filter_map(|v| v.to_str().ok());
        let tags = texts.flat_map(|t| t.split(',')).filter_map(|t| t.trim().parse::<EntityTag>().ok());
        ready(Ok(IfNoneMatch(tags.filter_map(|t| t.tag().parse().ok()).collect())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::{http::header::TryIntoHeaderPair, test::TestRequest};

    async fn wanted(value: &str) -> Result<IfMatch> {
        IfMatch::extract(&TestRequest::default().insert_header(("if-match", value)).to_http_request()).await
    }

    #[actix_web::test]
    async fn a_version_goes_out_and_comes_back() {
        let (_, value) = etag(42).try_into_pair().unwrap();
        assert_eq!(value, "\"42\"");
        assert_eq!(wanted("\"42\"").await.unwrap(), IfMatch(Some(42)));
        assert_eq!(wanted("*").await.unwrap(), IfMatch(None));
        assert_eq!(IfMatch::extract(&TestRequest::default().to_http_request()).await.unwrap(), IfMatch(None));
    }

    #[actix_web::test]
    async fn a_tag_that_nobody_made_is_stale_and_nonsense_is_malformed() {
        for tag in ["\"x\"", "W/\"42\""] {
            assert_eq!(wanted(tag).await.unwrap_err().kind(), Kind::Stale, "{tag}");
        }
        for tag in ["42", "\"1\", \"2\"", ""] {
            assert_eq!(wanted(tag).await.unwrap_err().kind(), Kind::Malformed, "{tag}");
        }
    }

    #[actix_web::test]
    async fn a_client_that_has_the_version_is_known() {
        let request = TestRequest::default().insert_header(("if-none-match", "W/\"7\", \"8\", junk")).to_http_request();
        let has = IfNoneMatch::extract(&request).await.unwrap();
        assert!(has.has(7) && has.has(8) && !has.has(9));
    }
}
