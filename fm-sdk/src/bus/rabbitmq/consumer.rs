//! One thread per queue: it owns the channel, since a consumer borrows it, and does all the settling on it.

use super::intake::Intake;
use amiquip::{AmqpProperties, Channel, ConsumerMessage, ConsumerOptions, Delivery};
use crossbeam_channel::{Receiver, Sender, never, select};

/// A message as it came.
pub(super) struct Raw {
    pub properties: AmqpProperties,
    pub body: Vec<u8>,
    /// What it is settled by.
    pub receipt: Receipt,
}

/// Settles one message, in the session it came by; in a later one it has no meaning and goes nowhere.
pub(super) struct Receipt(Delivery);

impl Receipt {
    /// Somebody had it before and did not settle it.
    pub fn came_again(&self) -> bool {
        self.0.redelivered
    }
}

/// What the thread is told.
pub(super) enum Order {
    /// It is done.
    Ack(Receipt),
    /// Somebody else shall have it.
    Requeue(Receipt),
    /// What this queue needs is not there any more: a new session declares it again.
    Broken(String),
    /// Takes no new messages; answers when the broker has agreed.
    Stop(Sender<()>),
}

/// Starts to consume and works until the session ends. `started` hears how the start went.
pub(super) fn run(
    channel: &Channel,
    queue: &str,
    into: &Intake,
    orders: &Receiver<Order>,
    started: &Sender<Result<(), amiquip::Error>>,
) -> Result<(), String> {
    let consumer = match channel.basic_consume(queue, ConsumerOptions::default()) {
        Ok(c) => c,
        Err(e) => {
            let _ = started.send(Err(e));
            return Ok(());
        }
    };
    let _ = started.send(Ok(()));
    // A clone: cancelling races with its confirmation, and a missing receiver costs the whole connection. So it lives on until the
    // confirmation has come by it.
    let mut messages = consumer.receiver().clone();
    let (mut stopped, mut cancelled) = (None::<Sender<()>>, false);
    loop {
        select! {
            recv(messages) -> m => match m {
                Ok(ConsumerMessage::Delivery(d)) if stopped.is_some() => d.nack(channel, true).map_err(|e| e.to_string())?,
                Ok(ConsumerMessage::Delivery(mut d)) => {
                    let (properties, body) = (std::mem::take(&mut d.properties), std::mem::take(&mut d.body));
                    into.take(Raw { properties, body, receipt: Receipt(d) });
                }
                Ok(ConsumerMessage::ClientCancelled) => {
                    messages = never();
                    cancelled = true;
                    if let Some(s) = &stopped {
                        let _ = s.send(());
                    }
                }
                Ok(ConsumerMessage::ServerCancelled) => return Err(format!("the queue {queue} was deleted or has moved")),
                Ok(ConsumerMessage::ServerClosedChannel(e) | ConsumerMessage::ServerClosedConnection(e)) => return Err(e.to_string()),
                Ok(ConsumerMessage::ClientClosedChannel | ConsumerMessage::ClientClosedConnection) | Err(_) => {
                    return Err("the connection was lost".into());
                }
            },
            recv(orders) -> order => match order {
                Ok(Order::Ack(r)) => r.0.ack(channel).map_err(|e| e.to_string())?,
                Ok(Order::Requeue(r)) => r.0.nack(channel, true).map_err(|e| e.to_string())?,
                Ok(Order::Broken(why)) => return Err(why),
                Ok(Order::Stop(done)) if cancelled => drop(done.send(())),
                Ok(Order::Stop(done)) => {
                    stopped = Some(done);
                    consumer.cancel().map_err(|e| e.to_string())?;
                }
                Err(_) => return Ok(()),
            },
        }
    }
}
