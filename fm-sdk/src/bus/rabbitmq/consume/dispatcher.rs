//! The loop of one worker. It owns its AMQP channel, is woken when messages have arrived, hands them to the handler on its own thread, and
//! acknowledges and replies on that channel: a message changes threads once on its way in and once on its way out.
//!
//! The client library's blocking calls happen here at the start and at the end of a session only, under a timeout; in between nothing waits
//! for the broker, since prefetch bounds what can be on its way to the I/O thread.

use super::{
    delivery,
    mailbox::{Acknowledgement, Assignment, DeliveryTag, Inbox, Mailbox, Session},
    subscription::Subscription,
};
use crate::bus::transport::{Handler, Incoming};
use amiquip::{Channel, Consumer, ConsumerMessage, ConsumerOptions, Delivery};
use crossbeam_channel::{Receiver, Sender, TryRecvError};
use std::{sync::Arc, time::Duration};

/// Longer than a healthy broker needs for an answer.
const RPC_TIMEOUT: Duration = Duration::from_secs(5);

/// A worker's end of a transport.
pub(in super::super) struct Dispatcher {
    mailbox: Arc<Mailbox>,
    handler: Handler,
}

impl Drop for Dispatcher {
    fn drop(&mut self) {
        self.mailbox.leave();
    }
}

impl Dispatcher {
    pub fn new(mailbox: Arc<Mailbox>, handler: Handler) -> Self {
        Dispatcher { mailbox, handler }
    }

    /// Works through one session after the other, until the transport is closed.
    pub async fn run(self) {
        loop {
            let Inbox { assignment, acknowledgements, closed, .. } = self.mailbox.take();
            if let Some(Assignment { channel, session, started }) = assignment {
                self.mailbox.postpone(acknowledgements);
                let released = self.serve(&channel, &session, started).await;
                session.link.guard.within(RPC_TIMEOUT, || drop(channel));
                // Only now does the supervisor hear of it.
                drop(released);
                continue;
            }
            if closed {
                return;
            }
            self.acknowledge_without_session(acknowledgements);
            self.mailbox.woken().await;
        }
    }

    /// Consumes on this channel until it is told to let go of it; gives what told it.
    async fn serve(&self, channel: &Channel, session: &Session, starting: Sender<amiquip::Result<()>>) -> Inbox {
        let mut consumers = Vec::new();
        let started = session.link.guard.within(RPC_TIMEOUT, || {
            for subscription in &session.subscriptions {
                consumers.push(Subscribed::start(channel, subscription.clone())?);
            }
            Ok(())
        });
        let mut usable = started.is_ok();
        match &started {
            Ok(()) if session.gap => (self.handler)(Incoming::Gap),
            Ok(()) => {}
            Err(e) => session.events.ended(amiquip::Error::to_string(e)),
        }
        self.wake_by(session, &consumers);
        let _ = starting.send(started);
        drop(starting);
        loop {
            let mut inbox = self.mailbox.take();
            if inbox.closed || inbox.release.as_ref().is_some_and(|r| r.session == session.events.session) {
                self.mailbox.postpone(std::mem::take(&mut inbox.acknowledgements));
                session.link.guard.within(RPC_TIMEOUT, || drop(consumers));
                return inbox;
            }
            if !usable {
                self.acknowledge_without_session(inbox.acknowledgements);
            } else if let Err(why) = self.pass(channel, session, &mut consumers, inbox) {
                usable = false;
                session.events.ended(why);
            }
            self.mailbox.woken().await;
        }
    }

    fn wake_by(&self, session: &Session, consumers: &[Subscribed<'_>]) {
        // Clones, that live as long as the connection: cancelling a consumer races with its confirmation, and a receiver that is missing
        // then costs the whole connection.
        let receivers: Vec<_> = consumers.iter().map(|c| c.messages.clone()).collect();
        let mailbox = self.mailbox.clone();
        session.link.signals.on_readable(move || {
            if receivers.iter().any(|r| !r.is_empty()) {
                mailbox.wake();
            }
        });
        let mailbox = self.mailbox.clone();
        session.link.signals.on_writable(move || mailbox.wake());
    }

    /// Does all that there is to do now.
    fn pass(&self, channel: &Channel, session: &Session, consumers: &mut [Subscribed<'_>], inbox: Inbox) -> Result<(), String> {
        let text = |e: amiquip::Error| e.to_string();
        if session.link.signals.is_congested() {
            self.mailbox.postpone(inbox.acknowledgements);
        } else {
            for acknowledgement in inbox.acknowledgements {
                self.acknowledge(channel, session.events.session, acknowledgement).map_err(text)?;
            }
        }
        if let Some(done) = inbox.stop {
            session.link.guard.within(RPC_TIMEOUT, || consumers.iter_mut().try_for_each(Subscribed::stop)).map_err(text)?;
            drop(done);
        }
        for consumer in consumers {
            while let Some(delivery) = consumer.next()? {
                if consumer.stopped {
                    delivery.nack(channel, true).map_err(text)?;
                } else if let Some(tag) = delivery::take(&consumer.subscription, delivery, &self.handler) {
                    tag.delivery.ack(channel).map_err(text)?;
                }
            }
        }
        Ok(())
    }

    fn acknowledge(&self, channel: &Channel, session: u64, acknowledgement: Acknowledgement) -> amiquip::Result<()> {
        let own = |tag: DeliveryTag| (tag.session == session).then_some(tag);
        match acknowledgement {
            Acknowledgement::Ack(tag) => own(tag).map_or(Ok(()), |tag| tag.delivery.ack(channel)),
            Acknowledgement::Requeue(tag) => own(tag).map_or(Ok(()), |tag| tag.delivery.nack(channel, true)),
            Acknowledgement::Reply(reply, tag) => {
                reply.send_once(channel)?;
                own(tag).map_or(Ok(()), |tag| tag.delivery.ack(channel))
            }
            Acknowledgement::Again(incoming) => {
                (self.handler)(incoming);
                Ok(())
            }
        }
    }

    /// Acknowledgements have no meaning any more; replies wait for the next session.
    fn acknowledge_without_session(&self, acknowledgements: Vec<Acknowledgement>) {
        let mut replies = Vec::new();
        for acknowledgement in acknowledgements {
            match acknowledgement {
                Acknowledgement::Again(incoming) => (self.handler)(incoming),
                Acknowledgement::Reply(..) => replies.push(acknowledgement),
                Acknowledgement::Ack(_) | Acknowledgement::Requeue(_) => {}
            }
        }
        self.mailbox.postpone(replies);
    }
}

/// A consumer of one queue.
struct Subscribed<'a> {
    subscription: Arc<Subscription>,
    consumer: Consumer<'a>,
    messages: Receiver<ConsumerMessage>,
    stopped: bool,
}

impl<'a> Subscribed<'a> {
    fn start(channel: &'a Channel, subscription: Arc<Subscription>) -> amiquip::Result<Self> {
        // Counts for the consumers that start after it, each on its own.
        channel.qos(0, subscription.what.prefetch_of(subscription.audience), false)?;
        let consumer = channel.basic_consume(subscription.queue.as_str(), ConsumerOptions::default())?;
        let messages = consumer.receiver().clone();
        Ok(Subscribed { subscription, consumer, messages, stopped: false })
    }

    /// Returns when the broker sends no more.
    fn stop(&mut self) -> amiquip::Result<()> {
        self.stopped = true;
        self.consumer.cancel()
    }

    /// The next message that has arrived, or why there will be none.
    fn next(&self) -> Result<Option<Delivery>, String> {
        match self.messages.try_recv() {
            Ok(ConsumerMessage::Delivery(d)) => Ok(Some(d)),
            Ok(ConsumerMessage::ClientCancelled) | Err(TryRecvError::Empty) => Ok(None),
            Err(TryRecvError::Disconnected) if self.stopped => Ok(None),
            Ok(ConsumerMessage::ServerCancelled) => Err(format!("the queue {} was deleted or has moved", self.subscription.queue)),
            Ok(ConsumerMessage::ServerClosedChannel(e) | ConsumerMessage::ServerClosedConnection(e)) => Err(e.to_string()),
            Ok(ConsumerMessage::ClientClosedChannel | ConsumerMessage::ClientClosedConnection) | Err(TryRecvError::Disconnected) => {
                Err("the connection was lost".into())
            }
        }
    }
}
