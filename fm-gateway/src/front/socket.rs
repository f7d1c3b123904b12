//! A client's connection as hyper reads and writes it. It keeps the times of the connection, puts a problem in the place of hyper's empty
//! refusals, and waits at the end until the client has read what was written.

use super::{bad_head, state::ConnectionState, wire::Peer};
use bytes::{Buf, Bytes};
use std::{
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep_until},
};

/// What a client sends behind the last answer is read past for so long, and so far in bytes: a close with bytes unread would be a reset,
/// which takes the answer away from the client (RFC 9112, 9.6).
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: usize = 1 << 20;

/// The connection, in clear text or inside of TLS.
pub struct Socket<S> {
    io: S,
    peer: Peer,
    state: Rc<ConnectionState>,
    /// Is told the code of a refusal that is none of ours.
    refused: Box<dyn Fn(&'static str)>,
    /// What was read already and comes before the rest.
    unread: Bytes,
    /// A refusal that is being written in place of hyper's.
    refusal: Bytes,
    lingers: Option<(Pin<Box<Sleep>>, usize)>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    pub fn new(io: S, peer: Peer, state: Rc<ConnectionState>, refused: impl Fn(&'static str) + 'static) -> Self {
        Socket { io, peer, state, refused: Box::new(refused), unread: Bytes::new(), refusal: Bytes::new(), lingers: None }
    }

    /// Gives bytes back that were read and not used.
    pub(super) fn unread(&mut self, bytes: Bytes) {
        self.unread = bytes;
    }

    /// Takes a write that is none of ours: hyper refuses a head.
    fn refuse(&mut self, written: &[u8]) -> usize {
        if !self.state.refused.replace(true) {
            let (code, answer) = self.state.with_head(|head| bad_head::answer_to(written, head));
            (self.refused)(code);
            self.refusal = answer;
        }
        written.len()
    }

    fn poll_refusal(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.refusal.is_empty() {
            let written = ready!(Pin::new(&mut self.io).poll_write(cx, &self.refusal))?;
            self.refusal.advance(written);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Socket<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.unread.is_empty() {
            let size = self.unread.len().min(buf.remaining());
            buf.put_slice(&self.unread.split_to(size));
            return Poll::Ready(Ok(()));
        }
        let start = buf.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(cx, buf))?;
        self.state.received(&buf.filled()[start..]);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Socket<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if !self.state.answering.get() {
            return Poll::Ready(Ok(self.refuse(buf)));
        }
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bufs: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        if !self.state.answering.get() {
            return Poll::Ready(Ok(bufs.iter().filter(|buf| !buf.is_empty()).map(|buf| self.refuse(buf)).sum()));
        }
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_refusal(cx))?;
        // TLS has written nothing yet of what it took, perhaps.
        ready!(Pin::new(&mut self.io).poll_flush(cx))?;
        self.state.flushed();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_refusal(cx))?;
        if self.lingers.is_none() {
            // Whoever has closed already needs no more.
            if ready!(Pin::new(&mut self.io).poll_shutdown(cx)).is_err() {
                return Poll::Ready(Ok(()));
            }
            self.lingers = Some((Box::pin(sleep_until(Instant::now() + LINGER)), 0));
        }
        let mut sink = [0; 4096];
        loop {
            let mut sunk = ReadBuf::new(&mut sink);
            let read = match self.peer.poll_read(cx, &mut sunk) {
                Poll::Ready(Ok(())) if sunk.filled().is_empty() => return Poll::Ready(Ok(())),
                Poll::Ready(Err(_)) => return Poll::Ready(Ok(())),
                Poll::Ready(Ok(())) => sunk.filled().len(),
                Poll::Pending => 0,
            };
            let Some((timer, bytes)) = &mut self.lingers else { return Poll::Ready(Ok(())) };
            *bytes += read;
            if *bytes > LINGER_BYTES || timer.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Ok(()));
            }
            if read == 0 {
                return Poll::Pending;
            }
        }
    }
}
