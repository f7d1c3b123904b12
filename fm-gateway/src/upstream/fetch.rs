//! Fetches one small document of an instance, for the gateway itself.

use super::{call::Call, call::Times, connection::Connection, failure::Failure, upload::Upload};
use bytes::{Bytes, BytesMut};
use http::{HeaderValue, Request, StatusCode, Uri, header};
use std::{future::poll_fn, rc::Rc, time::Duration};

/// The parts of a fetch have these limits; the whole of it is bounded by whoever asks.
const TIMES: Times =
    Times { connect: Duration::from_secs(3), head: Duration::from_secs(3), idle: Duration::from_secs(3), client: Duration::ZERO };

/// Gets `path` from `host:port`, on a connection of its own; `limit` bounds the body, in bytes.
///
/// # Errors
/// See [`Failure`]; `TooLarge`, if there is more.
pub async fn fetch(authority: &str, path: &str, limit: usize) -> Result<(StatusCode, Bytes), Failure> {
    let mut request = Request::new(Upload::none());
    *request.uri_mut() = path.parse::<Uri>().map_err(|_| Failure::Unsendable)?;
    let host = HeaderValue::from_str(authority).map_err(|_| Failure::Unsendable)?;
    request.headers_mut().insert(header::HOST, host);
    request.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    let mut call = Call::new(Connection::open(authority, TIMES.connect).await?, TIMES, None);
    let (head, body) = call.send(request).await.map_err(|unsent| unsent.failure)?;
    let mut stream = super::BodyStream::new(call, &head, body, Rc::default());
    let mut all = BytesMut::new();
    while let Some(piece) = poll_fn(|cx| stream.poll_next(cx)).await {
        let piece = piece?;
        if all.len() + piece.len() > limit {
            return Err(Failure::TooLarge);
        }
        all.extend_from_slice(&piece);
    }
    Ok((head.status, all.freeze()))
}
