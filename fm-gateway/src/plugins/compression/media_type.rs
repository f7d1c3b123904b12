//! Patterns of media types.

/// `type/subtype`, `type/*` or `*+suffix`.
#[derive(Debug, PartialEq)]
pub enum Pattern {
    Exactly(String),
    /// All of a type, with its `/`.
    Type(String),
    /// All of a structured syntax, with its `+` (RFC 6839).
    Suffix(String),
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(text: &str) -> Result<Pattern, String> {
        let lower = text.to_ascii_lowercase();
        let is_token = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b));
        if let Some(suffix) = lower.strip_prefix('*').filter(|suffix| suffix.starts_with('+') && is_token(&suffix[1..])) {
            return Ok(Pattern::Suffix(suffix.to_owned()));
        }
        match lower.split_once('/') {
            Some((kind, "*")) if is_token(kind) => Ok(Pattern::Type(format!("{kind}/"))),
            Some((kind, subtype)) if is_token(kind) && is_token(subtype) => Ok(Pattern::Exactly(lower)),
            _ => Err(format!("{text:?} is no media type: type/subtype, type/* or *+suffix")),
        }
    }

    /// Whether a media type, in lower case and without parameters, is one of these.
    pub fn matches(&self, essence: &str) -> bool {
        match self {
            Pattern::Exactly(exactly) => essence == exactly,
            Pattern::Type(prefix) => essence.starts_with(prefix.as_str()),
            Pattern::Suffix(suffix) => essence.ends_with(suffix.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_what_they_name() {
        for (pattern, media_type, is_match) in [
            ("text/html", "text/html", true),
            ("Text/HTML", "text/html", true),
            ("text/html", "text/htm", false),
            ("text/*", "text/css", true),
            ("text/*", "textual/css", false),
            ("*+json", "application/problem+json", true),
            ("*+json", "application/json", false),
            ("image/svg+xml", "image/svg+xml", true),
        ] {
            assert_eq!(Pattern::parse(pattern).unwrap().matches(media_type), is_match, "{pattern} {media_type}");
        }
        for bad in ["", "*", "*/*", "*/html", "text", "text/", "/html", "text/html; charset=utf-8", "*json", "*+", "te xt/html"] {
            Pattern::parse(bad).expect_err(bad);
        }
    }
}
