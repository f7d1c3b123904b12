//! Requests of the tester that editors keep by a name, in the registry, for all editors. What may be a secret is left out.

mod redact;

use super::{
    Ask,
    document::{self, Document},
};
use crate::trial::TrialRequest;
use fm_sdk::{Error, Kind, Result, registry::Registry, time::rfc3339};
use redact::redact;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How many are kept.
pub const MAX_REQUESTS: usize = 100;
/// The largest one, in bytes: all of them are one value of the registry, which takes a megabyte and a half.
pub const MAX_SIZE: usize = 8 << 10;
/// The longest name, in characters.
pub const MAX_NAME: usize = 64;
const KEY: &str = "/fm/gateway/admin/saved-requests";

/// A request as it is typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestText {
    pub method: String,
    pub url: String,
    /// Header lines, each `Name: value`.
    #[serde(default)]
    pub headers: Vec<String>,
    #[serde(default)]
    pub body: String,
}

/// A request that is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SavedRequest {
    pub request: RequestText,
    /// Where `***` stands for a value that is not kept: `authorization`, `url.access_token`, `body.password`.
    pub left_out: Vec<String>,
    pub by: String,
    /// RFC 3339.
    pub at: String,
}

/// All that are kept, by their names.
pub type SavedRequests = BTreeMap<String, SavedRequest>;

/// Reads all saved requests.
///
/// # Errors
/// Those of the registry.
pub async fn load(registry: &dyn Registry) -> Result<SavedRequests> {
    Ok(Document::load(registry, KEY).await?.value)
}

/// Keeps a request by a name, in the place of the one that had it, and records it. Gives what is kept.
///
/// # Errors
/// `Malformed` for what no client could send; `Invalid`, for the name; `TooLarge`, code `request-too-large`; `Conflict`, code
/// `requests-full`, if there are [`MAX_REQUESTS`] others; those of the registry.
pub async fn save(ask: &Ask, name: &str, request: RequestText) -> Result<SavedRequest> {
    let name = valid(name)?;
    TrialRequest::parse(&request.method, request.url.trim(), &request.headers, request.body.clone().into())?;
    let (request, left_out) = redact(request);
    if size(&request) > MAX_SIZE {
        return Err(Error::new(Kind::TooLarge, "request-too-large", format!("a saved request has at most {MAX_SIZE} bytes")));
    }
    let saved = SavedRequest { request, left_out, by: ask.caller()?.name.clone(), at: rfc3339(ask.now) };
    document::edit(&*ask.admin.registry, KEY, |all: &mut SavedRequests| {
        if !all.contains_key(name) && all.len() >= MAX_REQUESTS {
            return Err(Error::new(
                Kind::Conflict,
                "requests-full",
                format!("{MAX_REQUESTS} requests are saved already, delete one first"),
            ));
        }
        let before = all.insert(name.into(), saved.clone());
        Ok(((), ask.event("request.save", name, before.as_ref().map(summary).unwrap_or_default(), summary(&saved))))
    })
    .await?;
    Ok(saved)
}

/// Removes a request and records it.
///
/// # Errors
/// `NotFound`, code `request-unknown`; those of the registry.
pub async fn delete(ask: &Ask, name: &str) -> Result<()> {
    document::edit(&*ask.admin.registry, KEY, |all: &mut SavedRequests| {
        let gone = all.remove(name).ok_or_else(|| Error::not_found("request-unknown"))?;
        Ok(((), ask.event("request.delete", name, summary(&gone), Value::Null)))
    })
    .await
}

/// What the audit log says of one.
fn summary(saved: &SavedRequest) -> Value {
    json!({"method": saved.request.method, "url": saved.request.url, "left_out": saved.left_out})
}

fn size(request: &RequestText) -> usize {
    let RequestText { method, url, headers, body } = request;
    method.len() + url.len() + headers.iter().map(String::len).sum::<usize>() + body.len()
}

/// A name that is a segment of a path, whoever decodes it.
fn valid(name: &str) -> Result<&str> {
    let name = name.trim();
    let is_taken = |c: char| fm_sdk::text::is_invisible(c) && c != ' ' || matches!(c, '/' | '\\' | '%' | '+' | '?' | '#');
    if name.is_empty() || name.chars().count() > MAX_NAME || name.starts_with('.') || name.contains(is_taken) {
        return Err(Error::field("name", format!("must have 1 to {MAX_NAME} characters, no . at the beginning and none of / \\ % + ? #")));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_segments_of_paths() {
        for good in ["Search by maker (DE)", " Größe: ä ", "a.b"] {
            assert_eq!(valid(good).unwrap(), good.trim());
        }
        let long = "x".repeat(MAX_NAME + 1);
        for bad in ["", "  ", "..", ".a", "a/b", "a%2fb", "a+b", "a?b", "a\nb", "a\u{200b}b", &long] {
            assert_eq!(valid(bad).unwrap_err().kind(), Kind::Invalid, "{bad:?}");
        }
    }
}
