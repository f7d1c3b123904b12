//! Takes out of a request what may be a secret, by the names of its parts.

use super::RequestText;
use crate::pipeline::trace::{MASK, is_secret};
use serde_json::Value;

/// The request with `***` for each value that may be a secret, and where these were.
pub fn redact(mut request: RequestText) -> (RequestText, Vec<String>) {
    let mut left_out = Vec::new();
    request.url = url(request.url.trim(), &mut left_out);
    let is_form = request.headers.iter().any(|header| {
        let header = header.to_ascii_lowercase();
        header.starts_with("content-type:") && header.contains("x-www-form-urlencoded")
    });
    for header in &mut request.headers {
        let Some((name, value)) = header.split_once(':') else { continue };
        if is_secret(name.trim()) && !value.trim().is_empty() {
            left_out.push(name.trim().to_ascii_lowercase());
            *header = format!("{name}: {MASK}");
        }
    }
    if is_form {
        request.body = pairs(&request.body, "body", &mut left_out);
    } else if let Ok(mut body) = serde_json::from_str(&request.body) {
        let before = left_out.len();
        json(&mut body, "body", false, &mut left_out);
        if left_out.len() > before {
            request.body = body.to_string();
        }
    }
    left_out.sort_unstable();
    left_out.dedup();
    (request, left_out)
}

/// A URL without user and password, and without the values of parameters that are secrets.
fn url(url: &str, left_out: &mut Vec<String>) -> String {
    let (url, fragment) = url.split_once('#').map_or((url, None), |(url, fragment)| (url, Some(fragment)));
    let (base, query) = url.split_once('?').map_or((url, None), |(base, query)| (base, Some(query)));
    let mut text = base.to_owned();
    if let Some((scheme, rest)) = base.split_once("://") {
        let end = rest.find('/').unwrap_or(rest.len());
        if let Some((_, host)) = rest[..end].rsplit_once('@') {
            left_out.push("url.user".into());
            text = format!("{scheme}://{host}{}", &rest[end..]);
        }
    }
    if let Some(query) = query {
        text = format!("{text}?{}", pairs(query, "url", left_out));
    }
    if fragment.is_some_and(|fragment| !fragment.is_empty()) {
        // Never sent, and where some put tokens.
        left_out.push("url.fragment".into());
    }
    text
}

/// `name=value&...` without the values that are secrets.
fn pairs(text: &str, place: &str, left_out: &mut Vec<String>) -> String {
    let pair = |pair: &str| {
        let Some((name, value)) = pair.split_once('=') else { return pair.to_owned() };
        let plain = form_urlencoded::parse(name.as_bytes()).next().map(|(name, _)| name.into_owned()).unwrap_or_default();
        if value.is_empty() || !is_secret(&plain) {
            return pair.to_owned();
        }
        left_out.push(format!("{place}.{plain}"));
        format!("{name}={MASK}")
    };
    text.split('&').map(pair).collect::<Vec<_>>().join("&")
}

fn json(value: &mut Value, place: &str, secret: bool, left_out: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                json(field, &format!("{place}.{name}"), secret || is_secret(name), left_out);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| json(item, place, secret, left_out)),
        Value::String(text) if secret && !text.is_empty() => {
            left_out.push(place.to_owned());
            *value = MASK.into();
        }
        Value::Number(_) if secret => {
            left_out.push(place.to_owned());
            *value = MASK.into();
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(url: &str, headers: &[&str], body: &str) -> (RequestText, Vec<String>) {
        let headers = headers.iter().map(|&header| header.to_owned()).collect();
        redact(RequestText { method: "POST".into(), url: url.into(), headers, body: body.into() })
    }

    #[test]
    fn values_that_may_be_secrets_are_left_out_and_named() {
        let headers = [
            "Authorization: Bearer s3cret-a",
            "cookie:sid=s3cret-b",
            "Proxy-Authorization: Basic s3cret-c",
            "X-Api-Key: s3cret-d",
            "X-Lang: de",
        ];
        let (request, left_out) = redacted(
            "https://ann:s3cret-e@market.example/a?lang=de&access_token=s3cret-f&%74oken=s3cret-g#s3cret-h",
            &headers,
            r#"{"name": "Ann", "password": "s3cret-i", "tokens": ["s3cret-j", {"x": "s3cret-k"}], "pin": 4711}"#,
        );
        let kept = serde_json::to_string(&request).unwrap();
        assert!(!kept.contains("s3cret") && !kept.contains("4711"), "{kept}");
        assert_eq!(request.url, "https://market.example/a?lang=de&access_token=***&%74oken=***");
        assert_eq!(request.headers[0], "Authorization: ***");
        assert_eq!(request.headers[4], "X-Lang: de");
        assert!(request.body.contains("\"name\":\"Ann\""), "{}", request.body);
        assert_eq!(
            left_out.join(" "),
            "authorization body.password body.pin body.tokens body.tokens.x cookie proxy-authorization url.access_token url.fragment url.token url.user x-api-key"
        );
    }

    #[test]
    fn a_form_is_redacted_by_the_names_of_its_fields() {
        let (request, left_out) =
            redacted("/login", &["Content-Type: application/x-www-form-urlencoded"], "user=ann&password=s3cret&empty_token=");
        assert_eq!(request.body, "user=ann&password=***&empty_token=");
        assert_eq!(left_out, ["body.password"]);
    }

    #[test]
    fn what_has_no_secret_is_kept_as_it_was_typed() {
        for (url, body) in [("/a?q=1&q=2", "{\"a\":  1}"), ("/a", "plain & text=1"), ("http://h:80/?", "")] {
            let (request, left_out) = redacted(url, &["X: y", "Accept:"], body);
            assert_eq!((request.url.as_str(), request.body.as_str()), (url, body));
            assert_eq!(request.headers, ["X: y", "Accept:"]);
            assert_eq!(left_out, Vec::<String>::new());
        }
    }
}
