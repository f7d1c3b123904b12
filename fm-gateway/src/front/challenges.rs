//! Answers the challenges of ACME servers (RFC 8555, 8.3).

use crate::pipeline::{Answer, Body};
use arc_swap::ArcSwap;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use std::{collections::HashMap, sync::Arc};

const PATH: &str = "/.well-known/acme-challenge/";

/// The challenges of all gateways, as this one knows them: what a token is answered with. Clones share them.
#[derive(Clone, Default)]
pub struct Challenges(Arc<ArcSwap<HashMap<String, String>>>);

impl Challenges {
    /// Answers these from now on, and no others.
    pub fn replace(&self, answers: HashMap<String, String>) {
        if **self.0.load() != answers {
            self.0.store(Arc::new(answers));
        }
    }

    /// The answer to a request; `None` unless it asks for a token that is known.
    pub fn answer(&self, method: &Method, path: &str) -> Option<Answer> {
        let token = path.strip_prefix(PATH).filter(|_| matches!(*method, Method::GET | Method::HEAD))?;
        let text = self.0.load().get(token)?.clone();
        let headers = HeaderMap::from_iter([
            (header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ]);
        Some(Answer::of_upstream(StatusCode::OK, headers, Body::Bytes(Bytes::from(text))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_tokens_are_answered_and_only_to_those_who_read() {
        let challenges = Challenges::default();
        challenges.replace(HashMap::from([("t".into(), "t.thumb".into())]));
        let is_answered = |method, path| challenges.answer(&method, path).is_some();
        assert!(is_answered(Method::GET, "/.well-known/acme-challenge/t"));
        assert!(is_answered(Method::HEAD, "/.well-known/acme-challenge/t"));
        for (method, path) in [
            (Method::POST, "/.well-known/acme-challenge/t"),
            (Method::GET, "/.well-known/acme-challenge/u"),
            (Method::GET, "/.well-known/acme-challenge/"),
            (Method::GET, "/.well-known/acme-challenge/t/"),
            (Method::GET, "/x/.well-known/acme-challenge/t"),
        ] {
            assert!(!is_answered(method, path), "{path}");
        }
        challenges.replace(HashMap::new());
        assert!(!is_answered(Method::GET, "/.well-known/acme-challenge/t"));
    }
}
