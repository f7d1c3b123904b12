use super::outgoing::Outgoing;
use crate::{Error, Kind, Result, bus::transport::REFUSED};
use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};
use tokio::sync::oneshot;

/// A message that takes the channel down with it (a missing exchange, a size that the broker refuses) must not do so for ever.
const MOST_SENDS: u32 = 5;

/// A message that waits for the broker's confirmation.
pub(super) struct Pending {
    pub message: Outgoing,
    pub done: oneshot::Sender<Result<()>>,
    /// Set once it was handed to the connection: from then on the broker may have it.
    pub sent: Arc<AtomicBool>,
    sends: u32,
}

impl Pending {
    pub fn new(message: Outgoing, done: oneshot::Sender<Result<()>>) -> Self {
        Pending { message, done, sent: Arc::default(), sends: 0 }
    }
}

/// What is not confirmed yet, in order.
#[derive(Default)]
pub(super) struct Outbox {
    waiting: VecDeque<Pending>,
    /// By the delivery tag of this session's channel.
    sent: BTreeMap<u64, Pending>,
    last_tag: u64,
    returned: HashSet<String>,
}

impl Outbox {
    pub fn push(&mut self, p: Pending) {
        // While the broker is away those that have given up would pile up.
        if self.waiting.len() % 256 == 255 {
            self.waiting.retain(|p| !p.done.is_closed());
        }
        self.waiting.push_back(p);
    }
    /// The next one to send, already under its delivery tag. Those that nobody waits for any more are left out.
    pub fn next(&mut self) -> Option<&Pending> {
        loop {
            let mut p = self.waiting.pop_front()?;
            if p.done.is_closed() {
                continue;
            }
            p.sends += 1;
            p.sent.store(true, Relaxed);
            self.last_tag += 1;
            return Some(self.sent.entry(self.last_tag).or_insert(p));
        }
    }
    /// The broker could not route it; its confirmation follows.
    pub fn returned(&mut self, id: String) {
        self.returned.insert(id);
    }
    /// The broker's answer to one message, or to all up to it.
    pub fn confirmed(&mut self, tag: u64, multiple: bool, stored: bool) {
        let later = self.sent.split_off(&(tag + 1));
        let mut now = std::mem::replace(&mut self.sent, later);
        if !multiple {
            let one = now.remove(&tag);
            self.sent.append(&mut now);
            now = one.map(|p| (tag, p)).into_iter().collect();
        }
        for p in now.into_values() {
            let result = if p.message.mandatory && self.returned.remove(p.message.id()) {
                Err(unroutable(&p.message.key))
            } else if stored {
                Ok(())
            } else {
                Err(Error::new(
                    Kind::Unavailable,
                    REFUSED,
                    "the message broker did not take the message: a queue that it goes to is full, or cannot store it",
                ))
            };
            let _ = p.done.send(result);
        }
    }
    /// The session is over: what was not confirmed is sent again in the next one, in order and before all else. Gives their number.
    pub fn lost(&mut self, why: &str) -> usize {
        self.last_tag = 0;
        self.returned.clear();
        let (again, hopeless): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.sent).into_values().filter(|p| !p.done.is_closed()).partition(|p| p.sends < MOST_SENDS);
        for p in hopeless {
            let _ = p.done.send(Err(Error::new(
                Kind::Unavailable,
                "bus-lost",
                format!("the connection was lost {MOST_SENDS} times with this message unconfirmed, last: {why}"),
            )
            .maybe_done()));
        }
        let count = again.len();
        for p in again.into_iter().rev() {
            self.waiting.push_front(p);
        }
        count
    }
    /// Nothing is owed.
    pub fn is_empty(&self) -> bool {
        self.sent.is_empty() && self.waiting.iter().all(|p| p.done.is_closed())
    }
}

/// No queue took it.
pub(super) fn unroutable(key: &str) -> Error {
    Error::new(Kind::Unroutable, "unroutable", format!("no service listens at `{key}`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Envelope, MessageKind};
    use tokio::sync::oneshot::Receiver;

    fn put(o: &mut Outbox, kind: MessageKind) -> (String, Receiver<Result<()>>) {
        let (tx, rx) = oneshot::channel();
        let m = Envelope::new(kind, "a/b", &1, "test").unwrap();
        let id = m.id.clone();
        o.push(Pending::new(Outgoing::published(m).unwrap(), tx));
        (id, rx)
    }
    fn send_all(o: &mut Outbox) -> Vec<String> {
        std::iter::from_fn(|| o.next().map(|p| p.message.id().to_owned())).collect()
    }

    #[test]
    fn a_confirmation_of_many_reaches_each_and_only_those() {
        let mut o = Outbox::default();
        let mut l: Vec<_> = (0..4).map(|_| put(&mut o, MessageKind::Event)).collect();
        send_all(&mut o);
        o.confirmed(2, false, true);
        assert!(l[1].1.try_recv().unwrap().is_ok() && l[0].1.try_recv().is_err());
        o.confirmed(3, true, false);
        assert!(l[0].1.try_recv().unwrap().is_err() && l[2].1.try_recv().unwrap().is_err() && l[3].1.try_recv().is_err());
        o.confirmed(9, true, true);
        assert!(l[3].1.try_recv().unwrap().is_ok() && o.is_empty());
    }

    #[test]
    fn what_was_returned_is_unroutable_although_it_is_confirmed() {
        let mut o = Outbox::default();
        let (id, mut rx) = put(&mut o, MessageKind::Command);
        send_all(&mut o);
        o.returned(id);
        o.confirmed(1, false, true);
        assert_eq!(rx.try_recv().unwrap().unwrap_err().kind(), Kind::Unroutable);
    }

    #[test]
    fn unconfirmed_messages_are_sent_again_in_order_and_before_newer_ones() {
        let mut o = Outbox::default();
        let l: Vec<_> = (0..3).map(|_| put(&mut o, MessageKind::Event)).collect();
        send_all(&mut o);
        o.confirmed(1, false, true);
        let newer = put(&mut o, MessageKind::Event);
        assert_eq!(o.lost("cut"), 2);
        assert_eq!(send_all(&mut o), [l[1].0.clone(), l[2].0.clone(), newer.0]);
    }

    #[test]
    fn a_message_that_always_costs_the_connection_is_given_up() {
        let mut o = Outbox::default();
        let (_, mut rx) = put(&mut o, MessageKind::Event);
        for _ in 0..MOST_SENDS {
            assert!(rx.try_recv().is_err());
            send_all(&mut o);
            o.lost("404");
        }
        let e = rx.try_recv().unwrap().unwrap_err();
        assert!(e.kind() == Kind::Unavailable && e.may_have_been_done() && e.message().contains("404"));
    }

    #[test]
    fn nobody_waits_for_it_so_it_is_not_sent() {
        let mut o = Outbox::default();
        drop(put(&mut o, MessageKind::Event));
        assert!(o.is_empty() && send_all(&mut o).is_empty());
    }
}
