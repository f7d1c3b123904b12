use super::{Delivered, MockBus};
use crate::{Command, Envelope, Event, MessageKind, Senders};
use futures::FutureExt;
use std::pin::pin;
use tokio::sync::Notify;

impl<S: Send + Sync + 'static> MockBus<S> {
    /// Delivers an event, in the name of the signed-in user if there is one.
    pub async fn deliver<E: Event>(&self, e: E) -> Delivered {
        self.deliver_edited(e, |_| {}).await
    }
    /// Delivers an event whose envelope was edited after it was signed: forged, out of order, tried before.
    pub async fn deliver_edited<E: Event>(&self, e: E, edit: impl FnOnce(&mut Envelope)) -> Delivered {
        let mut m = self.event_envelope(&e);
        edit(&mut m);
        self.hand_over(m).await
    }
    /// Delivers events that come at once, as a handler of batches gets them; how each ended.
    pub async fn deliver_batch<E: Event>(&self, events: impl IntoIterator<Item = E>) -> Vec<Delivered> {
        self.hand_over_all(events.into_iter().map(|e| self.event_envelope(&e)).collect()).await
    }
    /// Sends this service commands that come at once, as a handler of batches gets them; how each ended.
    pub async fn command_batch<C: Command>(&self, commands: impl IntoIterator<Item = C>) -> Vec<Delivered> {
        self.hand_over_all(commands.into_iter().map(|c| self.command_envelope(&c)).collect()).await
    }
    /// Sends this service a command.
    pub async fn command<C: Command>(&self, c: C) -> Delivered {
        self.command_edited(c, |_| {}).await
    }
    /// Sends this service a command whose envelope was edited after it was signed.
    pub async fn command_edited<C: Command>(&self, c: C, edit: impl FnOnce(&mut Envelope)) -> Delivered {
        let mut m = self.command_envelope(&c);
        edit(&mut m);
        self.hand_over(m).await
    }
    /// Delivers the last message once more, with the same id, as a broker may.
    pub async fn redeliver(&self) -> Delivered {
        let m = self.last.borrow().clone().expect("something was delivered");
        self.hand_over(m).await
    }
    /// Kills the process, as far as the store sees it, at the n-th command to the store of the next verb, before or after it took effect.
    pub fn crash_at(&self, step: usize, after: bool) {
        self.crash.at(step, after, true);
    }
    /// Whether the crash of [`MockBus::crash_at`] happened, or the pause of [`MockBus::overlap`].
    pub fn crashed(&self) -> bool {
        self.crash.happened()
    }
    /// Gives two instances the same command; this one pauses at a step of the store while the other runs through.
    pub async fn overlap<C: Command>(&self, other: &MockBus<S>, m: &C, step: usize, after: bool) -> (Delivered, Delivered) {
        let m = self.command_envelope(m);
        self.overlapping(other, m, step, after).await
    }
    /// Gives two instances the same event; this one pauses at a step of the store while the other runs through.
    pub async fn overlap_event<E: Event>(&self, other: &MockBus<S>, m: &E, step: usize, after: bool) -> (Delivered, Delivered) {
        let m = self.event_envelope(m);
        self.overlapping(other, m, step, after).await
    }

    async fn overlapping(&self, other: &MockBus<S>, m: Envelope, step: usize, after: bool) -> (Delivered, Delivered) {
        other.drive(async {}).await;
        self.drive(async {}).await;
        self.crash.at(step, after, false);
        let ended = Notify::new();
        let first = async {
            let handled = self.hand_over(m.clone()).await;
            ended.notify_one();
            handled
        };
        let second = async {
            let (mut held, mut ended) = (pin!(self.crash.held().fuse()), pin!(ended.notified().fuse()));
            futures::select! { () = held => {}, () = ended => {} }
            let handled = other.hand_over(m.clone()).await;
            self.crash.go_on();
            handled
        };
        futures::join!(first, second)
    }

    fn event_envelope<E: Event>(&self, e: &E) -> Envelope {
        let m = self.envelope(MessageKind::Event, E::NAME, E::SENDERS, e);
        if self.listens_to(E::NAME) {
            self.recorder.event(e, &m.source);
        }
        m
    }
    fn command_envelope<C: Command>(&self, c: &C) -> Envelope {
        let m = self.envelope(MessageKind::Command, C::AT, C::SENDERS, c);
        if self.listens_to(C::AT) {
            self.recorder.command(c, &m.source);
        }
        m
    }
    fn listens_to(&self, name: &str) -> bool {
        self.transport.lock().subscriptions.iter().any(|s| s.name == name)
    }

    pub(super) fn envelope<T: serde::Serialize>(&self, kind: MessageKind, name: &str, senders: Senders, body: &T) -> Envelope {
        let declared = match senders {
            Senders::Only([first, ..]) => first,
            _ => "fm-test",
        };
        let sender = self.sender.borrow().clone().unwrap_or_else(|| declared.into());
        let mut m = Envelope::new(kind, name, body, &sender).expect("serialises");
        self.identities.delegate(&sender).seal(&mut m, self.bus().caller.as_ref()).expect("signs");
        m
    }

    async fn hand_over(&self, m: Envelope) -> Delivered {
        self.hand_over_all(vec![m]).await.remove(0)
    }

    async fn hand_over_all(&self, messages: Vec<Envelope>) -> Vec<Delivered> {
        *self.last.borrow_mut() = messages.last().cloned();
        self.start().await;
        let from = self.handled.borrow().len();
        let heard: Vec<_> = messages.iter().map(|m| self.transport.push(m)).collect();
        self.drive(async {}).await;
        let handled = &self.handled.borrow()[from..];
        let delivered = |(m, heard): (Envelope, usize)| {
            let of_it = handled.iter().filter(|h| h.0.id == m.id);
            Delivered::new(m.name, heard, of_it.map(|(m, audience, outcome)| (*audience, m.attempt, outcome.clone())).collect())
        };
        messages.into_iter().zip(heard).map(delivered).collect()
    }
}
