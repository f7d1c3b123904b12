//! One HTTP/1.1 connection to an upstream. No task of its own runs it: whoever waits for its answer does, so that a request needs no
//! wake-up between tasks and a connection that nobody waits for any more is closed by dropping it.

use super::{connector::Stream, failure::Failure, upload::Upload};
use bytes::Bytes;
use hyper::{
    Request, Response,
    body::Incoming,
    client::conn::http1::{self, SendRequest},
};
use hyper_util::rt::TokioIo;
use std::{
    future::poll_fn,
    io,
    pin::{Pin, pin},
    rc::Rc,
    task::{Context, Poll, Waker},
    time::Duration,
};
use tokio::{net::TcpStream, time::Instant};
use tokio_util::either::Either;

/// Bytes of an answer's head.
const MAX_HEAD: usize = 64 * 1024;

type Driver = http1::Connection<TokioIo<Stream>, Upload>;

/// A connection to an upstream.
pub struct Connection {
    sender: SendRequest<Upload>,
    /// Reads and writes; `None` once the connection has ended.
    driver: Option<Pin<Box<Driver>>>,
    /// It has ended, and left the connection to what it has switched to.
    ended: Option<Pin<Box<Driver>>>,
    /// Which requests it may carry.
    pub(super) pool_key: Rc<str>,
    pub(super) idle_since: Instant,
    /// Came out of the pool.
    pub(super) reused: bool,
}

/// What became of a request without an answer.
pub(super) struct Unanswered {
    pub error: hyper::Error,
    /// The request itself, if surely nothing of it was sent.
    pub request: Option<Request<Upload>>,
}

impl Connection {
    /// Connects to `host:port`, in clear text.
    ///
    /// # Errors
    /// `Connect` or `ConnectTimeout`.
    pub async fn open(authority: &str, within: Duration) -> Result<Connection, Failure> {
        let connecting = tokio::time::timeout(within, TcpStream::connect(authority));
        let io = connecting.await.map_err(|_| Failure::ConnectTimeout)?.map_err(Failure::Connect)?;
        io.set_nodelay(true).map_err(Failure::Connect)?;
        Connection::over(Either::Left(io), authority).await
    }

    /// Speaks HTTP/1.1 over what is open.
    pub(super) async fn over(io: Stream, pool_key: &str) -> Result<Connection, Failure> {
        let handshake = http1::Builder::new().max_header_size(MAX_HEAD).handshake(TokioIo::new(io)).await;
        let (sender, driver) = handshake.map_err(|e| Failure::Connect(io::Error::other(e)))?;
        let driver = Some(Box::pin(driver));
        Ok(Connection { sender, driver, ended: None, pool_key: pool_key.into(), idle_since: Instant::now(), reused: false })
    }

    /// Reads and writes what can be read and written now; the task is woken when there is more.
    pub(super) fn drive(&mut self, cx: &mut Context<'_>) {
        drive(&mut self.driver, &mut self.ended, cx);
    }

    /// Gives what is below HTTP once the upstream has switched, and what it has sent behind its answer.
    pub(super) fn into_io(mut self) -> Option<(Stream, Bytes)> {
        self.drive(&mut Context::from_waker(Waker::noop()));
        let http1::Parts { io, read_buf, .. } = Pin::into_inner(self.ended?).into_parts();
        Some((io.into_inner(), read_buf))
    }

    /// Sends a request and waits for the head of its final answer; `overdue` may give up first.
    pub(super) async fn send<E>(
        &mut self,
        request: Request<Upload>,
        mut overdue: impl FnMut(&mut Context<'_>) -> Poll<E>,
    ) -> Result<Result<Response<Incoming>, Unanswered>, E> {
        // Without tokio's budget: only `drive` makes progress, and it keeps within the budget.
        let mut response = pin!(tokio::task::unconstrained(self.sender.try_send_request(request)));
        poll_fn(|cx| {
            drive(&mut self.driver, &mut self.ended, cx);
            // Driving the connection is what resolves it, so that it need not wake this very task.
            match response.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(Ok(response)) => Poll::Ready(Ok(Ok(response))),
                Poll::Ready(Err(mut e)) => {
                    let request = e.take_message();
                    Poll::Ready(Ok(Err(Unanswered { error: e.into_error(), request })))
                }
                Poll::Pending => overdue(cx).map(Err),
            }
        })
        .await
    }

    /// Whether it can carry another request: the last answer is over, nobody closed it, and nothing came that nobody asked for.
    pub(super) fn is_idle(&mut self) -> bool {
        self.drive(&mut Context::from_waker(Waker::noop()));
        self.driver.is_some() && self.sender.is_ready()
    }
}

fn drive(connection: &mut Option<Pin<Box<Driver>>>, ended: &mut Option<Pin<Box<Driver>>>, cx: &mut Context<'_>) {
    if let Some(driver) = connection
        && driver.as_mut().poll(cx).is_ready()
    {
        // Why it has ended is told to whoever waits for the answer or its body.
        *ended = connection.take();
    }
}
