//! A client's socket as hyper reads and writes it. It keeps the times of the connection, puts a problem in the place of hyper's empty
//! refusals, and waits at the end until the client has read what was written.

use super::{bad_head, state::ConnectionState};
use bytes::{Buf, Bytes};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::{SockRef, TcpKeepalive};
use std::{
    cell::RefCell,
    io,
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

/// A peer that is gone without a word is noticed after this time, and six probes more.
const PROBE_AFTER: Duration = Duration::from_secs(60);
const PROBE_EVERY: Duration = Duration::from_secs(10);

/// What a client sends behind the last answer is read past for so long, and so far in bytes: a close with bytes unread would be a reset,
/// which takes the answer away from the client (RFC 9112, 9.6).
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: usize = 1 << 20;

/// The socket.
pub struct Socket {
    io: Rc<RefCell<TcpStream>>,
    state: Rc<ConnectionState>,
    /// Is told the code of a refusal that is none of ours.
    refused: Box<dyn Fn(&'static str)>,
    /// A refusal that is being written in place of hyper's.
    refusal: Bytes,
    lingers: Option<(Pin<Box<Sleep>>, usize)>,
}

/// Looks at a socket that hyper has.
#[derive(Clone)]
pub struct Peer(Rc<RefCell<TcpStream>>);

impl Socket {
    pub fn new(io: TcpStream, state: Rc<ConnectionState>, refused: impl Fn(&'static str) + 'static) -> (Self, Peer) {
        // Both fail only for a connection that is gone already.
        let _ = io.set_nodelay(true);
        let _ =
            SockRef::from(&io).set_tcp_keepalive(&TcpKeepalive::new().with_time(PROBE_AFTER).with_interval(PROBE_EVERY).with_retries(6));
        let io = Rc::new(RefCell::new(io));
        let peer = Peer(io.clone());
        (Socket { io, state, refused: Box::new(refused), refusal: Bytes::new(), lingers: None }, peer)
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
            let written = Pin::new(&mut *self.io.borrow_mut()).poll_write(cx, &self.refusal);
            let written = ready!(self.watched(written))?;
            self.refusal.advance(written);
        }
        Poll::Ready(Ok(()))
    }

    /// Watches a client that takes nothing.
    fn watched(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if written.is_ready() {
            self.state.stalled_since.set(None);
        } else if self.state.stalled_since.get().is_none() {
            self.state.stalled_since.set(Some(Instant::now()));
        }
        written
    }
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let start = buf.filled().len();
        ready!(Pin::new(&mut *self.io.borrow_mut()).poll_read(cx, buf))?;
        self.state.received(&buf.filled()[start..]);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if !self.state.answering.get() {
            return Poll::Ready(Ok(self.refuse(buf)));
        }
        let written = Pin::new(&mut *self.io.borrow_mut()).poll_write(cx, buf);
        self.watched(written)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bufs: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        if !self.state.answering.get() {
            return Poll::Ready(Ok(bufs.iter().filter(|buf| !buf.is_empty()).map(|buf| self.refuse(buf)).sum()));
        }
        let written = Pin::new(&mut *self.io.borrow_mut()).poll_write_vectored(cx, bufs);
        self.watched(written)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_refusal(cx))?;
        self.state.flushed();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_refusal(cx))?;
        if self.lingers.is_none() {
            // Whoever has closed already needs no more.
            if SockRef::from(&*self.io.borrow()).shutdown(std::net::Shutdown::Write).is_err() {
                return Poll::Ready(Ok(()));
            }
            self.lingers = Some((Box::pin(sleep_until(Instant::now() + LINGER)), 0));
        }
        let mut sink = [0; 4096];
        loop {
            let mut sunk = ReadBuf::new(&mut sink);
            let polled = Pin::new(&mut *self.io.borrow_mut()).poll_read(cx, &mut sunk);
            let read = match polled {
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

impl Peer {
    /// Whether the client has closed its side. hyper itself sees that only if the client has sent nothing behind the request in flight.
    pub fn is_gone(&self) -> bool {
        let flags = PollFlags::RDHUP | PollFlags::HUP | PollFlags::ERR;
        let socket = self.0.borrow();
        let mut sockets = [PollFd::new(&*socket, flags)];
        matches!(poll(&mut sockets, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })), Ok(n) if n > 0) && sockets[0].revents().intersects(flags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    async fn accepted() -> (TcpStream, Socket, Peer) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (client, accepted) = tokio::join!(TcpStream::connect(listener.local_addr().unwrap()), listener.accept());
        let (socket, peer) = Socket::new(accepted.unwrap().0, ConnectionState::new(false), |_| ());
        (client.unwrap(), socket, peer)
    }

    #[tokio::test]
    async fn a_peer_that_is_gone_without_a_word_is_probed_for() {
        let (_client, socket, _) = accepted().await;
        let io = socket.io.borrow();
        let system = SockRef::from(&*io);
        assert!(system.keepalive().unwrap());
        assert_eq!((system.tcp_keepalive_time().unwrap(), system.tcp_keepalive_interval().unwrap()), (PROBE_AFTER, PROBE_EVERY));
    }

    #[tokio::test]
    async fn a_peer_that_closes_is_seen_behind_bytes_that_nobody_reads() {
        let (client, _socket, peer) = accepted().await;
        client.try_write(b"more").unwrap();
        assert!(!peer.is_gone());
        drop(client);
        while !peer.is_gone() {
            tokio::task::yield_now().await;
        }
    }
}
