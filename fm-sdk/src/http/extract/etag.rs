//! Versions of documents as strong entity tags (RFC 9110, section 8.8.3), and the conditions that clients make of them (section 13.1).

use crate::{Error, Kind, Result};
use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{self, ETag, EntityTag, HeaderMap, HeaderName},
};
use std::future::{Ready, ready};

/// Gives the `ETag` header of a document's version, for `insert_header`.
#[must_use]
pub fn etag(version: i64) -> ETag {
    ETag(EntityTag::new_strong(version.to_string()))
}

/// The versions of which the client wants to change one (`If-Match: "7", "8"`); any version without the header, or with `*`.
/// For [`DocRef::if_match`](crate::DocRef::if_match).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IfMatchTags(pub(crate) Option<Vec<i64>>);

impl IfMatchTags {
    /// Says whether the condition holds for this version.
    #[must_use]
    pub fn holds(&self, version: i64) -> bool {
        self.0.as_ref().is_none_or(|versions| versions.contains(&version))
    }
}

/// The one version that the client wants to change (`If-Match: "7"`); `None` if it does not care (no header, or `*`).
///
/// Refuses a list that names two versions of this service; [`IfMatchTags`] takes all that RFC 9110 allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IfMatch(pub Option<i64>);

/// The versions that the client has already (`If-None-Match`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IfNoneMatch {
    any: bool,
    versions: Vec<i64>,
}

impl IfNoneMatch {
    /// Says whether the client has this version, so that 304 is enough.
    #[must_use]
    pub fn has(&self, version: i64) -> bool {
        self.any || self.versions.contains(&version)
    }
}

/// One element of the list.
struct Tag<'a> {
    weak: bool,
    opaque: &'a str,
}

enum Condition<'a> {
    /// `*`
    Any,
    Tags(Vec<Tag<'a>>),
}

/// Reads all header lines of this name as one list (RFC 9110, section 5.3); `None` without any.
fn condition<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<Result<Condition<'a>>> {
    let lines: Vec<_> = headers.get_all(name).collect();
    if lines.is_empty() {
        return None;
    }
    let texts: Option<Vec<&str>> = lines.into_iter().map(|line| line.to_str().ok()).collect();
    let read = texts.and_then(|texts| {
        if let [text] = texts[..]
            && text.trim() == "*"
        {
            return Some(Condition::Any);
        }
        let mut tags = Vec::new();
        for text in texts {
            elements(text, &mut tags)?;
        }
        (!tags.is_empty()).then_some(Condition::Tags(tags))
    });
    Some(
        read.ok_or_else(|| {
            Error::new(Kind::Malformed, "malformed", format!("{name} must be a list of entity tags in quotation marks, or *"))
        }),
    )
}

/// Reads `#entity-tag`: commas may stand inside of tags, and empty elements do not count (sections 5.6.1 and 8.8.3).
fn elements<'a>(text: &'a str, tags: &mut Vec<Tag<'a>>) -> Option<()> {
    let blank = |c: char| matches!(c, ' ' | '\t');
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c| blank(c) || c == ',');
        if rest.is_empty() {
            return Some(());
        }
        let (weak, quoted) = rest.strip_prefix("W/").map_or((false, rest), |quoted| (true, quoted));
        let (opaque, after) = quoted.strip_prefix('"')?.split_once('"')?;
        if opaque.bytes().any(|b| !matches!(b, 0x21 | 0x23..=0x7E)) {
            return None;
        }
        tags.push(Tag { weak, opaque });
        rest = after.trim_start_matches(blank);
        if !rest.is_empty() && !rest.starts_with(',') {
            return None;
        }
    }
}

/// The versions that these tags name. A tag that this service never made names none.
fn versions<'a>(tags: impl Iterator<Item = &'a Tag<'a>>) -> Vec<i64> {
    let own = |tag: &Tag<'_>| tag.opaque.parse::<i64>().ok().filter(|version| version.to_string() == tag.opaque);
    tags.filter_map(own).collect()
}

fn if_match(headers: &HeaderMap) -> Result<IfMatchTags> {
    Ok(IfMatchTags(match condition(headers, &header::IF_MATCH).transpose()? {
        None | Some(Condition::Any) => None,
        // The comparison is strong: a weak tag never matches (section 13.1.1).
        Some(Condition::Tags(tags)) => Some(versions(tags.iter().filter(|tag| !tag.weak))),
    }))
}

impl FromRequest for IfMatchTags {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(if_match(request.headers()))
    }
}

impl FromRequest for IfMatch {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(if_match(request.headers()).and_then(|tags| match tags.0.as_deref() {
            None => Ok(IfMatch(None)),
            Some(&[version]) => Ok(IfMatch(Some(version))),
            Some([]) => Err(Error::new(Kind::Stale, "stale", "no version has this entity tag")),
            Some(_) => Err(Error::new(Kind::Malformed, "malformed", "If-Match must name one version, or *")),
        }))
    }
}

impl FromRequest for IfNoneMatch {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    /// Never fails: a condition that cannot be read is no reason to send nothing. The comparison is weak (section 13.1.2).
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(match condition(request.headers(), &header::IF_NONE_MATCH) {
            Some(Ok(Condition::Any)) => IfNoneMatch { any: true, versions: Vec::new() },
            Some(Ok(Condition::Tags(tags))) => IfNoneMatch { any: false, versions: versions(tags.iter()) },
            Some(Err(_)) | None => IfNoneMatch::default(),
        }))
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
    async fn an_unknown_tag_is_stale_and_an_invalid_one_is_malformed() {
        for tag in ["\"x\"", "W/\"42\""] {
            assert_eq!(wanted(tag).await.unwrap_err().kind(), Kind::Stale, "{tag}");
        }
        for tag in ["42", "\"1\", \"2\"", ""] {
            assert_eq!(wanted(tag).await.unwrap_err().kind(), Kind::Malformed, "{tag}");
        }
    }

    async fn listed(lines: &[&str]) -> Result<IfMatchTags> {
        let request = lines.iter().fold(TestRequest::default(), |request, line| request.append_header(("if-match", *line)));
        IfMatchTags::extract(&request.to_http_request()).await
    }

    #[actix_web::test]
    async fn one_strong_tag_of_a_list_must_be_the_version() {
        for lines in [
            &["\"7\""] as &[&str],
            &["\"6\", \"7\""],
            &["\"6\",\"7\",\"8\""],
            &[" , \"x\" ,, \"7\"\t,"],
            &["\"a,b\", \"7\""],
            &["\"6\"", "\"7\""],
            &["W/\"7\", \"7\""],
            &["*"],
            &[],
        ] {
            assert!(listed(lines).await.unwrap().holds(7), "{lines:?}");
        }
        for lines in [&["\"8\""] as &[&str], &["W/\"7\""], &["\"x\", W/\"7\""], &["\"07\", \"+7\", \"7 \"x"], &["\"\""], &["\"a,7\""]] {
            assert!(!listed(lines).await.is_ok_and(|tags| tags.holds(7)), "{lines:?}");
        }
    }

    #[actix_web::test]
    async fn an_invalid_list_of_tags_is_malformed() {
        for lines in [
            &["7"] as &[&str],
            &[""],
            &[" , "],
            &["\"7"],
            &["7\""],
            &["\"7\" \"8\""],
            &["\"7\"; \"8\""],
            &["w/\"7\""],
            &["W/ \"7\""],
            &["\"7 8\""],
            &["*, \"7\""],
            &["\"7\", *"],
            &["*", "\"7\""],
        ] {
            let e = listed(lines).await.unwrap_err();
            assert_eq!((e.kind(), e.code()), (Kind::Malformed, "malformed"), "{lines:?}");
        }
    }

    #[actix_web::test]
    async fn a_client_that_has_the_version_is_known() {
        let known = async |value: &str| {
            let request = TestRequest::default().insert_header(("if-none-match", value)).to_http_request();
            IfNoneMatch::extract(&request).await.unwrap()
        };
        let has = known("W/\"7\", \"8\", \"a,9\"").await;
        assert!(has.has(7) && has.has(8) && !has.has(9));
        assert!(known("*").await.has(7), "whatever version there is");
        assert!(!known("junk").await.has(7));
    }
}
