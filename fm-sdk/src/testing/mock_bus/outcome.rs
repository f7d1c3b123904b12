use crate::{
    Envelope, Error,
    bus::transport::{Audience, Outcome},
};
use serde::de::DeserializeOwned;
use std::marker::PhantomData;

/// One try of one handler.
type Try = (Audience, u32, Outcome);

/// How a delivered message ended.
///
/// A service may listen to one event twice, by [`Service::on`](crate::Service::on) and by
/// [`Service::on_each_instance`](crate::Service::on_each_instance). Only the first of the two can make it a dead letter; what an instance
/// cannot handle it gives up alone.
#[derive(Debug)]
#[must_use = "say what you expect: .acked(), .dead_letter()"]
pub struct Delivered {
    name: String,
    heard: usize,
    tries: Vec<Try>,
}

impl Delivered {
    pub(super) fn new(name: String, heard: usize, tries: Vec<Try>) -> Self {
        Delivered { name, heard, tries }
    }
    /// The last try of the handler that decides what becomes of the message: the service's, or the instance's if it is the only one.
    #[track_caller]
    fn last(&self) -> (u32, &Outcome) {
        assert!(self.heard > 0, "nobody in this service listens to {}", self.name);
        let last = |instance: bool| self.tries.iter().rfind(|(audience, ..)| (*audience == Audience::EachInstance) == instance);
        let (_, attempt, outcome) = last(false).or(last(true)).expect("handled");
        (*attempt, outcome)
    }
    /// Expects that every handler that listens has handled it.
    ///
    /// # Panics
    /// If one has not.
    #[track_caller]
    pub fn acked(&self) {
        let _ = self.last();
        for (i, (audience, _, outcome)) in self.tries.iter().enumerate() {
            let is_last = !self.tries[i + 1..].iter().any(|(later, ..)| later == audience);
            assert!(!is_last || matches!(outcome, Outcome::Ack), "{} was not acked ({audience:?}): {outcome:?}", self.name);
        }
    }
    /// Expects that it became a dead letter, at once or after all attempts, and gives why.
    ///
    /// # Panics
    /// If it did not.
    #[track_caller]
    pub fn dead_letter(&self) -> &Error {
        match self.last().1 {
            Outcome::Reject(e) | Outcome::Retry(e) => e,
            v => panic!("{} did not become a dead letter: {v:?}", self.name),
        }
    }
    /// Gives the error that made it a dead letter, if it became one.
    ///
    /// # Panics
    /// If nobody listens.
    #[track_caller]
    pub fn error(&self) -> Option<&Error> {
        match self.last().1 {
            Outcome::Ack => None,
            Outcome::Reject(e) | Outcome::Retry(e) => Some(e),
            v => panic!("{} did not end: {v:?}", self.name),
        }
    }
    /// How often it was tried.
    ///
    /// # Panics
    /// If nobody listens.
    #[track_caller]
    pub fn attempts(&self) -> u32 {
        self.last().0
    }
}

/// Messages that went out.
#[derive(Debug)]
pub struct Published<T> {
    name: &'static str,
    all: Vec<Envelope>,
    p: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Published<T> {
    pub(super) fn new(name: &'static str, all: Vec<Envelope>) -> Self {
        Published { name, all, p: PhantomData }
    }
    /// Expects exactly one.
    ///
    /// # Panics
    /// If there were more or none.
    #[track_caller]
    pub fn one(self) -> T {
        assert_eq!(self.all.len(), 1, "{}: went out {} times, expected once", self.name, self.all.len());
        self.all().remove(0)
    }
    /// Expects none.
    ///
    /// # Panics
    /// If there were any.
    #[track_caller]
    pub fn none(self) {
        assert!(self.all.is_empty(), "{}: went out {} times, expected never", self.name, self.all.len());
    }
    /// All of them, in order.
    pub fn all(self) -> Vec<T> {
        self.all.iter().map(|m| m.decode().expect("decodes")).collect()
    }
    /// Their envelopes, in order.
    pub fn envelopes(self) -> Vec<Envelope> {
        self.all
    }
}
