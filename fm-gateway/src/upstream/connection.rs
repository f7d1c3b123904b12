//! One connection to an upstream, as one request has it: an HTTP/1.1 connection, or a stream of HTTP/2.
//!
//! No task of its own runs an HTTP/1.1 connection: whoever waits for its answer does, so that a request needs no wake-up between tasks and
//! a connection that nobody waits for any more is closed by dropping it.

use super::{
    connector::Stream,
    failure::Failure,
    http2::{Multiplexed, StreamSlot},
    upload::Upload,
};
use bytes::Bytes;
use hyper::{
    Request, Response,
    body::{Body, Frame, Incoming},
    client::conn::{
        TrySendError,
        http1::{self, SendRequest},
    },
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
    carrier: Carrier,
    /// Which requests it may carry.
    pub(super) pool_key: Rc<str>,
    pub(super) idle_since: Instant,
    /// Came out of the pool.
    pub(super) reused: bool,
}

enum Carrier {
    Http1(Http1),
    Http2(StreamSlot),
}

struct Http1 {
    sender: SendRequest<Upload>,
    /// Reads and writes; `None` once the connection has ended.
    driver: Option<Pin<Box<Driver>>>,
    /// It has ended, and left the connection to what it has switched to.
    ended: Option<Pin<Box<Driver>>>,
}

/// What became of a request without an answer.
pub(super) struct Unanswered {
    pub error: hyper::Error,
    /// The request itself, if surely nothing of it was sent.
    pub request: Option<Request<Upload>>,
}

impl From<TrySendError<Request<Upload>>> for Unanswered {
    fn from(mut e: TrySendError<Request<Upload>>) -> Self {
        let request = e.take_message();
        Unanswered { error: e.into_error(), request }
    }
}

impl Connection {
    /// Connects to `host:port`, in clear text, for HTTP/1.1.
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
        Ok(Connection::new(Carrier::Http1(Http1 { sender, driver, ended: None }), pool_key.into(), false))
    }

    /// Takes a place on a connection of HTTP/2.
    pub(super) fn on(connection: &Rc<Multiplexed>, pool_key: Rc<str>, reused: bool) -> Connection {
        Connection::new(Carrier::Http2(connection.slot()), pool_key, reused)
    }

    fn new(carrier: Carrier, pool_key: Rc<str>, reused: bool) -> Connection {
        Connection { carrier, pool_key, idle_since: Instant::now(), reused }
    }

    /// The connection of HTTP/2 that it is a stream of.
    pub(super) fn multiplexed(&self) -> Option<&Rc<Multiplexed>> {
        match &self.carrier {
            Carrier::Http1(_) => None,
            Carrier::Http2(slot) => Some(slot.connection()),
        }
    }

    /// Gives what is below HTTP once the upstream has switched, and what it has sent behind its answer.
    pub(super) fn into_io(self) -> Option<(Stream, Bytes)> {
        let Carrier::Http1(mut http1) = self.carrier else { return None };
        http1.drive(&mut Context::from_waker(Waker::noop()));
        let http1::Parts { io, read_buf, .. } = Pin::into_inner(http1.ended?).into_parts();
        Some((io.into_inner(), read_buf))
    }

    /// Sends a request and waits for the head of its final answer; `overdue` may give up first.
    pub(super) async fn send<E>(
        &mut self,
        request: Request<Upload>,
        overdue: impl FnMut(&mut Context<'_>) -> Poll<E>,
    ) -> Result<Result<Response<Incoming>, Unanswered>, E> {
        match &mut self.carrier {
            Carrier::Http1(http1) => http1.send(request, overdue).await,
            Carrier::Http2(slot) => slot.send(request, overdue).await,
        }
    }

    /// Reads on in the body of an answer that came on it.
    pub(super) fn poll_frame(&mut self, body: &mut Incoming, cx: &mut Context<'_>) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        let Carrier::Http1(http1) = &mut self.carrier else { return Pin::new(body).poll_frame(cx) };
        // What comes next comes by driving the connection, so that the body need not wake this very task.
        let polled = Pin::new(&mut *body).poll_frame(&mut Context::from_waker(Waker::noop()));
        if polled.is_ready() {
            return polled;
        }
        http1.drive(cx);
        Pin::new(body).poll_frame(&mut Context::from_waker(Waker::noop()))
    }

    /// Whether it can carry another request: the last answer is over, nobody closed it, and nothing came that nobody asked for. A stream
    /// of HTTP/2 carries one only.
    pub(super) fn is_idle(&mut self) -> bool {
        let Carrier::Http1(http1) = &mut self.carrier else { return false };
        http1.drive(&mut Context::from_waker(Waker::noop()));
        http1.driver.is_some() && http1.sender.is_ready()
    }
}

impl Http1 {
    async fn send<E>(
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
                Poll::Ready(Err(e)) => Poll::Ready(Ok(Err(e.into()))),
                Poll::Pending => overdue(cx).map(Err),
            }
        })
        .await
    }

    /// Reads and writes what can be read and written now; the task is woken when there is more.
    fn drive(&mut self, cx: &mut Context<'_>) {
        drive(&mut self.driver, &mut self.ended, cx);
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
