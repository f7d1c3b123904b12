//! Keys that make a `POST` safe to repeat.

use crate::{Error, Kind, Result};
use actix_web::{FromRequest, HttpRequest, dev::Payload};
use std::future::{Ready, ready};

/// The client's `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): 1 to 128 visible ASCII characters, quotation marks
/// around it taken off; `None` without the header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(pub Option<String>);

impl FromRequest for IdempotencyKey {
    type Error = Error;
    type Future = Ready<Result<Self>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let mut values = request.headers().get_all("idempotency-key");
        ready(match (values.next(), values.next()) {
            (None, _) => Ok(IdempotencyKey(None)),
            (Some(value), None) => key(value.to_str().unwrap_or_default()),
            _ => key(""),
        })
    }
}

fn key(text: &str) -> Result<IdempotencyKey> {
    let key = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text);
    if (1..=128).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic()) {
        return Ok(IdempotencyKey(Some(key.into())));
    }
    let message = "Idempotency-Key must be given once and have 1 to 128 visible ASCII characters";
    Err(Error::new(Kind::Malformed, "malformed", message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[actix_web::test]
    async fn keys_are_checked_and_unquoted() {
        let of = async |value: &str| {
            IdempotencyKey::extract(&TestRequest::default().insert_header(("idempotency-key", value)).to_http_request()).await
        };
        assert_eq!(of("\"8e03978e\"").await.unwrap().0.as_deref(), Some("8e03978e"));
        assert_eq!(of("8e03978e").await.unwrap().0.as_deref(), Some("8e03978e"));
        for bad in ["", "\"\"", "a b", &"x".repeat(129)] {
            assert_eq!(of(bad).await.unwrap_err().code(), "malformed", "{bad}");
        }
        assert_eq!(IdempotencyKey::extract(&TestRequest::default().to_http_request()).await.unwrap().0, None);
    }
}
