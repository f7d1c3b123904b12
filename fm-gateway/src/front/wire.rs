//! The TCP connection of a client, below TLS if there is any: what the client takes is watched here.

use super::state::ConnectionState;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::{SockRef, TcpKeepalive};
use std::{
    cell::RefCell,
    io,
    net::Shutdown,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::Instant,
};

/// A peer that is gone without a word is noticed after this time, and six probes more.
const PROBE_AFTER: Duration = Duration::from_secs(60);
const PROBE_EVERY: Duration = Duration::from_secs(10);

/// A connection as it is read and written.
pub struct Wire {
    io: Rc<RefCell<TcpStream>>,
    state: Rc<ConnectionState>,
}

/// Looks at a connection that somebody else reads and writes.
#[derive(Clone)]
pub struct Peer(Rc<RefCell<TcpStream>>);

impl Wire {
    pub fn new(io: TcpStream, state: Rc<ConnectionState>) -> (Self, Peer) {
        // Both fail only for a connection that is gone already.
        let _ = io.set_nodelay(true);
        let _ =
            SockRef::from(&io).set_tcp_keepalive(&TcpKeepalive::new().with_time(PROBE_AFTER).with_interval(PROBE_EVERY).with_retries(6));
        let io = Rc::new(RefCell::new(io));
        let peer = Peer(io.clone());
        (Wire { io, state }, peer)
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

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.io.borrow_mut()).poll_read(cx, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut *self.io.borrow_mut()).poll_write(cx, buf);
        self.watched(written)
    }

    fn poll_write_vectored(self: Pin<&mut Self>, cx: &mut Context<'_>, bufs: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut *self.io.borrow_mut()).poll_write_vectored(cx, bufs);
        self.watched(written)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(SockRef::from(&*self.io.borrow()).shutdown(Shutdown::Write))
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

    /// Is ready once the client has sent something, or closed its side.
    pub(super) fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.0.borrow().poll_read_ready(cx).map(drop)
    }

    /// Reads bytes as they come, encrypted or not.
    pub(super) fn poll_read(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0.borrow_mut()).poll_read(cx, buf)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    async fn accepted() -> (TcpStream, Wire, Peer) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (client, accepted) = tokio::join!(TcpStream::connect(listener.local_addr().unwrap()), listener.accept());
        let (wire, peer) = Wire::new(accepted.unwrap().0, ConnectionState::new(false));
        (client.unwrap(), wire, peer)
    }

    #[tokio::test]
    async fn a_vanished_peer_is_detected_by_keepalive_probes() {
        let (_client, wire, _) = accepted().await;
        let io = wire.io.borrow();
        let system = SockRef::from(&*io);
        assert!(system.keepalive().unwrap());
        assert_eq!((system.tcp_keepalive_time().unwrap(), system.tcp_keepalive_interval().unwrap()), (PROBE_AFTER, PROBE_EVERY));
    }

    #[tokio::test]
    async fn a_closed_connection_is_noticed_behind_unread_bytes() {
        let (client, _wire, peer) = accepted().await;
        client.try_write(b"more").unwrap();
        assert!(!peer.is_gone());
        drop(client);
        while !peer.is_gone() {
            tokio::task::yield_now().await;
        }
    }
}
