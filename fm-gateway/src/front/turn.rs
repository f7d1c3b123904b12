//! One request at a time: what a client sends behind a request waits until that one is answered.
//!
//! The HTTP server reads ahead, and frames an answer by what it read last: a HEAD behind a GET would take the body from the GET's answer.
//! So the socket hands it a head, then that request's body, and nothing else before the answer is through. After a request or an answer that
//! ends the connection (RFC 9112, 9.6), and after a body without a certain end, it hands it nothing any more.

use super::{chunks::ChunksEnd, gateway::Limits, guard, head_end::HeadEnd};
use crate::upstream::Length;
use actix_http::{Payload, Request, RequestHead, Version, error::PayloadError, header};
use bytes::Bytes;
use futures::Stream;
use std::{
    cell::{Cell, RefCell},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};
use tokio::time::Instant;

/// What the server may read now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum May {
    /// A head, to its end.
    #[default]
    Head,
    /// The rest of a body, in bytes.
    Body(u64),
    /// A body in chunks, to its end.
    Chunks(ChunksEnd),
    /// Nothing any more.
    Nothing,
}

/// What has taken too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overdue {
    /// The next request, or the rest of a body whose request is answered: nobody waits for anything.
    Idle,
    /// The rest of a head.
    Head,
}

/// What the socket and the requests on it tell each other.
#[derive(Debug, Default)]
pub struct Talk {
    may: Cell<May>,
    head: Cell<HeadEnd>,
    /// When the head that is coming in began.
    head_since: Cell<Option<Instant>>,
    /// Since when the next request is waited for.
    idle_since: Cell<Option<Instant>>,
    /// Since when the rest of a body is read whose request is answered, and how many bytes of it came.
    rest_since: Cell<Option<Instant>>,
    rest: Cell<usize>,
    /// A request is under way.
    busy: Cell<bool>,
    /// The request that is under way, or the next one, is the last one.
    last: Cell<bool>,
    /// The bytes that came cannot be told into messages.
    broken: Cell<bool>,
    /// The client has more connections than it may have: its first request is refused.
    excess: Cell<bool>,
    /// Waits to hand on what was read already.
    reader: RefCell<Option<Waker>>,
}

impl Talk {
    /// Notes that a head was read, and lets its body come, until what is returned is dropped.
    pub fn begin(self: &Rc<Self>, request: &Request, payload: &Payload) -> Under {
        self.busy.set(true);
        self.head_since.set(None);
        if asks_to_close(request.head()) {
            self.close();
        }
        let may = match guard::length(&request.head().headers, payload) {
            // What cannot be read is refused, and ends the connection.
            Ok(Length::None) | Err(_) => May::Body(0),
            Ok(Length::Known(length)) => May::Body(length),
            Ok(Length::Chunked) => May::Chunks(ChunksEnd::default()),
        };
        self.may.set(may);
        if may != May::Body(0) {
            self.wake();
        }
        Under(self.clone())
    }

    /// Lets no request come after the one that is under way.
    pub fn close(&self) {
        self.last.set(true);
    }

    /// Whether no request comes after the one that is under way.
    pub fn closes(&self) -> bool {
        self.last.get()
    }

    /// Has the first request refused, because the client has too many connections.
    pub(super) fn refuse(&self) {
        self.excess.set(true);
        self.idle_since.set(Some(Instant::now()));
    }

    /// Whether the client has too many connections.
    pub fn is_excess(&self) -> bool {
        self.excess.get()
    }

    /// When what is waited for now will have taken too long, and what that is.
    pub(super) fn due(&self, limits: &Limits) -> Option<(Instant, Overdue)> {
        if let Some(since) = self.rest_since.get() {
            return Some((since + limits.rest_time, Overdue::Idle));
        }
        if self.busy.get() {
            return None;
        }
        let head = self.head_since.get().map(|since| (since + limits.head_time, Overdue::Head));
        head.or_else(|| Some((self.idle_since.get()? + limits.keep_alive, Overdue::Idle)))
    }

    /// Takes note that the server gets these bytes, and says how many of them it may have.
    pub(super) fn hand_on(&self, bytes: &[u8]) -> usize {
        if self.rest_since.get().is_some() {
            self.rest.set(self.rest.get() + bytes.len());
        }
        match self.may.get() {
            May::Nothing => 0,
            May::Chunks(mut chunks) => {
                let Ok(end) = chunks.find(bytes) else {
                    self.broken.set(true);
                    self.may.set(May::Nothing);
                    self.close();
                    return 0;
                };
                self.may.set(if end.is_some() { May::Body(0) } else { May::Chunks(chunks) });
                self.turn();
                end.unwrap_or(bytes.len())
            }
            May::Body(left) => {
                let count = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                self.may.set(May::Body(left - count as u64));
                self.turn();
                count
            }
            May::Head => {
                if !bytes.is_empty() && self.head_since.get().is_none() {
                    self.head_since.set(Some(Instant::now()));
                    self.idle_since.set(None);
                }
                let mut head = self.head.get();
                let end = head.find(bytes);
                self.head.set(head);
                if end.is_some() {
                    // Its request says how long the body is.
                    self.busy.set(true);
                    self.may.set(May::Body(0));
                }
                end.unwrap_or(bytes.len())
            }
        }
    }

    /// Whether the server may have any byte.
    pub(super) fn may_read(&self) -> bool {
        !matches!(self.may.get(), May::Body(0) | May::Nothing)
    }

    /// Whether no request can come any more, and none is under way: the end of a body cannot be found, or is too far away.
    pub(super) fn is_lost(&self, limits: &Limits) -> bool {
        !self.busy.get() && (self.broken.get() || (self.rest_since.get().is_some() && self.rest.get() > limits.rest))
    }

    /// The body of a request, which fails when what comes is none. The server itself would end the connection without an answer.
    pub fn watch(self: &Rc<Self>, body: Payload) -> Payload {
        match self.may.get() {
            May::Chunks(_) => Payload::Stream { payload: Box::pin(Watched { body, talk: self.clone() }) },
            _ => body,
        }
    }

    /// Wakes the reader when the server may have more.
    pub(super) fn wait(&self, reader: &Waker) {
        *self.reader.borrow_mut() = Some(reader.clone());
    }

    /// Lets the next head come, if the last request is through.
    fn turn(&self) {
        if self.busy.get() || self.may.get() != May::Body(0) {
            return;
        }
        self.rest_since.set(None);
        if self.last.get() {
            self.may.set(May::Nothing);
        } else {
            self.may.set(May::Head);
            self.idle_since.set(Some(Instant::now()));
            self.wake();
        }
    }

    fn wake(&self) {
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }
}

/// A request is under way.
#[derive(Debug)]
pub struct Under(Rc<Talk>);

impl Drop for Under {
    fn drop(&mut self) {
        self.0.busy.set(false);
        if self.0.may_read() {
            self.0.rest.set(0);
            self.0.rest_since.set(Some(Instant::now()));
        }
        if self.0.broken.get() {
            self.0.wake();
        }
        self.0.turn();
    }
}

/// A body in chunks.
struct Watched {
    body: Payload,
    talk: Rc<Talk>,
}

impl Stream for Watched {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.talk.broken.get() {
            return Poll::Ready(Some(Err(PayloadError::EncodingCorrupted)));
        }
        Pin::new(&mut self.body).poll_next(cx)
    }
}

/// Whether the client ends the connection with this request (RFC 9112, 9.3).
fn asks_to_close(head: &RequestHead) -> bool {
    let named = |option: &str| {
        let lines = head.headers.get_all(&header::CONNECTION).filter_map(|line| line.to_str().ok());
        lines.flat_map(|line| line.split(',')).any(|token| token.trim().eq_ignore_ascii_case(option))
    };
    named("close") || (head.version < Version::HTTP_11 && !named("keep-alive"))
}
