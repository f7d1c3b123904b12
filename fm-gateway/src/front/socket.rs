//! A client's connection with time limits that the HTTP server does not have: a head after the first one that comes in drops, and a
//! client that takes nothing of its answer. It gives the server one request at a time, see [`Talk`].

use super::{gateway::Limits, turn::Talk};
use bytes::{Buf, BytesMut};
use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep, sleep_until},
};

/// How much of later requests is read while one is under way, to notice that the client has gone; bytes.
const AHEAD: usize = 4096;

/// The connection. One timer per connection looks after it now and then; a request costs none.
pub struct Socket {
    io: TcpStream,
    pub talk: Rc<Talk>,
    /// What was read and is not the server's turn yet.
    ahead: BytesMut,
    stalled_since: Option<Instant>,
    head_time: Duration,
    stall: Duration,
    timer: Pin<Box<Sleep>>,
}

impl Socket {
    pub fn new(io: TcpStream, limits: &Limits) -> (Self, Option<SocketAddr>) {
        let peer = io.peer_addr().ok();
        // It fails only for a connection that is gone already.
        let _ = io.set_nodelay(true);
        let (head_time, stall) = (limits.head_time, limits.stall);
        let timer = Box::pin(sleep_until(Instant::now() + head_time.min(stall)));
        (Socket { io, talk: Rc::default(), ahead: BytesMut::new(), stalled_since: None, head_time, stall, timer }, peer)
    }

    /// Says whether a limit is broken; wakes the task again when the next one may be.
    fn overdue(&mut self, cx: &mut Context<'_>) -> bool {
        while self.timer.as_mut().poll(cx).is_ready() {
            let now = Instant::now();
            let head = self.talk.head_since.get().filter(|_| !self.talk.busy.get()).map(|since| since + self.head_time);
            let stall = self.stalled_since.map(|since| since + self.stall);
            if head.is_some_and(|due| due <= now) || stall.is_some_and(|due| due <= now) {
                return true;
            }
            let usual = now + self.head_time.min(self.stall);
            self.timer.as_mut().reset(head.into_iter().chain(stall).min().map_or(usual, |due| due.min(usual)));
        }
        false
    }

    fn written(&mut self, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        self.stalled_since = if result.is_pending() { self.stalled_since.or_else(|| Some(Instant::now())) } else { None };
        result
    }
}

impl Socket {
    /// Nothing may be handed on: watches whether the client goes away.
    fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.ahead.len() < AHEAD {
            let Poll::Ready(ready) = self.io.poll_read_ready(cx) else { break };
            ready?;
            self.ahead.reserve(AHEAD);
            match self.io.try_read_buf(&mut self.ahead) {
                Ok(0) => return Poll::Ready(Ok(())),
                Ok(_) => {}
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                Err(e) => return Poll::Ready(Err(e)),
            }
        }
        if !self.ahead.is_empty() {
            // The system wakes for what is new only.
            self.talk.wait(cx.waker());
        }
        Poll::Pending
    }

    fn poll_hand_on(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.talk.may_read() {
            return self.poll_gone(cx);
        }
        if !self.ahead.is_empty() {
            let count = self.talk.hand_on(&self.ahead[..self.ahead.len().min(buf.remaining())]);
            buf.put_slice(&self.ahead[..count]);
            self.ahead.advance(count);
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(cx, buf))?;
        let end = before + self.talk.hand_on(&buf.filled()[before..]);
        self.ahead.extend_from_slice(&buf.filled()[end..]);
        buf.set_filled(end);
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let read = self.poll_hand_on(cx, buf);
        if read.is_pending() && self.overdue(cx) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        read
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.io).poll_write(cx, buf);
        self.written(result)
    }
    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bufs: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.io).poll_write_vectored(cx, bufs);
        self.written(result)
    }
    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
