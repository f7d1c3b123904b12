//! What a service may rely on, whatever carries its messages. The bus of a test has to keep these promises as the real one does:
//! `fm_sdk::service_conformance!(stage())` makes one test per case, `stage()` is a future that gives a [`Stage`].

mod cases;
mod live;
mod probe;
mod tracking;

#[doc(hidden)]
pub use cases::*;
pub use live::Live;
pub use probe::{Probe, probe};

use fm_sdk::{
    Call, Envelope, Event, Reply,
    testing::{Delivered, MockBus},
};

/// The service that sends what a case delivers.
const SENDER: &str = "fm-test";

/// How a message ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It was handled.
    Done,
    /// It became a dead letter: the error's code, and after how many tries.
    DeadLetter(String, u32),
}

impl From<Delivered> for Ending {
    fn from(handled: Delivered) -> Self {
        handled.error().map_or(Ending::Done, |e| Ending::DeadLetter(e.code().into(), handled.attempts()))
    }
}

/// A service that runs on some bus, and what a case may do with it.
pub trait Stage {
    /// Delivers an event, edited after it was signed, and returns when all that it caused has handled.
    fn deliver<E: Event>(&self, e: E, edit: impl FnOnce(&mut Envelope)) -> impl Future<Output = Ending>;
    /// Delivers the last one once more.
    fn again(&self) -> impl Future<Output = Ending>;
    /// Makes a call.
    fn call<M: Call>(&self, m: M) -> impl Future<Output = Reply<M::Reply>>;
    /// The events of this type that went out, each once.
    fn published<E: Event>(&self) -> Vec<E>;
    /// What the service's handlers noted.
    fn notes(&self) -> Vec<String>;
}

impl Stage for MockBus<Probe> {
    async fn deliver<E: Event>(&self, e: E, edit: impl FnOnce(&mut Envelope)) -> Ending {
        self.from(SENDER).deliver_edited(e, edit).await.into()
    }
    async fn again(&self) -> Ending {
        MockBus::redeliver(self).await.into()
    }
    async fn call<M: Call>(&self, m: M) -> Reply<M::Reply> {
        MockBus::call(self, m).await
    }
    fn published<E: Event>(&self) -> Vec<E> {
        MockBus::published::<E>(self).all()
    }
    fn notes(&self) -> Vec<String> {
        self.state().notes()
    }
}
