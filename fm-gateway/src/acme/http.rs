//! Requests to the ACME server.

use crate::fetch::{Client, Url};
use bytes::Bytes;
use fm_sdk::time::now_ms;
use http::{HeaderMap, Request, StatusCode, header::RETRY_AFTER};
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};
use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};
use tokio::time::timeout;

/// For a request, from the connection on.
const REQUEST_TIME: Duration = Duration::from_secs(30);
/// Bytes of an answer: chains of certificates are the largest.
const MAX_ANSWER: usize = 256 * 1024;

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unreachable(String);

/// Sends requests, and remembers how long the server wants to be left alone. Clones share that.
#[derive(Clone)]
pub struct Http {
    client: Client,
    retry_after: Arc<Mutex<Option<Duration>>>,
}

impl Http {
    pub fn new(client: Client) -> Http {
        Http { client, retry_after: Arc::default() }
    }

    /// What the last answer that asked for patience said.
    pub fn retry_after(&self) -> Option<Duration> {
        *self.retry_after.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn send(self, request: Request<BodyWrapper<Bytes>>) -> Result<BytesResponse, Unreachable> {
        let url = Url::parse(&request.uri().to_string(), false).map_err(Unreachable)?;
        let answer = timeout(REQUEST_TIME, self.client.send(&url, request, MAX_ANSWER)).await;
        let answer = answer.map_err(|_| Unreachable(format!("{url}: no answer within {REQUEST_TIME:?}")))?.map_err(Unreachable)?;
        let (parts, body) = answer.into_parts();
        if matches!(parts.status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            *self.retry_after.lock().unwrap_or_else(PoisonError::into_inner) = patience(&parts.headers, now_ms());
        }
        Ok(BytesResponse { parts, body: Box::new(body) })
    }
}

impl HttpClient for Http {
    fn request(&self, request: Request<BodyWrapper<Bytes>>) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let sent = self.clone().send(request);
        Box::pin(async move { sent.await.map_err(|e| Error::Other(Box::new(e))) })
    }
}

/// `Retry-After`: seconds or a date (RFC 9110, 10.2.3).
fn patience(headers: &HeaderMap, now_ms: i64) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    match text.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => {
            let since_1970 = httpdate::parse_http_date(text).ok()?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
            since_1970.checked_sub(Duration::from_millis(now_ms.try_into().ok()?))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let said = |text: &str| patience(&HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]), 1_000_000);
        assert_eq!(said("120"), Some(Duration::from_secs(120)));
        assert_eq!(said("Thu, 01 Jan 1970 00:20:00 GMT"), Some(Duration::from_secs(200)));
        for nothing in ["Thu, 01 Jan 1970 00:10:00 GMT", "-1", "soon", ""] {
            assert_eq!(said(nothing), None, "{nothing}");
        }
    }
}
