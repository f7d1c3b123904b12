use super::{
    super::{
        connection::{link::Watch, session_events::SessionEvents},
        publish::outgoing::Outgoing,
    },
    in_flight::Counted,
    subscription::Subscription,
};
use crate::bus::transport::Incoming;
use amiquip::Channel;
use crossbeam_channel::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// A channel and the queues to consume from by it, given to the worker that owns them from now on.
pub(in super::super) struct Assignment {
    pub channel: Channel,
    pub session: Session,
    /// Hears how the start went; dropped then.
    pub started: Sender<Result<(), amiquip::Error>>,
}

/// What a worker knows of the session that its channel belongs to.
pub(in super::super) struct Session {
    pub subscriptions: Vec<Arc<Subscription>>,
    /// Messages for each instance may have been missed.
    pub gap: bool,
    pub link: Watch,
    pub events: SessionEvents,
}

/// Acknowledges one message, in the session that it came by; in a later one it means another message, or none.
pub(in super::super) struct DeliveryTag {
    pub session: u64,
    pub delivery: amiquip::Delivery,
    pub _in_flight: Counted,
}

/// What the worker does on its channel.
pub(super) enum Acknowledgement {
    Ack(DeliveryTag),
    /// Gives the message back, uncounted.
    Requeue(DeliveryTag),
    /// Sends the reply of a call, then acknowledges the call. The reply is good in a later session too.
    Reply(Box<Outgoing>, DeliveryTag),
    /// Hands a message to the handler once more, within this process.
    Again(Incoming),
}

/// Ends a session; the sender is dropped when the worker has let go of the channel.
pub(super) struct Release {
    pub session: u64,
    pub _done: Sender<()>,
}

/// What a worker is told from other threads.
#[derive(Default)]
pub(in super::super) struct Mailbox {
    inbox: Mutex<Inbox>,
    wake: Notify,
}

#[derive(Default)]
pub(super) struct Inbox {
    pub assignment: Option<Assignment>,
    pub acknowledgements: Vec<Acknowledgement>,
    /// Consume no more; dropped when the broker has agreed.
    pub stop: Option<Sender<()>>,
    pub release: Option<Release>,
    pub closed: bool,
    /// The worker has ended.
    gone: bool,
}

impl Mailbox {
    fn tell(&self, what: impl FnOnce(&mut Inbox)) {
        let mut inbox = self.lock();
        if !inbox.gone {
            what(&mut inbox);
            drop(inbox);
            self.wake.notify_one();
        }
    }
    pub fn assign(&self, assignment: Assignment) {
        self.tell(|inbox| inbox.assignment = Some(assignment));
    }
    /// Stops the consumers; `done` is dropped when that is done.
    pub fn stop(&self, done: Sender<()>) {
        self.tell(|inbox| inbox.stop = Some(done));
    }
    /// Ends a session; `done` is dropped when its channel is not used any more.
    pub fn release(&self, session: u64, done: Sender<()>) {
        self.tell(|inbox| {
            // Not taken by the worker yet, and never will be.
            inbox.assignment = None;
            inbox.release = Some(Release { session, _done: done });
        });
    }
    /// There will be no more sessions.
    pub fn close(&self) {
        self.tell(|inbox| inbox.closed = true);
    }
    pub fn wake(&self) {
        self.wake.notify_one();
    }
    pub fn is_gone(&self) -> bool {
        self.lock().gone
    }
    pub(super) fn acknowledge(&self, acknowledgement: Acknowledgement) {
        self.tell(|inbox| inbox.acknowledgements.push(acknowledgement));
    }
    /// Puts acknowledgements back, before those that have come since.
    pub(super) fn postpone(&self, mut acknowledgements: Vec<Acknowledgement>) {
        let mut inbox = self.lock();
        acknowledgements.append(&mut inbox.acknowledgements);
        inbox.acknowledgements = acknowledgements;
    }
    /// Takes all out.
    pub(super) fn take(&self) -> Inbox {
        let mut inbox = self.lock();
        let (closed, gone) = (inbox.closed, inbox.gone);
        std::mem::replace(&mut *inbox, Inbox { closed, gone, ..Inbox::default() })
    }
    pub(super) async fn woken(&self) {
        self.wake.notified().await;
    }
    pub(super) fn leave(&self) {
        let left = std::mem::replace(&mut *self.lock(), Inbox { closed: true, gone: true, ..Inbox::default() });
        drop(left);
    }
    fn lock(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
