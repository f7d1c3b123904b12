//! One HTTP/2 connection to an upstream (RFC 9113), which carries many requests at once. hyper's tasks read and write it; who has a
//! stream of it waits for its own answer only.

use super::{
    connection::Unanswered,
    connector::Stream,
    failure::{Failure, http2_cause},
    upload::Upload,
};
use hyper::{
    Request, Response,
    body::Incoming,
    client::conn::http2::{self, SendRequest},
    rt::Executor,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{
    cell::Cell,
    future::poll_fn,
    io,
    pin::{Pin, pin},
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{task::spawn_local, time::Instant};

/// Bytes of an answer's head, and of its trailers.
const MAX_HEAD: u32 = 64 * 1024;
/// Requests that one connection carries at once, if its upstream takes so many.
const MAX_STREAMS: u32 = 100;
/// What an upstream may send before it is read, per answer and in all; bytes. An answer that nobody takes leaves the others their room.
const STREAM_WINDOW: u32 = 128 * 1024;
const CONNECTION_WINDOW: u32 = MAX_STREAMS * STREAM_WINDOW;
/// What is taken of a request's body before the upstream has; bytes.
const SEND_BUFFER: usize = 128 * 1024;
/// An upstream that has requests in flight is asked for a sign of life after this time without one, and has so long for it.
const PING_AFTER: Duration = Duration::from_secs(30);
const PING_TIME: Duration = Duration::from_secs(10);

/// A connection that requests share. It says GOAWAY once nobody has it any more.
pub struct Multiplexed {
    sender: SendRequest<Upload>,
    streams: Cell<usize>,
    /// It takes no more requests, whatever hyper knows of it yet.
    is_leaving: Cell<bool>,
    /// How many the upstream takes.
    max_streams: Rc<Cell<usize>>,
    idle_since: Cell<Instant>,
}

/// The place of one request on a connection.
pub struct StreamSlot {
    sender: SendRequest<Upload>,
    connection: Rc<Multiplexed>,
}

impl Multiplexed {
    /// Speaks HTTP/2 over what is open.
    pub async fn over(io: Stream) -> Result<Rc<Multiplexed>, Failure> {
        let handshake = http2::Builder::new(Local)
            .timer(TokioTimer::new())
            .initial_max_send_streams(MAX_STREAMS as usize)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_header_list_size(MAX_HEAD)
            .max_send_buf_size(SEND_BUFFER)
            .keep_alive_interval(PING_AFTER)
            .keep_alive_timeout(PING_TIME)
            .handshake(TokioIo::new(io));
        let (sender, mut connection) = handshake.await.map_err(|e| Failure::Connect(io::Error::other(e)))?;
        let max_streams = Rc::new(Cell::new(MAX_STREAMS as usize));
        let known = max_streams.clone();
        // Why it has ended is told to whoever waits for an answer.
        spawn_local(poll_fn(move |cx| {
            let polled = Pin::new(&mut connection).poll(cx).map(drop);
            known.set(connection.current_max_send_streams().clamp(1, MAX_STREAMS as usize));
            polled
        }));
        let (streams, is_leaving, idle_since) = (Cell::new(0), Cell::new(false), Cell::new(Instant::now()));
        Ok(Rc::new(Multiplexed { sender, streams, is_leaving, max_streams, idle_since }))
    }

    /// Whether it can carry another request now.
    pub fn has_room(&self) -> bool {
        !self.has_ended() && self.streams.get() < self.max_streams.get()
    }

    /// Whether nobody needs it any more: it has ended, or carried nothing for so long.
    pub fn is_spent(&self, idle: Duration) -> bool {
        self.has_ended() || (self.streams.get() == 0 && self.idle_since.get().elapsed() >= idle)
    }

    fn has_ended(&self) -> bool {
        self.is_leaving.get() || self.sender.is_closed()
    }

    /// Takes a place on it.
    pub fn slot(self: &Rc<Self>) -> StreamSlot {
        self.streams.set(self.streams.get() + 1);
        StreamSlot { sender: self.sender.clone(), connection: self.clone() }
    }
}

impl StreamSlot {
    /// The connection that it is on.
    pub fn connection(&self) -> &Rc<Multiplexed> {
        &self.connection
    }

    /// Sends a request and waits for the head of its final answer; `overdue` may give up first, which resets the stream.
    pub async fn send<E>(
        &mut self,
        request: Request<Upload>,
        mut overdue: impl FnMut(&mut Context<'_>) -> Poll<E>,
    ) -> Result<Result<Response<Incoming>, Unanswered>, E> {
        let mut response = pin!(self.sender.try_send_request(request));
        poll_fn(|cx| match response.as_mut().poll(cx) {
            Poll::Ready(Ok(response)) => Poll::Ready(Ok(Ok(response))),
            Poll::Ready(Err(e)) => {
                // Anything but the end of this stream alone ends the connection.
                if !http2_cause(e.error()).is_some_and(h2::Error::is_reset) {
                    self.connection.is_leaving.set(true);
                }
                Poll::Ready(Ok(Err(e.into())))
            }
            Poll::Pending => overdue(cx).map(Err),
        })
        .await
    }
}

impl Drop for StreamSlot {
    fn drop(&mut self) {
        let connection = &self.connection;
        connection.streams.set(connection.streams.get() - 1);
        connection.idle_since.set(Instant::now());
    }
}

/// Runs what belongs to a connection in its own thread.
#[derive(Clone)]
struct Local;

impl<F: Future<Output = ()> + 'static> Executor<F> for Local {
    fn execute(&self, future: F) {
        spawn_local(future);
    }
}
