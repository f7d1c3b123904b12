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

/// A message that takes the channel down with it (a missing exchange, a size that the broker refuses) must not do so without end.
const MAX_SENDS: u32 = 5;
/// Messages that are sent at once where several are published at a time.
pub(super) const MAX_GATHERED: usize = 16;

/// A message that waits for the broker's confirm.
pub(super) struct Pending {
    message: Arc<Outgoing>,
    confirmed: oneshot::Sender<Result<()>>,
    /// Set once it was handed to the connection: from then on the broker may have it.
    pub sent: Arc<AtomicBool>,
    sends: u32,
}

impl Pending {
    pub fn new(message: Outgoing, confirmed: oneshot::Sender<Result<()>>) -> Self {
        Pending { message: Arc::new(message), confirmed, sent: Arc::default(), sends: 0 }
    }
}

/// How one message ended. Tell it when no lock is held: whoever it wakes wants the lock.
#[must_use]
pub(super) struct Resolved {
    publisher: oneshot::Sender<Result<()>>,
    result: Result<()>,
}

impl Resolved {
    pub fn tell(self) {
        let _ = self.publisher.send(self.result);
    }
}

/// Published messages that are not confirmed yet, in order.
#[derive(Default)]
pub(super) struct Unconfirmed {
    waiting: VecDeque<Pending>,
    /// By the delivery tag of this session's channel.
    sent: BTreeMap<u64, Pending>,
    last_tag: u64,
    returned: HashSet<String>,
    closed: bool,
}

impl Unconfirmed {
    /// Queues a message to be sent; after [`Unconfirmed::close`] it is dropped. Says whether to let others add theirs before all are sent:
    /// one write for several costs this process and the broker much less than one for each. Only while the broker has something to do.
    pub fn push(&mut self, p: Pending) -> bool {
        if self.closed {
            return false;
        }
        // While the broker is unreachable those that have given up would pile up.
        if self.waiting.len() % 256 == 255 {
            self.waiting.retain(|p| !p.confirmed.is_closed());
        }
        self.waiting.push_back(p);
        !self.sent.is_empty() && self.waiting.len() < MAX_GATHERED
    }
    /// The next one to send, already under its delivery tag. Those that nobody waits for any more are left out.
    pub fn next(&mut self) -> Option<Arc<Outgoing>> {
        loop {
            let mut p = self.waiting.pop_front()?;
            if p.confirmed.is_closed() {
                continue;
            }
            p.sends += 1;
            p.sent.store(true, Relaxed);
            self.last_tag += 1;
            let message = p.message.clone();
            self.sent.insert(self.last_tag, p);
            return Some(message);
        }
    }
    /// The broker could not route it; its confirm follows.
    pub fn returned(&mut self, id: String) {
        self.returned.insert(id);
    }
    /// The broker's answer to one message, or to all up to it.
    pub fn confirmed(&mut self, tag: u64, multiple: bool, stored: bool, resolved: &mut Vec<Resolved>) {
        if !multiple {
            let answered = self.sent.remove(&tag);
            resolved.extend(answered.map(|p| self.resolve(p, stored)));
            return;
        }
        let later = self.sent.split_off(&(tag + 1));
        let answered = std::mem::replace(&mut self.sent, later);
        resolved.extend(answered.into_values().map(|p| self.resolve(p, stored)));
    }
    fn resolve(&mut self, p: Pending, stored: bool) -> Resolved {
        let result = if p.message.mandatory && self.returned.remove(p.message.id()) {
            Err(unroutable(&p.message.key))
        } else if stored {
            Ok(())
        } else {
            let why = "the message broker did not take the message: a queue that it goes to is full, or cannot store it";
            Err(Error::new(Kind::Unavailable, REFUSED, why))
        };
        Resolved { publisher: p.confirmed, result }
    }
    /// The session is over: what was not confirmed is sent again in the next one, in order and before all else. Gives their number.
    pub fn lost(&mut self, why: &str) -> usize {
        self.last_tag = 0;
        self.returned.clear();
        let (again, hopeless): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.sent).into_values().filter(|p| !p.confirmed.is_closed()).partition(|p| p.sends < MAX_SENDS);
        for p in hopeless {
            let why = format!("the connection was lost {MAX_SENDS} times with this message unconfirmed, last: {why}");
            let _ = p.confirmed.send(Err(Error::new(Kind::Unavailable, "bus-lost", why).maybe_done()));
        }
        let count = again.len();
        for p in again.into_iter().rev() {
            self.waiting.push_front(p);
        }
        count
    }
    /// Nothing waits for a confirm.
    pub fn is_empty(&self) -> bool {
        self.sent.is_empty() && self.waiting.iter().all(|p| p.confirmed.is_closed())
    }
    /// Gives up what is left, and takes no more.
    pub fn close(&mut self) {
        *self = Unconfirmed { closed: true, ..Unconfirmed::default() };
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

    fn put(o: &mut Unconfirmed, kind: MessageKind) -> (String, Receiver<Result<()>>) {
        let (tx, rx) = oneshot::channel();
        let m = Envelope::new(kind, "a/b", &1, "test").unwrap();
        let id = m.id.clone();
        let _ = o.push(Pending::new(Outgoing::published(m).unwrap(), tx));
        (id, rx)
    }
    fn confirm(o: &mut Unconfirmed, tag: u64, multiple: bool, stored: bool) {
        let mut resolved = Vec::new();
        o.confirmed(tag, multiple, stored, &mut resolved);
        resolved.into_iter().for_each(Resolved::tell);
    }
    fn send_all(o: &mut Unconfirmed) -> Vec<String> {
        std::iter::from_fn(|| o.next().map(|m| m.id().to_owned())).collect()
    }

    #[test]
    fn a_confirm_of_many_messages_reaches_each_of_them_and_no_other() {
        let mut o = Unconfirmed::default();
        let mut l: Vec<_> = (0..4).map(|_| put(&mut o, MessageKind::Event)).collect();
        send_all(&mut o);
        confirm(&mut o, 2, false, true);
        assert!(l[1].1.try_recv().unwrap().is_ok() && l[0].1.try_recv().is_err());
        confirm(&mut o, 3, true, false);
        assert!(l[0].1.try_recv().unwrap().is_err() && l[2].1.try_recv().unwrap().is_err() && l[3].1.try_recv().is_err());
        confirm(&mut o, 9, true, true);
        assert!(l[3].1.try_recv().unwrap().is_ok() && o.is_empty());
    }

    #[test]
    fn messages_gather_while_others_are_unconfirmed_and_only_so_many() {
        let mut o = Unconfirmed::default();
        let mut receivers = Vec::new();
        let mut gathers = |o: &mut Unconfirmed| {
            let (tx, rx) = oneshot::channel();
            receivers.push(rx);
            let m = Envelope::new(MessageKind::Event, "a/b", &1, "test").unwrap();
            o.push(Pending::new(Outgoing::published(m).unwrap(), tx))
        };
        assert!(!gathers(&mut o), "the broker has nothing to do");
        send_all(&mut o);
        let answers: Vec<bool> = (0..MAX_GATHERED).map(|_| gathers(&mut o)).collect();
        assert_eq!(answers.iter().filter(|gathers| **gathers).count(), MAX_GATHERED - 1);
        assert!(!answers[MAX_GATHERED - 1], "enough for one write");
        send_all(&mut o);
        confirm(&mut o, MAX_GATHERED as u64 + 1, true, true);
        assert!(!gathers(&mut o), "all are confirmed");
    }

    #[test]
    fn a_returned_message_is_unroutable_although_it_is_confirmed() {
        let mut o = Unconfirmed::default();
        let (id, mut rx) = put(&mut o, MessageKind::Command);
        send_all(&mut o);
        o.returned(id);
        confirm(&mut o, 1, false, true);
        assert_eq!(rx.try_recv().unwrap().unwrap_err().kind(), Kind::Unroutable);
    }

    #[test]
    fn unconfirmed_messages_are_sent_again_in_order_and_before_newer_ones() {
        let mut o = Unconfirmed::default();
        let l: Vec<_> = (0..3).map(|_| put(&mut o, MessageKind::Event)).collect();
        send_all(&mut o);
        confirm(&mut o, 1, false, true);
        let newer = put(&mut o, MessageKind::Event);
        assert_eq!(o.lost("cut"), 2);
        assert_eq!(send_all(&mut o), [l[1].0.clone(), l[2].0.clone(), newer.0]);
    }

    #[test]
    fn a_message_that_loses_the_connection_each_time_fails_after_five_attempts() {
        let mut o = Unconfirmed::default();
        let (_, mut rx) = put(&mut o, MessageKind::Event);
        for _ in 0..MAX_SENDS {
            assert!(rx.try_recv().is_err());
            send_all(&mut o);
            o.lost("404");
        }
        let e = rx.try_recv().unwrap().unwrap_err();
        assert!(e.kind() == Kind::Unavailable && e.may_have_been_done() && e.message().contains("404"));
    }

    #[test]
    fn a_message_is_not_sent_when_its_publisher_has_gone() {
        let mut o = Unconfirmed::default();
        drop(put(&mut o, MessageKind::Event));
        assert!(o.is_empty() && send_all(&mut o).is_empty());
    }

    #[test]
    fn closing_fails_what_is_queued_and_what_comes_later() {
        let mut o = Unconfirmed::default();
        let mut queued = put(&mut o, MessageKind::Event).1;
        o.close();
        let mut late = put(&mut o, MessageKind::Event).1;
        let closed = tokio::sync::oneshot::error::TryRecvError::Closed;
        assert_eq!((queued.try_recv().unwrap_err(), late.try_recv().unwrap_err()), (closed.clone(), closed));
    }
}
