//! The bytes of a request, counted.

use crate::limits;
use actix_web::{
    error::PayloadError,
    web::{Bytes, Payload},
};
use futures::{Stream, StreamExt};
use std::{
    cell::RefCell,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::time::timeout;

/// How long the rest of a refused upload is read, so that the client comes to read the answer.
const DISCARD: Duration = Duration::from_secs(5);

/// Ends where it is too long, whatever its headers say. Clones read the same bytes.
#[derive(Clone)]
pub struct Body(Rc<RefCell<Inner>>);

struct Inner {
    payload: Payload,
    left: u64,
    ended: bool,
}

impl Body {
    pub fn new(payload: Payload) -> Self {
        Body(Rc::new(RefCell::new(Inner { payload, left: limits::UPLOAD_BYTES, ended: false })))
    }
    /// Reads what is left.
    pub async fn discard(mut self) {
        let _ = timeout(DISCARD, async { while let Some(Ok(_)) = self.next().await {} }).await;
    }
}

impl Stream for Body {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut inner = self.0.borrow_mut();
        if inner.ended {
            return Poll::Ready(None);
        }
        let next = match ready!(inner.payload.poll_next_unpin(cx)) {
            Some(Ok(bytes)) if bytes.len() as u64 > inner.left => Some(Err(PayloadError::Overflow)),
            next => next,
        };
        match &next {
            Some(Ok(bytes)) => inner.left -= bytes.len() as u64,
            Some(Err(_)) | None => inner.ended = true,
        }
        Poll::Ready(next)
    }
}
