//! What may be a secret, and how it is hidden.

use http::{HeaderMap, header};
use std::borrow::Cow;

/// Stands for a value that may be a secret.
pub const MASK: &str = "***";

/// Values that are shorter are hidden only where nothing else stands: `80` is in too many texts.
const SHORT: usize = 4;

/// Words that make a name one of a secret, wherever they stand in it, and as a part between `-`, `_` and `.`.
const WITHIN: [&str; 11] =
    ["authoriz", "cookie", "token", "secret", "passw", "apikey", "credential", "signature", "session", "private", "jwt"];
const PARTS: [&str; 10] = ["auth", "key", "keys", "pwd", "sid", "sig", "csrf", "xsrf", "otp", "pin"];

/// Says whether the value of something with this name may be a secret: a header, variable, setting or query parameter.
pub fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    WITHIN.iter().any(|word| name.contains(word)) || name.split(['-', '_', '.', ' ']).any(|part| PARTS.contains(&part))
}

/// Hides the values of the query of a URL; their names stay.
pub fn without_query_values(url: &str) -> Cow<'_, str> {
    let Some((path, query)) = url.split_once('?') else { return url.into() };
    let (query, fragment) = query.split_once('#').unwrap_or((query, ""));
    let hidden: Vec<String> =
        query.split('&').map(|pair| pair.split_once('=').map_or(pair.into(), |(name, _)| format!("{name}={MASK}"))).collect();
    let fragment = if fragment.is_empty() { String::new() } else { format!("#{MASK}") };
    format!("{path}?{}{fragment}", hidden.join("&")).into()
}

/// The secrets that are known of one request: what its route took from the environment, and the values of its headers that have names of
/// secrets. A plugin may copy them to where no name tells.
#[derive(Debug, Default)]
pub struct Secrets {
    /// The secret and what stands for it, the longest first.
    known: Vec<(String, String)>,
}

impl Secrets {
    /// Adds a value from the environment; `env{NAME}` stands for it, and for its form in a path.
    pub fn add_env(&mut self, name: &str, value: &str) {
        self.add(value, &format!("env{{{name}}}"));
        let escaped: String = form_urlencoded::byte_serialize(value.as_bytes()).collect();
        self.add(&escaped, &format!("env{{{name}}}"));
        self.add(&escaped.replace('+', "%20"), &format!("env{{{name}}}"));
    }

    /// Adds those of a request's headers.
    pub fn add_headers(&mut self, headers: &HeaderMap) {
        for (name, value) in headers.iter().filter(|(name, _)| is_secret(name.as_str())) {
            let Ok(value) = value.to_str() else { continue };
            self.add(value, MASK);
            if *name == header::COOKIE {
                value.split(';').filter_map(|pair| pair.split_once('=')).for_each(|(_, value)| self.add(value.trim(), MASK));
            } else if let Some((_, credentials)) = value.split_once(' ') {
                self.add(credentials.trim(), MASK);
            }
        }
    }

    fn add(&mut self, secret: &str, mask: &str) {
        if !secret.is_empty() && !self.known.iter().any(|(known, _)| known == secret) {
            let place = self.known.partition_point(|(known, _)| known.len() >= secret.len());
            self.known.insert(place, (secret.to_owned(), mask.to_owned()));
        }
    }

    /// Hides them in a text.
    pub fn hide(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (secret, mask) in &self.known {
            if text == *secret {
                return mask.clone();
            }
            if secret.len() >= SHORT && text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), mask);
            }
        }
        text
    }

    /// Hides what may be secret in the value of something with a name.
    pub fn hide_value(&self, name: &str, value: &str) -> String {
        let hidden = self.hide(value);
        // What the environment brought is shown by its name, also where everything is a secret.
        if is_secret(name) && !(hidden.starts_with("env{") && hidden.ends_with('}')) {
            return MASK.into();
        }
        if matches!(name, "location" | "content-location" | "referer" | "refresh" | "link") {
            without_query_values(&hidden).into_owned()
        } else {
            hidden
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn names_of_secrets_are_known_in_every_spelling() {
        for name in [
            "Authorization",
            "proxy-authorization",
            "cookie",
            "Set-Cookie",
            "X-Api-Key",
            "x-amz-security-token",
            "accessToken",
            "refresh_token",
            "client_secret",
            "db.password",
            "PASSWD",
            "sessionid",
            "x-hub-signature-256",
            "x-csrf",
            "x-auth",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in
            ["accept", "host", "x-request-id", "x-author", "monkey", "x-tenant", "user-agent", "identity.sub", "content-type", "spin"]
        {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn secrets_are_hidden_wherever_they_were_copied_to() {
        let mut secrets = Secrets::default();
        let mut headers = HeaderMap::new();
        headers.insert("authorization", HeaderValue::from_static("Bearer abc.def.ghi"));
        headers.insert("cookie", HeaderValue::from_static("a=1; sid=deadbeef"));
        headers.insert("accept", HeaderValue::from_static("text/html"));
        secrets.add_headers(&headers);
        secrets.add_env("UPSTREAM_KEY", "s3cret key");
        secrets.add_env("PORT", "80");
        for (name, value, shown) in [
            ("x-copy", "Bearer abc.def.ghi", "***"),
            ("x-copy", "token=abc.def.ghi;", "token=***;"),
            ("x-copy", "deadbeef", "***"),
            ("x-copy", "1", "***"),
            ("x-copy", "text/html 1", "text/html 1"),
            ("x-copy", "s3cret key", "env{UPSTREAM_KEY}"),
            ("path", "/v2/s3cret%20key/x", "/v2/env{UPSTREAM_KEY}/x"),
            ("x-api-key", "s3cret key", "env{UPSTREAM_KEY}"),
            ("x-api-key", "other", "***"),
            ("x-port", "8080", "8080"),
            ("x-port", "80", "env{PORT}"),
            ("location", "/x?code=1&q#token", "/x?code=***&q#***"),
        ] {
            assert_eq!(secrets.hide_value(name, value), shown, "{name}: {value}");
        }
    }
}
