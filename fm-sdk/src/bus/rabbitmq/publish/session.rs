//! What one connection publishes by. Confirms, returns and replies are taken in on the connection's I/O thread, which wakes the tasks that
//! wait for them; nothing there blocks.

use super::{
    super::{
        Shared, codec,
        connection::{
            link::Watch,
            session_events::SessionEvents,
            signals::Signals,
            state::{Part, State},
        },
        topology,
    },
    publisher::Publisher,
    unconfirmed::{Resolved, unroutable},
};
use amiquip::{
    AmqpProperties, Channel, Confirm, Connection, ConnectionBlockedNotification, Consumer, ConsumerMessage, ConsumerOptions, Publish,
    Return,
};
use crossbeam_channel::{Receiver, TryRecvError};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// Direct reply-to (<https://www.rabbitmq.com/docs/direct-reply-to>): replies come without a queue.
const REPLY_TO: &str = "amq.rabbitmq.reply-to";
/// A routing key that no queue has: what goes there comes back.
const NOWHERE: &str = "fm.nowhere";
const RPC_TIMEOUT: Duration = Duration::from_secs(15);

/// The channels that callers send by.
pub(super) struct Session {
    pub confirming: Mutex<Channel>,
    pub calling: Mutex<Channel>,
    /// Where replies to this session's calls go.
    pub reply_to: String,
    pub signals: Arc<Signals>,
}

/// Channels and receivers of a session that is not started yet.
pub(in super::super) struct Channels {
    confirming: Channel,
    confirms: Receiver<Confirm>,
    returns: Receiver<Return>,
    calling: Channel,
    call_returns: Receiver<Return>,
    replies: Channel,
    blocks: Receiver<ConnectionBlockedNotification>,
}

impl Channels {
    /// Opens the channels and declares what publishers need.
    pub fn open(connection: &mut Connection, shared: &Shared) -> amiquip::Result<Self> {
        let blocks = connection.listen_for_connection_blocked()?;
        let confirming = connection.open_channel(None)?;
        shared.declare_common(&confirming)?;
        let (confirms, returns) = (confirming.listen_for_publisher_confirms()?, confirming.listen_for_returns()?);
        confirming.enable_publisher_confirms()?;
        let calling = connection.open_channel(None)?;
        let call_returns = calling.listen_for_returns()?;
        Ok(Channels { confirming, confirms, returns, calling, call_returns, replies: connection.open_channel(None)?, blocks })
    }

    /// Publishes from now on and for as long as `work` does, which hears by `events` when there is something to do.
    ///
    /// # Errors
    /// The session did not start, or what `work` says.
    pub fn publish_while(
        self,
        publisher: &Arc<Publisher>,
        Watch { signals, guard }: &Watch,
        events: SessionEvents,
        work: impl FnOnce() -> Result<(), Option<String>>,
    ) -> Result<(), Option<String>> {
        let Channels { confirming, confirms, returns, calling, call_returns, replies, blocks } = self;
        // The consumer borrows its channel, which therefore cannot be the one that many threads publish calls by.
        let (consumer, reply_to) = guard.within(RPC_TIMEOUT, || consume_replies(&replies)).map_err(Some)?;
        let mut confirms = ConfirmReader {
            publisher: publisher.clone(),
            confirms,
            returns,
            call_returns,
            // A clone: the consumer's receiver must outlive the consumer.
            replies: consumer.receiver().clone(),
            blocks,
            events: events.clone(),
            failed: false,
        };
        signals.on_readable(move || confirms.take());
        signals.on_writable(move || events.flush());
        publisher.start(Session { confirming: Mutex::new(confirming), calling: Mutex::new(calling), reply_to, signals: signals.clone() });
        let result = work();
        let session = publisher.stop();
        let result = guard.within(RPC_TIMEOUT, || {
            let channels = session.map(|s| [s.confirming, s.calling]);
            let reason = |why| channels.iter().flatten().find_map(closed_because).or(why);
            let result = result.map_err(reason);
            drop((channels, consumer));
            result
        });
        guard.within(RPC_TIMEOUT, || drop(replies));
        result
    }
}

/// Starts to consume replies; gives the address that the broker has made for them. A request that is published on this channel would get
/// it from the broker; those of other channels need it in full, and a message that comes back shows it.
fn consume_replies(channel: &Channel) -> Result<(Consumer<'_>, String), String> {
    let text = |e: amiquip::Error| e.to_string();
    let returns = channel.listen_for_returns().map_err(text)?;
    let consumer = channel.basic_consume(REPLY_TO, ConsumerOptions { no_ack: true, ..Default::default() }).map_err(text)?;
    let properties = AmqpProperties::default().with_reply_to(REPLY_TO.into());
    let probe = Publish { body: b"", routing_key: NOWHERE.into(), mandatory: true, immediate: false, properties };
    channel.basic_publish("", probe).map_err(text)?;
    let returned = returns.recv_timeout(RPC_TIMEOUT).map_err(|e| format!("no address for replies: {e}"))?;
    let address = returned.properties.reply_to().clone().filter(|to| to.starts_with(REPLY_TO));
    Ok((consumer, address.ok_or("the broker gave no address for replies")?))
}

/// Why the broker has closed a channel, if it has: the next use of it says so.
fn closed_because(channel: &Mutex<Channel>) -> Option<String> {
    match channel.lock().unwrap_or_else(PoisonError::into_inner).qos(0, 0, false) {
        Err(e @ amiquip::Error::ServerClosedChannel { .. }) => Some(e.to_string()),
        _ => None,
    }
}

/// What arrives for the publisher.
struct ConfirmReader {
    publisher: Arc<Publisher>,
    confirms: Receiver<Confirm>,
    returns: Receiver<Return>,
    call_returns: Receiver<Return>,
    replies: Receiver<ConsumerMessage>,
    blocks: Receiver<ConnectionBlockedNotification>,
    events: SessionEvents,
    /// The reason has been told; what still comes is left to the next session.
    failed: bool,
}

impl ConfirmReader {
    fn take(&mut self) {
        if !self.failed
            && let Err(why) = self.take_all()
        {
            self.failed = true;
            self.events.ended(why);
        }
    }

    fn take_all(&self) -> Result<(), String> {
        for b in self.blocks.try_iter() {
            self.block(b);
        }
        // A message that was returned is confirmed afterwards, on another receiver: look here first.
        for r in self.returns.try_iter() {
            self.returned(r)?;
        }
        let (resolved, confirms) = self.confirmed();
        resolved.into_iter().for_each(Resolved::tell);
        confirms?;
        for r in self.call_returns.try_iter() {
            self.publisher.answer(r.properties.correlation_id().as_deref(), Err(unroutable(&r.routing_key)));
        }
        loop {
            match self.replies.try_recv() {
                Ok(ConsumerMessage::Delivery(d)) => {
                    let outcome = codec::outcome(&d.properties, d.body);
                    self.publisher.answer(d.properties.correlation_id().as_deref(), outcome);
                }
                Ok(ConsumerMessage::ServerClosedChannel(e) | ConsumerMessage::ServerClosedConnection(e)) => return Err(e.to_string()),
                Err(TryRecvError::Empty) => return Ok(()),
                Ok(_) | Err(TryRecvError::Disconnected) => return Err("the consumer of replies has ended".into()),
            }
        }
    }

    /// The messages whose confirms have arrived, which come in bursts.
    fn confirmed(&self) -> (Vec<Resolved>, Result<(), String>) {
        let (mut resolved, mut unconfirmed) = (Vec::new(), self.publisher.unconfirmed());
        loop {
            match self.confirms.try_recv() {
                Ok(Confirm::Ack(c)) => unconfirmed.confirmed(c.delivery_tag, c.multiple, true, &mut resolved),
                Ok(Confirm::Nack(c)) => unconfirmed.confirmed(c.delivery_tag, c.multiple, false, &mut resolved),
                Err(TryRecvError::Empty) => return (resolved, Ok(())),
                Err(TryRecvError::Disconnected) => return (resolved, Err("the channel of confirmed messages was closed".into())),
            }
        }
    }

    fn block(&self, b: ConnectionBlockedNotification) {
        let state = match b {
            ConnectionBlockedNotification::Blocked(why) => {
                let why = format!("connection blocked by the broker: {why}");
                self.publisher.block(Some(why.clone()));
                State::Down(why)
            }
            ConnectionBlockedNotification::Unblocked => {
                self.publisher.block(None);
                self.events.flush();
                State::Up
            }
        };
        self.publisher.shared.state.set(Part::Publishing, state);
    }

    /// A command without a queue is its sender's business. An event without one means that even the queue of unrouted events is gone: the
    /// next session declares it and sends the event again.
    fn returned(&self, r: Return) -> Result<(), String> {
        if r.exchange == topology::EVENTS {
            return Err(format!("an event was returned: the exchange or the queue {} is missing", topology::UNROUTED));
        }
        self.publisher.unconfirmed().returned(r.properties.message_id().clone().unwrap_or_default());
        Ok(())
    }
}
