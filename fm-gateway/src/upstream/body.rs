//! The body of an answer, as a stream; its framing was the upstream connection's and ends here.

use super::{
    call::Call,
    chunked::Piece,
    failure::{Failure, eof},
    head::Framing,
    pool::Pool,
};
use actix_http::body::BodySize;
use bytes::{Bytes, BytesMut};
use std::{
    any::Any,
    collections::VecDeque,
    future::poll_fn,
    mem,
    rc::Rc,
    task::{Context, Poll, ready},
};

/// Reads on as fast as it is asked, gives the connection back at the end, and closes it when dropped before.
pub struct BodyStream {
    call: Option<Call>,
    framing: Framing,
    /// Pieces that were read ahead.
    ahead: VecDeque<Bytes>,
    size: BodySize,
    reusable: bool,
    pool: Rc<Pool>,
    /// What is to be let go when the answer is over.
    held: Vec<Box<dyn Any>>,
}

impl BodyStream {
    pub fn new(call: Call, framing: Framing, reusable: bool, pool: Rc<Pool>) -> Self {
        let size = match framing {
            Framing::None => BodySize::Sized(0),
            Framing::Length(length) => BodySize::Sized(length),
            Framing::Chunked(_) | Framing::UntilClose => BodySize::Stream,
        };
        let mut stream = BodyStream { call: Some(call), framing, ahead: VecDeque::new(), size, reusable, pool, held: Vec::new() };
        if matches!(stream.framing, Framing::None) {
            stream.finish();
        }
        stream
    }

    /// Holds something until the answer is over.
    pub fn hold(&mut self, what: impl Any) {
        self.held.push(Box::new(what));
    }

    pub fn size(&self) -> BodySize {
        self.size
    }

    /// Lets the answer stand still for another time than usual.
    pub fn set_idle(&mut self, idle: std::time::Duration) {
        if let Some(call) = &mut self.call {
            call.times.idle = idle;
        }
    }

    /// Takes the whole body, if all of it is here already.
    ///
    /// # Errors
    /// `BadAnswer`.
    pub fn take_whole(&mut self) -> Result<Option<Bytes>, Failure> {
        if let (Framing::Length(length), Some(call)) = (&self.framing, &mut self.call) {
            let have = call.connection.input.len() as u64;
            if have < *length {
                return Ok(None);
            }
            let body = call.connection.input.split_to(*length as usize).freeze();
            self.finish();
            return Ok(Some(body));
        }
        if let (Framing::Chunked(chunked), Some(call)) = (&mut self.framing, &mut self.call) {
            loop {
                match chunked.next(&mut call.connection.input).map_err(Failure::BadAnswer)? {
                    Piece::Data(data) => self.ahead.push_back(data),
                    Piece::More => return Ok(None),
                    Piece::Done => break,
                }
            }
            self.finish();
            return Ok(Some(self.join()));
        }
        Ok(self.call.is_none().then(Bytes::new))
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
        match self.framing {
            Framing::Length(length) if length <= limit => {}
            _ => return Ok(None),
        }
        loop {
            poll_fn(|cx| self.poll_more(cx)).await?;
            if let Some(body) = self.take_whole()? {
                return Ok(Some(body));
            }
        }
    }

    /// Gives the next piece.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Failure>>> {
        if let Some(piece) = self.ahead.pop_front() {
            return Poll::Ready(Some(Ok(piece)));
        }
        loop {
            match self.next_here() {
                Ok(Some(piece)) => return Poll::Ready(Some(Ok(piece))),
                Err(e) => return self.fail(e),
                Ok(None) if self.call.is_none() => return Poll::Ready(None),
                Ok(None) => {}
            }
            match ready!(self.poll_more(cx)) {
                Ok(()) => {}
                Err(Failure::Truncated(_)) if matches!(self.framing, Framing::UntilClose) => {
                    self.call = None;
                    self.held.clear();
                    return Poll::Ready(None);
                }
                Err(e) => return self.fail(e),
            }
        }
    }

    /// Takes a piece out of what was read. Finishes at the end of the body.
    fn next_here(&mut self) -> Result<Option<Bytes>, Failure> {
        let Some(call) = &mut self.call else { return Ok(None) };
        let input = &mut call.connection.input;
        let piece = match &mut self.framing {
            Framing::None => None,
            Framing::UntilClose => return Ok((!input.is_empty()).then(|| input.split().freeze())),
            Framing::Length(left) => {
                let take = (*left).min(input.len() as u64);
                *left -= take;
                let piece = (take > 0).then(|| input.split_to(take as usize).freeze());
                if *left > 0 {
                    return Ok(piece);
                }
                piece
            }
            Framing::Chunked(chunked) => match chunked.next(input).map_err(Failure::BadAnswer)? {
                Piece::Data(data) => return Ok(Some(data)),
                Piece::More => return Ok(None),
                Piece::Done => None,
            },
        };
        self.finish();
        Ok(piece)
    }

    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        let Some(call) = &mut self.call else { return Poll::Ready(Err(Failure::Truncated(eof()))) };
        call.poll_upload(cx)?;
        match call.connection.poll_more(cx) {
            Poll::Ready(Ok(())) => {
                call.watchdog.progress();
                Poll::Ready(Ok(()))
            }
            // A reset is never the regular end of a body, a close is the end of one that has no length.
            Poll::Ready(Err(e)) if e.kind() == std::io::ErrorKind::UnexpectedEof => Poll::Ready(Err(Failure::Truncated(e))),
            Poll::Ready(Err(e)) => Poll::Ready(Err(Failure::Broken(e))),
            Poll::Pending => call.watchdog.poll(cx, call.times.idle).map(|()| Err(Failure::BodyTimeout)),
        }
    }

    fn fail(&mut self, failure: Failure) -> Poll<Option<Result<Bytes, Failure>>> {
        self.call = None;
        self.held.clear();
        Poll::Ready(Some(Err(failure)))
    }

    /// Gives the connection back, if nothing speaks against it.
    fn finish(&mut self) {
        self.held.clear();
        if let Some(call) = self.call.take()
            && self.reusable
            && call.upload.done
            && !call.upload.refused
            && call.connection.input.is_empty()
        {
            self.pool.keep(call.connection);
        }
    }
}
