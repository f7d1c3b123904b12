//! The body of an answer, as a stream; its framing was the upstream connection's and ends here.

use super::{answer::Head, call::Call, failure::Failure, pool::Pool, trailers};
use crate::front::has_no_fields;
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use hyper::body::{Body, Frame, Incoming};
use std::{
    any::Any,
    collections::VecDeque,
    future::poll_fn,
    mem,
    rc::Rc,
    task::{Context, Poll, Waker, ready},
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
    /// Trailers are handed on, and not read past.
    keeps_trailers: bool,
    trailers: Option<HeaderMap>,
    pool: Rc<Pool>,
    /// What is to be let go when the answer is over.
    held: Vec<Box<dyn Any>>,
}

impl BodyStream {
    pub fn new(call: Call, head: &Head, body: Incoming, pool: Rc<Pool>) -> Self {
        let &Head { length, reusable, until_close, .. } = head;
        let (ahead, held) = (VecDeque::new(), Vec::new());
        let (keeps_trailers, trailers) = (false, None);
        let mut stream = BodyStream { call: Some(call), body, ahead, length, reusable, until_close, keeps_trailers, trailers, pool, held };
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

    /// Whether all of it has been given, trailers as well.
    pub fn is_ended(&self) -> bool {
        self.call.is_none() && self.ahead.is_empty() && self.trailers.is_none()
    }

    /// Keeps the trailers of HTTP/2 for whoever takes them.
    pub fn keep_trailers(&mut self) {
        self.keeps_trailers = true;
    }

    /// Gives the trailers, once the body has been given.
    pub fn take_trailers(&mut self) -> Option<HeaderMap> {
        self.trailers.take()
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

    /// Takes the whole body, if all of it is here already and no trailers follow.
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
        Ok((self.call.is_none() && self.trailers.is_none()).then(|| self.join()))
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
        if self.trailers.is_some() || self.length.is_none_or(|length| length > limit) {
            return Ok(None);
        }
        while let Some(piece) = poll_fn(|cx| self.poll_more(cx)).await {
            self.ahead.push_back(piece?);
        }
        Ok(self.trailers.is_none().then(|| self.join()))
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
        // Both sides of a call may take turns, and one of them be silent for long.
        if call.connection.multiplexed().is_some() && call.upload.as_ref().is_some_and(|upload| upload.moved()) {
            call.watchdog.progress();
        }
        match call.watchdog.poll(cx, call.times.idle) {
            Poll::Ready(()) => self.fail(Failure::BodyTimeout),
            Poll::Pending => Poll::Pending,
        }
    }

    /// Reads on. Finishes at the end of the body, and fails with it.
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Failure>>> {
        while let Some(call) = &mut self.call {
            match ready!(call.connection.poll_frame(&mut self.body, cx)) {
                Some(Ok(frame)) => {
                    let piece = match frame.into_data() {
                        Ok(piece) => piece,
                        Err(frame) => {
                            if let Err(why) = self.end_with(frame) {
                                return self.fail(Failure::BadAnswer(why.into()));
                            }
                            continue;
                        }
                    };
                    if self.body.is_end_stream() {
                        self.finish();
                    }
                    if !piece.is_empty() {
                        return Poll::Ready(Some(Ok(piece)));
                    }
                }
                Some(Err(e)) => return self.fail(Failure::of_body(e)),
                None => self.finish(),
            }
        }
        Poll::Ready(None)
    }

    /// Takes the trailers of HTTP/2, if they are to be kept. Those of HTTP/1.1 end here.
    fn end_with(&mut self, frame: Frame<Bytes>) -> Result<(), &'static str> {
        let is_multiplexed = self.call.as_ref().is_some_and(|call| call.connection.multiplexed().is_some());
        if !is_multiplexed {
            return if has_no_fields(&frame) { Err("the trailers are no fields") } else { Ok(()) };
        }
        self.trailers = frame.into_trailers().ok().filter(|_| self.keeps_trailers).map(trailers::of_answer).filter(|kept| !kept.is_empty());
        self.finish();
        Ok(())
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
