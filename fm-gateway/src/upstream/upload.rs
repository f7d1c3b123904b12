//! Sends the head and body of a request: the next piece is taken from the client only when the last one is written.

use super::{failure::Failure, request::Length};
use actix_http::{Payload, error::PayloadError};
use bytes::{Buf, Bytes, BytesMut};
use futures::Stream;
use std::{
    fmt::Write,
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{net::TcpStream, time::Instant};

/// After this time the client's average speed counts.
const GRACE: Duration = Duration::from_secs(10);
/// Bytes per second that a client must send on average; a trickle would hold a connection for hours.
const SLOWEST: u64 = 256;

/// A request on its way to the upstream.
pub struct Upload {
    lead: BytesMut,
    chunk: Bytes,
    end: &'static [u8],
    source: Option<Payload>,
    length: Length,
    /// Bytes that the client may still send.
    left: u64,
    started: Option<Instant>,
    received: u64,
    pub(super) done: bool,
    /// The upstream does not take it any more; it may have answered already.
    pub(super) refused: bool,
    /// Waits for the client, and not for the upstream.
    pub(super) starved: bool,
}

impl Upload {
    /// Starts with a written head; `limit` bounds the body, in bytes.
    pub fn new(head: BytesMut, source: Option<Payload>, length: Length, limit: u64) -> Self {
        let left = if let Length::Known(length) = length { length } else { limit };
        let (chunk, end) = (Bytes::new(), &b""[..]);
        let (done, refused, starved) = (false, false, false);
        Upload { lead: head, chunk, end, source, length, left, started: None, received: 0, done, refused, starved }
    }

    /// Sends on. Ready when all is sent, or the upstream takes no more.
    ///
    /// # Errors
    /// Those of the client's side only.
    pub(super) fn poll(&mut self, io: &TcpStream, cx: &mut Context<'_>, moved: &mut bool) -> Poll<Result<(), Failure>> {
        while !self.done {
            self.starved = false;
            if self.chunk.is_empty() && self.end.is_empty() {
                self.take_chunk(cx)?;
            }
            if self.is_written() {
                if self.source.is_some() {
                    self.starved = true;
                    return Poll::Pending;
                }
                self.done = true;
            } else {
                match self.poll_write(io, cx) {
                    Poll::Ready(Ok(())) => *moved = true,
                    Poll::Ready(Err(_)) => (self.done, self.refused, self.source) = (true, true, None),
                    Poll::Pending => return Poll::Pending,
                }
            }
        }
        Poll::Ready(Ok(()))
    }

    fn is_written(&self) -> bool {
        self.lead.is_empty() && self.chunk.is_empty() && self.end.is_empty()
    }

    fn take_chunk(&mut self, cx: &mut Context<'_>) -> Result<(), Failure> {
        let Some(source) = &mut self.source else { return Ok(()) };
        match Pin::new(source).poll_next(cx) {
            Poll::Pending => Ok(()),
            Poll::Ready(Some(Ok(chunk))) => self.accept(chunk),
            Poll::Ready(Some(Err(e))) => Err(Failure::Client(e)),
            Poll::Ready(None) => {
                self.source = None;
                match self.length {
                    Length::Chunked => self.lead.extend_from_slice(b"0\r\n\r\n"),
                    Length::Known(_) if self.left > 0 => return Err(Failure::Client(PayloadError::Incomplete(None))),
                    _ => {}
                }
                Ok(())
            }
        }
    }

    fn accept(&mut self, chunk: Bytes) -> Result<(), Failure> {
        let size = chunk.len() as u64;
        self.left = self.left.checked_sub(size).ok_or(Failure::TooLarge)?;
        self.received += size;
        let spent = self.started.get_or_insert_with(Instant::now).elapsed();
        if spent > GRACE && self.received < SLOWEST * spent.as_secs() {
            return Err(Failure::ClientTimeout);
        }
        if self.length == Length::Chunked && size > 0 {
            // Writing to a buffer in memory cannot fail.
            let _ = write!(self.lead, "{size:x}\r\n");
            self.end = b"\r\n";
        }
        self.chunk = chunk;
        Ok(())
    }

    fn poll_write(&mut self, io: &TcpStream, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let parts = [IoSlice::new(&self.lead), IoSlice::new(&self.chunk), IoSlice::new(self.end)];
            match io.try_write_vectored(&parts) {
                Ok(written) => return Poll::Ready(self.advance(written)),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => match io.poll_write_ready(cx) {
                    Poll::Ready(Ok(())) => {}
                    other => return other,
                },
                Err(e) => return Poll::Ready(Err(e)),
            }
        }
    }

    fn advance(&mut self, mut written: usize) -> io::Result<()> {
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        let lead = written.min(self.lead.len());
        self.lead.advance(lead);
        written -= lead;
        let chunk = written.min(self.chunk.len());
        self.chunk.advance(chunk);
        written -= chunk;
        self.end = &self.end[written..];
        Ok(())
    }
}
