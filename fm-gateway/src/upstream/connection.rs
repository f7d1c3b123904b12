//! One TCP connection to an upstream.

use super::failure::{Failure, eof};
use bytes::BytesMut;
use std::{
    io,
    rc::Rc,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{net::TcpStream, time::Instant};

/// How much is read at a time.
const READ: usize = 16 * 1024;

/// A connection and what was read from it but not used.
pub struct Connection {
    pub(super) io: TcpStream,
    pub(super) input: BytesMut,
    pub(super) authority: Rc<str>,
    pub(super) idle_since: Instant,
    /// Came out of the pool.
    pub(super) reused: bool,
}

impl Connection {
    /// Connects to `host:port`.
    ///
    /// # Errors
    /// `Connect` or `ConnectTimeout`.
    pub async fn open(authority: &str, within: Duration) -> Result<Connection, Failure> {
        let connecting = tokio::time::timeout(within, TcpStream::connect(authority));
        let io = connecting.await.map_err(|_| Failure::ConnectTimeout)?.map_err(Failure::Connect)?;
        io.set_nodelay(true).map_err(Failure::Connect)?;
        Ok(Connection { io, input: BytesMut::new(), authority: authority.into(), idle_since: Instant::now(), reused: false })
    }

    /// Where it goes.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Reads some more. `Ok(0)` is the end.
    pub(super) fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.io.poll_read_ready(cx))?;
            if self.input.capacity() - self.input.len() < READ / 4 {
                self.input.reserve(READ);
            }
            match self.io.try_read_buf(&mut self.input) {
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                other => return Poll::Ready(other),
            }
        }
    }

    /// Like `poll_fill`, where an end is an error.
    pub(super) fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match ready!(self.poll_fill(cx))? {
            0 => Poll::Ready(Err(eof())),
            _ => Poll::Ready(Ok(())),
        }
    }

    /// Whether an idle connection can carry another request: not closed, and nothing came that nobody asked for.
    pub(super) fn is_quiet(&mut self) -> bool {
        let mut byte = [0];
        self.input.is_empty() && matches!(self.io.try_read(&mut byte), Err(e) if e.kind() == io::ErrorKind::WouldBlock)
    }
}
