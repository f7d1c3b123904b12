//! What the socket of a client, the task that drives its connection and the requests on it know of each other.

use super::{gateway::Limits, request_body::has_no_fields, tunnel::Tunnel};
use bytes::BytesMut;
use hyper::body::{Body, Incoming};
use std::{
    any::Any,
    cell::{Cell, RefCell},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::Instant;

/// How much of a head is kept as it came; bytes.
const KEPT_HEAD: usize = 64 * 1024;

/// What has taken too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overdue {
    /// The next request, or the rest of a body whose request is answered: nobody waits for anything.
    Idle,
    /// The rest of a head.
    Head,
    /// The client takes nothing of its answer.
    Stalled,
}

/// The state of one connection.
#[derive(Default)]
pub struct ConnectionState {
    /// A request is in flight: from its head to the last piece of its answer.
    in_flight: Cell<bool>,
    /// An answer of ours may be written, or the invitation to send a body.
    pub(super) answering: Cell<bool>,
    head_since: Cell<Option<Instant>>,
    idle_since: Cell<Option<Instant>>,
    rest_since: Cell<Option<Instant>>,
    pub(super) stalled_since: Cell<Option<Instant>>,
    /// The body of a request that is answered, or will be without it; it is read past.
    rest: RefCell<Option<Incoming>>,
    rest_bytes: Cell<usize>,
    /// What came of the head that is being read.
    head: RefCell<BytesMut>,
    /// Where the last body ended is in doubt: nothing is served behind it.
    doubtful: Cell<bool>,
    /// hyper has refused a head, and that was counted.
    pub(super) refused: Cell<bool>,
    /// The upstream's side of a WebSocket that the connection becomes.
    tunnel: RefCell<Option<Tunnel>>,
    /// A request has asked to switch to something else: hyper leaves the end of the connection to us.
    asked_to_switch: Cell<bool>,
    /// The connection carries many requests at once: its frames say where each begins and ends (HTTP/2), and so does its part of a request.
    is_multiplexed: Cell<bool>,
    /// The client has more connections than it may have: its first request is refused.
    pub excess: bool,
}

impl ConnectionState {
    /// Starts to wait for the first request.
    pub fn new(excess: bool) -> Rc<Self> {
        let state = ConnectionState { excess, ..ConnectionState::default() };
        state.head_since.set(Some(Instant::now()));
        Rc::new(state)
    }

    /// Leaves all that is of one request after the other to HTTP/2 or WebSocket, whose frames say where messages end.
    pub fn multiplex(&self) {
        self.is_multiplexed.set(true);
        self.answering.set(true);
        self.head_since.set(None);
    }

    /// Makes a WebSocket of the connection, or not.
    pub(super) fn set_tunnel(&self, tunnel: Option<Tunnel>) {
        *self.tunnel.borrow_mut() = tunnel;
    }

    /// Holds something until the end of the WebSocket.
    pub(super) fn hold_in_tunnel(&self, what: impl Any) {
        if let Some(tunnel) = self.tunnel.borrow_mut().as_mut() {
            tunnel.held.push(Box::new(what));
        }
    }

    pub(super) fn has_tunnel(&self) -> bool {
        self.tunnel.borrow().is_some()
    }

    pub(super) fn take_tunnel(&self) -> Option<Tunnel> {
        self.tunnel.borrow_mut().take()
    }

    /// Notes that a request names another protocol.
    pub(super) fn note_switch(&self) {
        self.asked_to_switch.set(true);
    }

    pub(super) fn is_asked_to_switch(&self) -> bool {
        self.asked_to_switch.get()
    }

    /// Whether the frames of HTTP/2 say where messages end.
    pub(super) fn is_multiplexed(&self) -> bool {
        self.is_multiplexed.get()
    }

    /// Whether the client has taken nothing for so long.
    pub(super) fn is_stalled(&self, now: Instant, limit: Duration) -> bool {
        self.stalled_since.get().is_some_and(|since| since + limit <= now)
    }

    /// Notes bytes of the client.
    pub(super) fn received(&self, bytes: &[u8]) {
        if self.is_multiplexed.get() || self.in_flight.get() || self.rest_since.get().is_some() {
            return;
        }
        if self.head_since.get().is_none() {
            self.head_since.set(Some(Instant::now()));
            self.idle_since.set(None);
        }
        let mut head = self.head.borrow_mut();
        let room = KEPT_HEAD.saturating_sub(head.len());
        head.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// Notes that a head was read: a request is in flight until what is returned is dropped.
    pub fn begin(self: &Rc<Self>) -> InFlight {
        self.in_flight.set(true);
        self.answering.set(true);
        self.head_since.set(None);
        self.idle_since.set(None);
        InFlight(self.clone())
    }

    /// Forgets the bytes of a head that was read.
    pub fn clear_head(&self) {
        self.head.borrow_mut().clear();
    }

    /// Gives back the memory that the next head would have been kept in.
    pub(super) fn release_head(&self) {
        *self.head.borrow_mut() = BytesMut::new();
    }

    /// Since when nobody waits for anything: the last answer is written, and nothing of a request has come behind it.
    pub(super) fn idle_since(&self) -> Option<Instant> {
        self.idle_since.get().filter(|_| !self.answering.get() && self.stalled_since.get().is_none())
    }

    /// Looks at what came of a head, as it came; less or nothing, if it came behind another request.
    pub(super) fn with_head<T>(&self, look: impl FnOnce(&[u8]) -> T) -> T {
        look(&self.head.borrow())
    }

    /// Reads past the rest of a body.
    pub(super) fn read_past(&self, rest: Incoming) {
        if self.is_multiplexed.get() {
            // Dropped: what comes of it is thrown away, and the others have its room.
            return;
        }
        self.rest_bytes.set(0);
        *self.rest.borrow_mut() = Some(rest);
    }

    /// Reads on past the rest of a body; ready when the connection has to be looked at again.
    pub(super) fn poll_rest(&self, cx: &mut Context<'_>, limit: usize) -> Poll<()> {
        let mut rest = self.rest.borrow_mut();
        let Some(body) = rest.as_mut() else { return Poll::Pending };
        if self.rest_bytes.get() > limit {
            return Poll::Pending;
        }
        match Pin::new(body).poll_frame(cx) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Some(Ok(frame))) => {
                if has_no_fields(&frame) {
                    self.doubt();
                }
                let size = frame.data_ref().map_or(0, |data| data.len());
                self.rest_bytes.set(self.rest_bytes.get() + size);
            }
            Poll::Ready(Some(Err(_)) | None) => {
                *rest = None;
                if self.rest_since.take().is_some() {
                    self.idle_since.set(Some(Instant::now()));
                }
            }
        }
        Poll::Ready(())
    }

    /// Lets nothing be served any more.
    pub(super) fn doubt(&self) {
        self.doubtful.set(true);
    }

    /// Whether nothing is served any more.
    pub fn is_doubtful(&self) -> bool {
        self.doubtful.get()
    }

    /// Whether the end of a body is in doubt or too far away, and no answer is on its way.
    pub(super) fn is_lost(&self, limit: usize) -> bool {
        let beyond = self.rest.borrow().is_some() && self.rest_bytes.get() > limit;
        !self.in_flight.get() && (beyond || (self.doubtful.get() && !self.answering.get()))
    }

    /// Notes that all of an answer is written.
    pub(super) fn flushed(&self) {
        self.answering.set(self.in_flight.get() || self.is_multiplexed.get());
    }

    /// Whether a request is in flight.
    pub(super) fn is_in_flight(&self) -> bool {
        self.in_flight.get()
    }

    /// When what is waited for now will have taken too long, and what that is.
    pub(super) fn due(&self, limits: &Limits) -> Option<(Instant, Overdue)> {
        let due = |since: &Cell<Option<Instant>>, limit, what| since.get().map(|since| (since + limit, what));
        let stalled = due(&self.stalled_since, limits.stall, Overdue::Stalled);
        if self.in_flight.get() {
            return stalled;
        }
        let rest = due(&self.rest_since, limits.rest_time, Overdue::Idle);
        let head = due(&self.head_since, limits.head_time, Overdue::Head);
        let next = rest.or(head).or_else(|| due(&self.idle_since, limits.keep_alive, Overdue::Idle));
        [stalled, next].into_iter().flatten().min_by_key(|(at, _)| *at)
    }
}

/// A request is in flight.
pub struct InFlight(Rc<ConnectionState>);

impl Drop for InFlight {
    fn drop(&mut self) {
        let (state, now) = (&self.0, Some(Instant::now()));
        state.in_flight.set(false);
        let left = state.rest.borrow().is_some();
        if left { state.rest_since.set(now) } else { state.idle_since.set(now) }
    }
}
