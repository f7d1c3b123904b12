use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, Ordering::SeqCst},
};

type Listener = Box<dyn FnMut() + Send>;

/// What the I/O thread of one connection tells the rest of the transport. Listeners run on that thread: they must neither block nor use a
/// channel of the connection.
pub(in super::super) struct Signals {
    readable: Mutex<Vec<Listener>>,
    writable: Mutex<Vec<Listener>>,
    congested: AtomicBool,
    ended: Box<dyn Fn() + Send + Sync>,
}

impl Signals {
    /// Does `ended` once the I/O thread has given the connection up.
    pub fn new(ended: impl Fn() + Send + Sync + 'static) -> Self {
        Signals { readable: Mutex::default(), writable: Mutex::default(), congested: AtomicBool::new(false), ended: Box::new(ended) }
    }
    /// Runs whenever frames have arrived and all of them have been dispatched to their receivers.
    pub fn on_readable(&self, listener: impl FnMut() + Send + 'static) {
        self.readable.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(listener));
    }
    /// Runs when the broker takes data again after [`Signals::is_congested`].
    pub fn on_writable(&self, listener: impl FnMut() + Send + 'static) {
        self.writable.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(listener));
    }
    /// Whether the broker takes data more slowly than it is sent: what is published now only piles up in memory.
    pub fn is_congested(&self) -> bool {
        self.congested.load(SeqCst)
    }
    pub(super) fn arrived(&self) {
        self.readable.lock().unwrap_or_else(PoisonError::into_inner).iter_mut().for_each(|listener| listener());
    }
    pub(super) fn wrote(&self, all: bool) {
        if self.congested.swap(!all, SeqCst) && all {
            self.writable.lock().unwrap_or_else(PoisonError::into_inner).iter_mut().for_each(|listener| listener());
        }
    }
    pub(super) fn ended(&self) {
        (self.ended)();
    }
}
