//! A client's connection with time limits that the HTTP server does not have: a head after the first one that comes in drops, and a
//! client that takes nothing of its answer.

use super::gateway::Limits;
use std::{
    cell::Cell,
    io,
    net::SocketAddr,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep, sleep_until},
};

/// What the socket and the requests on it tell each other.
#[derive(Debug, Default)]
pub struct Talk {
    /// Requests under way.
    active: Cell<u32>,
    /// When the head that is coming in began.
    head_since: Cell<Option<Instant>>,
}

impl Talk {
    /// Notes that a head is complete, until what is returned is dropped.
    pub fn begin(self: &Rc<Self>) -> Under {
        self.active.set(self.active.get() + 1);
        self.head_since.set(None);
        Under(self.clone())
    }
}

/// A request is under way.
#[derive(Debug)]
pub struct Under(Rc<Talk>);
impl Drop for Under {
    fn drop(&mut self) {
        self.0.active.set(self.0.active.get().saturating_sub(1));
    }
}

/// The connection. One timer per connection looks after it now and then; a request costs none.
pub struct Socket {
    io: TcpStream,
    pub talk: Rc<Talk>,
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
        (Socket { io, talk: Rc::default(), stalled_since: None, head_time, stall, timer }, peer)
    }

    /// Says whether a limit is broken; wakes the task again when the next one may be.
    fn overdue(&mut self, cx: &mut Context<'_>) -> bool {
        while self.timer.as_mut().poll(cx).is_ready() {
            let now = Instant::now();
            let head = self.talk.head_since.get().filter(|_| self.talk.active.get() == 0).map(|since| since + self.head_time);
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

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.io).poll_read(cx, buf);
        if read.is_pending() {
            return if self.overdue(cx) { Poll::Ready(Err(io::ErrorKind::TimedOut.into())) } else { Poll::Pending };
        }
        if buf.filled().len() > before && self.talk.active.get() == 0 && self.talk.head_since.get().is_none() {
            self.talk.head_since.set(Some(Instant::now()));
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
