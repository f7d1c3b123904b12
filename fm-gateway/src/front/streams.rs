//! The requests of one HTTP/2 connection: how many are in flight, which of them nobody takes the answer of, how many were taken back.

use super::per_address::Place;
use crate::pipeline::Delivery;
use bytes::Bytes;
use hyper::{
    body::{Body, Frame, SizeHint},
    rt::Executor,
};
use std::{
    cell::{Cell, RefCell},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    task::{AbortHandle, spawn_local},
    time::Instant,
};

/// A connection of which so many requests were taken back, and more than half of all, is one that attacks (CVE-2023-44487).
const MAX_CANCELLED: u64 = 100;

/// All requests of a connection.
pub struct Streams {
    begun: Cell<u64>,
    cancelled: Cell<u64>,
    /// Since when there is none in flight.
    idle_since: Cell<Option<Instant>>,
    /// Those in flight, and what ends them; none for the one that has just begun.
    in_flight: RefCell<Vec<(Rc<Progress>, Option<AbortHandle>)>>,
}

/// How far one answer has come.
#[derive(Default)]
struct Progress {
    /// Since when a piece is waiting for the client to take it.
    handed_since: Cell<Option<Instant>>,
    is_complete: Cell<bool>,
}

/// A request in flight.
pub struct Guard {
    streams: Rc<Streams>,
    progress: Rc<Progress>,
    #[expect(dead_code, reason = "held for its drop")]
    place: Place,
}

impl Default for Streams {
    fn default() -> Self {
        let in_flight = RefCell::default();
        Streams { begun: Cell::default(), cancelled: Cell::default(), idle_since: Cell::new(Some(Instant::now())), in_flight }
    }
}

impl Streams {
    /// Notes that a request has begun; the task that is spawned next is its own.
    pub fn begin(self: &Rc<Self>, place: Place) -> Guard {
        self.begun.set(self.begun.get() + 1);
        self.idle_since.set(None);
        let progress = Rc::<Progress>::default();
        self.in_flight.borrow_mut().push((progress.clone(), None));
        Guard { streams: self.clone(), progress, place }
    }

    /// How many have begun so far.
    pub fn begun(&self) -> u64 {
        self.begun.get()
    }

    pub fn idle_since(&self) -> Option<Instant> {
        self.idle_since.get()
    }

    /// Whether the client takes back more than it lets be answered.
    pub fn is_abused(&self) -> bool {
        let cancelled = self.cancelled.get();
        cancelled > MAX_CANCELLED && cancelled * 2 > self.begun.get()
    }

    /// Ends those whose client takes nothing.
    pub fn end_stalled(&self, now: Instant, limit: Duration) {
        let in_flight = self.in_flight.borrow();
        let stalled = in_flight.iter().filter(|(progress, _)| progress.handed_since.get().is_some_and(|since| since + limit <= now));
        stalled.filter_map(|(_, task)| task.as_ref()).for_each(AbortHandle::abort);
    }

    /// Ends all.
    pub fn end(&self) {
        self.in_flight.borrow().iter().filter_map(|(_, task)| task.as_ref()).for_each(AbortHandle::abort);
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let mut in_flight = self.streams.in_flight.borrow_mut();
        in_flight.retain(|(progress, _)| !Rc::ptr_eq(progress, &self.progress));
        if in_flight.is_empty() {
            self.streams.idle_since.set(Some(Instant::now()));
        }
        if !self.progress.is_complete.get() {
            self.streams.cancelled.set(self.streams.cancelled.get() + 1);
        }
    }
}

/// Runs the requests of a connection in its own thread.
#[derive(Clone)]
pub struct Spawner(pub Rc<Streams>);

impl<F: Future<Output = ()> + 'static> Executor<F> for Spawner {
    fn execute(&self, future: F) {
        let task = spawn_local(future).abort_handle();
        if let Some((_, of_last)) = self.0.in_flight.borrow_mut().last_mut()
            && of_last.is_none()
        {
            *of_last = Some(task);
        }
    }
}

/// The body of an answer; notes how far it has come.
pub struct StreamBody {
    delivery: Delivery,
    guard: Guard,
}

impl StreamBody {
    pub fn new(delivery: Delivery, guard: Guard) -> Self {
        guard.progress.is_complete.set(delivery.is_end_stream());
        StreamBody { delivery, guard }
    }
}

impl Body for StreamBody {
    type Data = Bytes;
    type Error = <Delivery as Body>::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let polled = Pin::new(&mut self.delivery).poll_frame(cx);
        let progress = &self.guard.progress;
        progress.handed_since.set(matches!(polled, Poll::Ready(Some(_))).then(Instant::now));
        // An upstream's fault is none of the client's.
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) || self.delivery.is_end_stream() {
            progress.is_complete.set(true);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.delivery.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.delivery.size_hint()
    }
}
