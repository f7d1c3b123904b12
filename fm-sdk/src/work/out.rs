use super::bus::{Bus, seal};
use crate::{Command, Envelope, Event, MessageKind, Result, Senders, message::Subject, runtime::Schedule};

/// Messages that leave together with a change, or not at all.
pub struct Out {
    pub(super) bus: Bus,
    pub(super) subject: Option<Subject>,
    messages: Vec<Envelope>,
    pub(super) schedules: Vec<Schedule>,
}

impl Out {
    pub(crate) fn new(bus: &Bus) -> Self {
        Out { bus: bus.clone(), subject: None, messages: Vec::new(), schedules: Vec::new() }
    }
    pub(super) fn about(bus: &Bus, document: String, version: i64) -> Self {
        Out { subject: Some(Subject { document, version }), ..Out::new(bus) }
    }
    /// Says that something happened.
    ///
    /// # Errors
    /// `Internal` if the event cannot be serialised, or its declaration does not name this service as a sender (`sender-undeclared`).
    pub fn publish<E: Event>(&mut self, e: E) -> Result<()> {
        self.add(MessageKind::Event, E::NAME, E::SENDERS, &e)
    }
    /// Tells another service to do something.
    ///
    /// # Errors
    /// `Internal` if the command cannot be serialised, or its declaration does not name this service as a sender (`sender-undeclared`).
    pub fn send<C: Command>(&mut self, c: C) -> Result<()> {
        self.add(MessageKind::Command, C::AT, C::SENDERS, &c)
    }
    /// The version that the document will have after this step.
    pub fn version(&self) -> i64 {
        self.subject.as_ref().map_or(0, |s| s.version)
    }
    fn add<T: serde::Serialize>(&mut self, kind: MessageKind, name: &str, senders: Senders, m: &T) -> Result<()> {
        senders.check_sent(name, &self.bus.rt.service)?;
        let mut envelope = Envelope::new(kind, name, m, &self.bus.rt.service)?;
        envelope.subject.clone_from(&self.subject);
        self.messages.push(envelope);
        Ok(())
    }
    pub(crate) fn is_empty(&self) -> bool {
        self.messages.is_empty() && self.schedules.is_empty()
    }
    /// Signs and hands out the messages. Late, so that a closure that fails or runs again costs no signatures.
    pub(crate) fn sealed(self) -> Result<Vec<Envelope>> {
        let Out { bus, messages, schedules, .. } = self;
        let sealed = messages.into_iter().map(|m| seal(&bus.rt, bus.caller.as_ref(), m, Senders::Any));
        sealed.chain(schedules.iter().map(|s| s.enclosed(&bus.rt))).collect()
    }
}
