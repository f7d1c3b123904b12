//! The body of a request on its way to the upstream: the next piece is taken from the client only when there is room for it.

use super::{failure::Failure, request::Length};
use crate::front::RequestBody;
use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use std::{
    cell::{Cell, RefCell},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::Instant;

/// After this time the client's average speed counts.
const GRACE: Duration = Duration::from_secs(10);
/// Bytes per second that a client must send on average; a trickle would hold a connection for hours.
const SLOWEST: u64 = 256;

/// A request's body.
pub struct Upload(Content);

enum Content {
    /// It is here as a whole; perhaps nothing.
    Whole(Bytes),
    Client(Source),
}

struct Source {
    body: RequestBody,
    length: Length,
    /// Bytes that the client may still send.
    left: u64,
    started: Option<Instant>,
    received: u64,
    progress: Rc<Progress>,
}

/// How far an upload has come, for whoever waits for the answer.
#[derive(Default)]
pub struct Progress {
    moved: Cell<bool>,
    starved: Cell<bool>,
    stopped: Cell<bool>,
    failure: RefCell<Option<Failure>>,
}

impl Progress {
    /// Says whether there was a piece since this was asked last.
    pub(super) fn moved(&self) -> bool {
        self.moved.take()
    }
    /// Whether it waits for the client, and not for the upstream.
    pub(super) fn is_starved(&self) -> bool {
        self.starved.get()
    }
    /// Sends nothing more; the connection cannot carry another request then.
    pub(super) fn stop(&self) {
        self.stopped.set(true);
    }
    /// Why the client's side failed.
    pub(super) fn failure(&self) -> Option<Failure> {
        self.failure.take()
    }
}

/// The client's side failed; why is kept in [`Progress`].
#[derive(Debug, thiserror::Error)]
#[error("the request body failed")]
pub struct UploadFailed;

impl Upload {
    /// Has no body.
    pub fn none() -> Self {
        Upload(Content::Whole(Bytes::new()))
    }

    /// Sends bytes that are here.
    pub fn whole(bytes: Bytes) -> Self {
        Upload(Content::Whole(bytes))
    }

    /// Hands a body on; `limit` bounds it, in bytes.
    pub fn new(body: RequestBody, length: Length, limit: u64) -> Self {
        let left = if let Length::Known(length) = length { length } else { limit };
        Upload(Content::Client(Source { body, length, left, started: None, received: 0, progress: Rc::default() }))
    }

    /// Gives the body back, of a request that was not sent.
    pub fn into_source(self) -> Option<RequestBody> {
        match self.0 {
            Content::Whole(_) => None,
            Content::Client(source) => Some(source.body),
        }
    }

    pub(super) fn progress(&self) -> Option<Rc<Progress>> {
        match &self.0 {
            Content::Whole(_) => None,
            Content::Client(source) => Some(source.progress.clone()),
        }
    }
}

impl Source {
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Failure>>> {
        loop {
            let piece = match Pin::new(&mut self.body).poll_frame(cx) {
                Poll::Pending => {
                    self.progress.starved.set(true);
                    return Poll::Pending;
                }
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Ready(Some(Err(e))) => return Poll::Ready(Some(Err(Failure::Client(e)))),
                Poll::Ready(Some(Ok(frame))) => frame,
            };
            self.progress.starved.set(false);
            // Trailers end here: names are checked in heads only.
            let Ok(piece) = piece.into_data() else { continue };
            self.progress.moved.set(true);
            if !piece.is_empty() {
                return Poll::Ready(Some(self.accept(piece)));
            }
        }
    }

    fn accept(&mut self, piece: Bytes) -> Result<Bytes, Failure> {
        let size = piece.len() as u64;
        self.left = self.left.checked_sub(size).ok_or(Failure::TooLarge)?;
        self.received += size;
        let spent = self.started.get_or_insert_with(Instant::now).elapsed();
        if spent > GRACE && self.received < SLOWEST * spent.as_secs() {
            return Err(Failure::ClientTimeout);
        }
        Ok(piece)
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = UploadFailed;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, UploadFailed>>> {
        let source = match &mut self.0 {
            Content::Whole(bytes) if bytes.is_empty() => return Poll::Ready(None),
            Content::Whole(bytes) => return Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Content::Client(source) => source,
        };
        if source.progress.stopped.get() {
            return Poll::Pending;
        }
        source.poll_piece(cx).map(|piece| {
            piece.map(|piece| {
                piece.map(Frame::data).map_err(|failure| {
                    *source.progress.failure.borrow_mut() = Some(failure);
                    UploadFailed
                })
            })
        })
    }

    fn is_end_stream(&self) -> bool {
        matches!(&self.0, Content::Whole(bytes) if bytes.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Content::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Content::Client(Source { length: Length::Known(_), left, .. }) => SizeHint::with_exact(*left),
            Content::Client(_) => SizeHint::default(),
        }
    }
}
