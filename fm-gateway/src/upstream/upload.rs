//! The body of a request on its way to the upstream: the next piece is taken from the client only when there is room for it.

use super::{failure::Failure, request::Length, trailers};
use crate::front::RequestBody;
use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use std::{
    cell::{Cell, RefCell},
    mem,
    ops::Deref,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
    time::Duration,
};
use tokio::time::Instant;

/// After this time the client's average speed counts.
const GRACE: Duration = Duration::from_secs(10);
/// Bytes per second that a client must send on average; a trickle would hold a connection for hours.
const SLOWEST: u64 = 256;

/// Bytes of a body that are kept, so that they can be sent again to an upstream that says it has not looked at them.
const REPLAYED: usize = 64 * 1024;

/// A request's body.
pub struct Upload(Content);

enum Content {
    /// It is here as a whole; perhaps nothing.
    Whole(Bytes),
    Client(Rc<Progress>),
}

struct Source {
    body: RequestBody,
    length: Length,
    /// Bytes that the client may still send.
    left: u64,
    started: Option<Instant>,
    received: u64,
    /// It may be as slow as it likes.
    is_endless: bool,
    /// Trailers go on.
    keeps_trailers: bool,
    /// What has been sent, while it can be sent again.
    replay: Option<Vec<Bytes>>,
}

/// A client's body on its way, and how far it has come, for whoever waits for the answer.
pub struct Progress {
    /// Gone once nothing more of it is sent.
    source: RefCell<Option<Source>>,
    moved: Cell<bool>,
    starved: Cell<bool>,
    stopped: Cell<bool>,
    failure: RefCell<Option<Failure>>,
    /// A task of its own sends it, over HTTP/2.
    is_multiplexed: Cell<bool>,
    sender: RefCell<Option<Waker>>,
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
    /// Remembers the task that sends it on, if that is not the one which waits for the answer.
    fn note_sender(&self, cx: &Context<'_>) {
        if !self.is_multiplexed.get() {
            return;
        }
        let mut sender = self.sender.borrow_mut();
        if !sender.as_ref().is_some_and(|sender| sender.will_wake(cx.waker())) {
            *sender = Some(cx.waker().clone());
        }
    }
    /// Keeps nothing any more to send it again: the upstream has looked at the request.
    pub(super) fn processed(&self) {
        if let Some(source) = self.source.borrow_mut().as_mut() {
            source.replay = None;
        }
    }
    /// Takes the whole body back, as if nothing of it had been sent; `None`, if it was too long for that.
    pub(super) fn take_back(&self) -> Option<Upload> {
        let mut source = self.source.take()?;
        source.body.put_back(source.replay.take()?);
        Some(Upload::from(source))
    }
}

/// A body that is sent as long as somebody wants the answer. The task that sends it over HTTP/2 is told of the end, and resets the stream
/// unless all has been sent.
pub struct Uploading(Rc<Progress>);

impl Deref for Uploading {
    type Target = Progress;

    fn deref(&self) -> &Progress {
        &self.0
    }
}

impl Drop for Uploading {
    fn drop(&mut self) {
        drop(self.0.source.take());
        if let Some(sender) = self.0.sender.take() {
            sender.wake();
        }
    }
}

/// The body is not sent to its end; why the client's side failed, if it has, is kept in [`Progress`].
#[derive(Debug, thiserror::Error)]
#[error("the request body failed")]
pub struct UploadFailed(#[source] h2::Error);

impl UploadFailed {
    fn new() -> UploadFailed {
        UploadFailed(h2::Reason::CANCEL.into())
    }
}

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
        let (started, received, is_endless, keeps_trailers, replay) = (None, 0, false, false, None);
        Upload::from(Source { body, length, left, started, received, is_endless, keeps_trailers, replay })
    }

    /// Lets it last and be as slow as it likes, and bounds only what it says its length is.
    #[must_use]
    pub fn endless(self) -> Self {
        self.change(|source| {
            source.is_endless = true;
            source.left = if let Length::Known(length) = source.length { length } else { u64::MAX };
        })
    }

    /// Hands trailers on, too.
    #[must_use]
    pub fn with_trailers(self) -> Self {
        self.change(|source| source.keeps_trailers = true)
    }

    /// Sends it over HTTP/2; the beginning is kept, as far as it is small, until the upstream has looked at the request.
    #[must_use]
    pub fn multiplexed(self) -> Self {
        if let Content::Client(progress) = &self.0 {
            progress.is_multiplexed.set(true);
        }
        self.change(|source| source.replay = Some(Vec::new()))
    }

    fn change(self, change: impl FnOnce(&mut Source)) -> Self {
        if let Content::Client(progress) = &self.0 {
            progress.source.borrow_mut().as_mut().map(change);
        }
        self
    }

    /// Gives the body back, of a request that was not sent.
    pub fn into_source(self) -> Option<RequestBody> {
        match &self.0 {
            Content::Whole(_) => None,
            Content::Client(progress) => progress.source.take().map(|source| source.body),
        }
    }

    /// What tells whoever waits for the answer how far it has come; nothing more is sent when that is dropped.
    pub(super) fn uploading(&self) -> Option<Uploading> {
        match &self.0 {
            Content::Whole(_) => None,
            Content::Client(progress) => Some(Uploading(progress.clone())),
        }
    }
}

impl From<Source> for Upload {
    fn from(source: Source) -> Self {
        let (moved, starved, stopped, failure, is_multiplexed, sender) = Default::default();
        let source = RefCell::new(Some(source));
        Upload(Content::Client(Rc::new(Progress { source, moved, starved, stopped, failure, is_multiplexed, sender })))
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        // What nobody sends is left to the client's connection at once, unless it may be sent again.
        if let Content::Client(progress) = &self.0 {
            let left = progress.source.borrow_mut().take_if(|source| source.replay.is_none());
            drop(left);
        }
    }
}

impl Progress {
    fn poll_frame(&self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Failure>>> {
        let mut source = self.source.borrow_mut();
        let Some(source) = source.as_mut() else { return Poll::Ready(Some(Err(Failure::Unsendable))) };
        loop {
            let frame = match Pin::new(&mut source.body).poll_frame(cx) {
                Poll::Pending => {
                    self.starved.set(true);
                    return Poll::Pending;
                }
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Ready(Some(Err(e))) => return Poll::Ready(Some(Err(Failure::Client(e)))),
                Poll::Ready(Some(Ok(frame))) => frame,
            };
            self.starved.set(false);
            let piece = match frame.into_data() {
                Ok(piece) => piece,
                Err(frame) => match frame.into_trailers().ok().filter(|_| source.keeps_trailers) {
                    Some(trailers) => {
                        source.replay = None;
                        return Poll::Ready(Some(Ok(Frame::trailers(trailers::of_request(trailers)))));
                    }
                    // Trailers end here: names are checked in heads only.
                    None => continue,
                },
            };
            self.moved.set(true);
            if !piece.is_empty() {
                return Poll::Ready(Some(source.accept(piece).map(Frame::data)));
            }
        }
    }
}

impl Source {
    fn accept(&mut self, piece: Bytes) -> Result<Bytes, Failure> {
        let size = piece.len() as u64;
        self.left = self.left.checked_sub(size).ok_or(Failure::TooLarge)?;
        self.received += size;
        let spent = self.started.get_or_insert_with(Instant::now).elapsed();
        if !self.is_endless && spent > GRACE && self.received < SLOWEST * spent.as_secs() {
            return Err(Failure::ClientTimeout);
        }
        match &mut self.replay {
            Some(sent) if self.received <= REPLAYED as u64 => sent.push(piece.clone()),
            replay => *replay = None,
        }
        Ok(piece)
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = UploadFailed;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, UploadFailed>>> {
        let progress = match &mut self.0 {
            Content::Whole(bytes) if bytes.is_empty() => return Poll::Ready(None),
            Content::Whole(bytes) => return Poll::Ready(Some(Ok(Frame::data(mem::take(bytes))))),
            Content::Client(progress) => progress,
        };
        if progress.stopped.get() {
            return Poll::Pending;
        }
        match progress.poll_frame(cx) {
            Poll::Pending => {
                progress.note_sender(cx);
                Poll::Pending
            }
            Poll::Ready(Some(Err(failure))) => {
                *progress.failure.borrow_mut() = Some(failure);
                Poll::Ready(Some(Err(UploadFailed::new())))
            }
            Poll::Ready(Some(Ok(frame))) => Poll::Ready(Some(Ok(frame))),
            Poll::Ready(None) => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(&self.0, Content::Whole(bytes) if bytes.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Content::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Content::Client(progress) => match progress.source.borrow().as_ref() {
                Some(Source { length: Length::Known(_), left, .. }) => SizeHint::with_exact(*left),
                _ => SizeHint::default(),
            },
        }
    }
}
