//! Reads a JSON body; whoever sends the request on gets it as it came.

use crate::{front::ReadError, pipeline::Exchange};
use bytes::Bytes;
use http::header::CONTENT_ENCODING;
use serde_json::Value;
use std::{io::Read, time::Duration};

/// Why a body is not compared, but refused.
#[derive(Debug)]
pub enum Refused {
    TooSlow,
    Broken,
    /// The largest that is taken, in bytes.
    TooLarge(u64),
    /// The document does not have its media type, or its coding is unknown.
    MediaType,
    NotJson(String),
}

/// Reads the body of a request.
///
/// # Errors
/// See [`Refused`].
pub async fn read(exchange: &mut Exchange, limit: u64, timeout: Duration) -> Result<Value, Refused> {
    let codings: Vec<_> =
        exchange.head.headers.get_all(CONTENT_ENCODING).iter().map(|value| value.as_bytes().to_ascii_lowercase()).collect();
    let is_gzip = match codings.as_slice() {
        [] => false,
        [one] if one == b"identity" => false,
        [one] if one == b"gzip" || one == b"x-gzip" => true,
        _ => return Err(Refused::MediaType),
    };
    let Some(body) = &mut exchange.body else { return Err(Refused::Broken) };
    let whole = tokio::time::timeout(timeout, body.read_ahead(limit)).await.map_err(|_| Refused::TooSlow)?;
    let whole = whole.map_err(|error| match error {
        ReadError::TooLarge => Refused::TooLarge(limit),
        ReadError::Broken(_) => Refused::Broken,
    })?;
    let plain = if is_gzip { unpack(&whole, limit)? } else { whole };
    serde_json::from_slice(&plain).map_err(|e| Refused::NotJson(format!("is no JSON: {e}")))
}

fn unpack(bytes: &[u8], limit: u64) -> Result<Bytes, Refused> {
    let mut plain = Vec::new();
    let read = flate2::read::MultiGzDecoder::new(bytes).take(limit.saturating_add(1)).read_to_end(&mut plain);
    match read {
        Ok(size) if size as u64 > limit => Err(Refused::TooLarge(limit)),
        Ok(_) => Ok(plain.into()),
        Err(_) => Err(Refused::NotJson("is no gzip".into())),
    }
}
