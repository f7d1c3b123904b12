//! A client's connection with time limits that the HTTP server does not have: a head after the first one that comes in drops, and a
//! client that takes nothing of its answer. It gives the server one request at a time, see [`Talk`].

use super::{
    gateway::Limits,
    per_address::Place,
    turn::{Overdue, Talk},
};
use bytes::{Buf, BytesMut};
use socket2::{SockRef, TcpKeepalive};
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
/// A peer that is gone without a word is noticed after this time, and six probes more.
const PROBE_AFTER: Duration = Duration::from_secs(60);
const PROBE_EVERY: Duration = Duration::from_secs(10);
/// How long a connection that is one too many has to send its request; others wait for its place.
const EXCESS_TIME: Duration = Duration::from_secs(1);

/// The connection. One timer per connection looks after it now and then; a request costs none.
pub struct Socket {
    io: TcpStream,
    pub talk: Rc<Talk>,
    /// What was read and is not the server's turn yet.
    ahead: BytesMut,
    stalled_since: Option<Instant>,
    limits: Limits,
    /// How often the limits are looked at when nothing happens: no state lasts longer than its limit, however it began.
    tick: Duration,
    timer: Pin<Box<Sleep>>,
    _place: Place,
}

impl Socket {
    /// `place` is the connection's among those of its client; `excess`: it is one too many.
    pub fn new(io: TcpStream, limits: &Limits, place: Place, excess: bool) -> (Self, Option<SocketAddr>) {
        let peer = io.peer_addr().ok();
        // Both fail only for a connection that is gone already.
        let _ = io.set_nodelay(true);
        let _ =
            SockRef::from(&io).set_tcp_keepalive(&TcpKeepalive::new().with_time(PROBE_AFTER).with_interval(PROBE_EVERY).with_retries(6));
        let (talk, mut limits) = (Rc::<Talk>::default(), limits.clone());
        if excess {
            talk.refuse();
            limits.keep_alive = limits.keep_alive.min(EXCESS_TIME);
            limits.head_time = limits.head_time.min(EXCESS_TIME);
        }
        let tick = limits.head_time.min(limits.stall).min(limits.keep_alive).min(limits.rest_time);
        let timer = Box::pin(sleep_until(Instant::now() + tick));
        (Socket { io, talk, ahead: BytesMut::new(), stalled_since: None, limits, tick, timer, _place: place }, peer)
    }

    /// Says which limit is broken; wakes the task again when the next one may be.
    fn poll_overdue(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.timer.as_mut().poll(cx).is_ready() {
            let now = Instant::now();
            let due = self.talk.due(&self.limits);
            match due {
                Some((at, Overdue::Idle)) if at <= now => return Poll::Ready(Ok(())),
                Some((at, Overdue::Head)) if at <= now => return Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
                _ => {}
            }
            let stall = self.stalled_since.map(|since| since + self.limits.stall);
            if stall.is_some_and(|at| at <= now) {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            let tick = now + self.tick;
            self.timer.as_mut().reset(due.map(|(at, _)| at).into_iter().chain(stall).min().map_or(tick, |at| at.min(tick)));
        }
        Poll::Pending
    }

    /// Watches a client that takes nothing, also when nothing is read from it any more.
    fn written(&mut self, result: Poll<io::Result<usize>>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if result.is_ready() {
            self.stalled_since = None;
            return result;
        }
        self.stalled_since.get_or_insert_with(Instant::now);
        match self.poll_overdue(cx) {
            Poll::Ready(Err(e)) => Poll::Ready(Err(e)),
            _ => Poll::Pending,
        }
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
        if self.talk.is_lost(&self.limits) {
            return Poll::Ready(Ok(()));
        }
        if !self.talk.may_read() {
            return self.poll_gone(cx);
        }
        let before = buf.filled().len();
        if self.ahead.is_empty() {
            ready!(Pin::new(&mut self.io).poll_read(cx, buf))?;
            if buf.filled().len() == before {
                return Poll::Ready(Ok(()));
            }
            let end = before + self.talk.hand_on(&buf.filled()[before..]);
            self.ahead.extend_from_slice(&buf.filled()[end..]);
            buf.set_filled(end);
        } else {
            let count = self.talk.hand_on(&self.ahead[..self.ahead.len().min(buf.remaining())]);
            buf.put_slice(&self.ahead[..count]);
            self.ahead.advance(count);
        }
        if buf.filled().len() == before {
            // No bytes at all would be the end of the connection.
            return self.poll_hand_on(cx, buf);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.poll_hand_on(cx, buf) {
            // For the server an idle client has gone: it ends the connection without an error.
            Poll::Pending => self.poll_overdue(cx),
            read => read,
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.io).poll_write(cx, buf);
        self.written(result, cx)
    }
    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bufs: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.io).poll_write_vectored(cx, bufs);
        self.written(result, cx)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::front::PerAddress;
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn a_peer_that_is_gone_without_a_word_is_probed_for() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (client, accepted) = tokio::join!(TcpStream::connect(listener.local_addr().unwrap()), listener.accept());
        let place = PerAddress::new(1, &[], Default::default()).enter([127, 0, 0, 1].into());
        let (socket, peer) = Socket::new(accepted.unwrap().0, &Limits::default(), place, false);
        assert_eq!(peer, client.unwrap().local_addr().ok());
        let system = SockRef::from(&socket.io);
        assert!(system.keepalive().unwrap());
        assert_eq!((system.tcp_keepalive_time().unwrap(), system.tcp_keepalive_interval().unwrap()), (PROBE_AFTER, PROBE_EVERY));
    }
}
