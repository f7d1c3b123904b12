//! The body of an answer, as a stream; its framing was the upstream connection's and ends here.

use super::{answer::Head, call::Call, failure::Failure, pool::Pool};
use crate::front::has_no_fields;
use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Incoming};
use std::{
    any::Any,
    collections::VecDeque,
    future::poll_fn,
    mem,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
    time::Duration,
};

/// How much of a body is taken at once to see whether it is all there; bytes.
const AT_ONCE: usize = 64 * 1024;

/// Reads on as fast as it is asked, gives the connection back at the end, and closes it when dropped before.
pub struct BodyStream {
    call: Option<Call>,
    body: Incoming,
    /// Pieces that were read ahead.
    ahead: VecDeque<Bytes>,
    length: Option<u64>,
    reusable: bool,
    /// The body ends with its connection.
    until_close: bool,
    pool: Rc<Pool>,
    /// What is to be let go when the answer is over.
    held: Vec<Box<dyn Any>>,
}

impl BodyStream {
    pub fn new(call: Call, head: &Head, body: Incoming, pool: Rc<Pool>) -> Self {
        let &Head { length, reusable, until_close, .. } = head;
        let (ahead, held) = (VecDeque::new(), Vec::new());
        let mut stream = BodyStream { call: Some(call), body, ahead, length, reusable, until_close, pool, held };
        if stream.body.is_end_stream() {
            stream.finish();
        }
        stream
    }

    /// Holds something until the answer is over.
    pub fn hold(&mut self, what: impl Any) {
        self.held.push(Box::new(what));
    }

    /// Bytes of the whole body, if they are known beforehand.
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// Whether all of it has been given.
    pub fn is_ended(&self) -> bool {
        self.call.is_none() && self.ahead.is_empty()
    }

    /// Whether its end is that of its connection.
    pub fn ends_with_connection(&self) -> bool {
        self.until_close
    }

    /// Lets the answer stand still for another time than usual, and last as long as it likes.
    pub fn set_endless(&mut self, idle: Duration) {
        if let Some(call) = &mut self.call {
            call.times.idle = idle;
            call.watchdog.set_deadline(None);
        }
    }

    /// Takes the whole body, if all of it is here already.
    ///
    /// # Errors
    /// See [`Failure`].
    pub fn take_whole(&mut self) -> Result<Option<Bytes>, Failure> {
        if self.until_close {
            // How long it is is known only once nobody can add to it.
            return Ok(None);
        }
        let mut size = self.ahead.iter().map(Bytes::len).sum::<usize>();
        while self.call.is_some() && size < AT_ONCE {
            match self.poll_piece(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(Some(piece)) => {
                    let piece = piece?;
                    size += piece.len();
                    self.ahead.push_back(piece);
                }
                Poll::Ready(None) => break,
                Poll::Pending => return Ok(None),
            }
        }
        Ok(self.call.is_none().then(|| self.join()))
    }

    fn join(&mut self) -> Bytes {
        if self.ahead.len() <= 1 {
            return self.ahead.pop_front().unwrap_or_default();
        }
        let mut all = BytesMut::with_capacity(self.ahead.iter().map(Bytes::len).sum());
        for piece in mem::take(&mut self.ahead) {
            all.extend_from_slice(&piece);
        }
        all.freeze()
    }

    /// Waits for the whole body if its length is known and at most `limit` bytes.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn whole(&mut self, limit: u64) -> Result<Option<Bytes>, Failure> {
        if let Some(body) = self.take_whole()? {
            return Ok(Some(body));
        }
        if self.length.is_none_or(|length| length > limit) {
            return Ok(None);
        }
        while let Some(piece) = poll_fn(|cx| self.poll_more(cx)).await {
            self.ahead.push_back(piece?);
        }
        Ok(Some(self.join()))
    }

    /// Gives the next piece.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Failure>>> {
        match self.ahead.pop_front() {
            Some(piece) => Poll::Ready(Some(Ok(piece))),
            None => self.poll_more(cx),
        }
    }

    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Failure>>> {
        let polled = self.poll_piece(cx);
        let Some(call) = &mut self.call else { return polled };
        if polled.is_ready() {
            call.watchdog.progress();
            return polled;
        }
        match call.watchdog.poll(cx, call.times.idle) {
            Poll::Ready(()) => self.fail(Failure::BodyTimeout),
            Poll::Pending => Poll::Pending,
        }
    }

    /// Reads on. Finishes at the end of the body, and fails with it.
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Failure>>> {
        let mut driven = false;
        while let Some(call) = &mut self.call {
            // What comes next comes by driving the connection, so that the body need not wake this very task.
            match Pin::new(&mut self.body).poll_frame(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(Some(Ok(frame))) => {
                    if has_no_fields(&frame) {
                        return self.fail(Failure::BadAnswer("the trailers are no fields".into()));
                    }
                    // Trailers end here: the client's connection has a framing of its own.
                    let Ok(piece) = frame.into_data() else { continue };
                    if self.body.is_end_stream() {
                        self.finish();
                    }
                    if !piece.is_empty() {
                        return Poll::Ready(Some(Ok(piece)));
                    }
                }
                Poll::Ready(Some(Err(e))) => return self.fail(Failure::of_body(e)),
                Poll::Ready(None) => self.finish(),
                Poll::Pending if driven => return Poll::Pending,
                Poll::Pending => {
                    call.connection.drive(cx);
                    driven = true;
                    continue;
                }
            }
            driven = false;
        }
        Poll::Ready(None)
    }

    fn fail(&mut self, failure: Failure) -> Poll<Option<Result<Bytes, Failure>>> {
        self.call = None;
        self.held.clear();
        Poll::Ready(Some(Err(failure)))
    }

    /// Gives the connection back, if nothing speaks against it.
    fn finish(&mut self) {
        self.held.clear();
        if let Some(mut call) = self.call.take()
            && self.reusable
            && call.connection.is_idle()
        {
            self.pool.keep(call.connection);
        }
    }
}
