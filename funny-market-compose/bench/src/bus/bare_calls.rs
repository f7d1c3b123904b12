//! Calls as short as amiquip can make them: one thread and one connection on each side.

use super::{
    PAYLOAD, Run,
    broker::{BARE_CALLS, Broker},
};
use crate::Result;
use amiquip::{AmqpProperties, Channel, ConsumerMessage, ConsumerOptions, Publish};
use std::{
    thread,
    time::{Duration, Instant},
};

const REPLY_TO: &str = "amq.rabbitmq.reply-to";
/// More than is ever under way.
pub(super) const ALL: u16 = 64;
/// What the SDK's services hold at once.
pub(super) const FAIR: u16 = 8;
const STOP: &[u8] = b"stop";

/// Answers every call with its own body.
struct Responder<'a> {
    thread: thread::JoinHandle<()>,
    broker: &'a Broker,
}

impl<'a> Responder<'a> {
    /// Holds as many unanswered calls at once as `prefetch`.
    fn start(broker: &'a Broker, prefetch: u16) -> Result<Self> {
        let mut connection = broker.connect()?;
        let thread = thread::spawn(move || {
            let done = (|| -> Result<()> {
                let channel = connection.open_channel(None)?;
                channel.qos(0, prefetch, false)?;
                let consumer = channel.basic_consume(BARE_CALLS, ConsumerOptions::default())?;
                while let Ok(ConsumerMessage::Delivery(delivery)) = consumer.receiver().recv() {
                    let last = delivery.body == STOP;
                    if let (Some(to), Some(id)) = (delivery.properties.reply_to().clone(), delivery.properties.correlation_id().clone()) {
                        let properties = AmqpProperties::default().with_correlation_id(id);
                        channel.basic_publish("", Publish::with_properties(&delivery.body, to, properties))?;
                    }
                    consumer.ack(delivery)?;
                    if last {
                        break;
                    }
                }
                Ok(())
            })();
            if let Err(e) = done {
                eprintln!("the bare responder ended: {e}");
            }
        });
        Ok(Responder { thread, broker })
    }

    fn stop(self) {
        let sent = self.broker.connect().and_then(|mut c| Ok(c.open_channel(None)?.basic_publish("", Publish::new(STOP, BARE_CALLS))?));
        if sent.is_ok() {
            drop(self.thread.join());
        }
    }
}

/// Keeps this many calls under way for this long, each with these properties; the one who answers holds `prefetch` of them.
pub(super) fn measure(broker: &Broker, concurrency: usize, time: Duration, prefetch: u16, with: &AmqpProperties) -> Result<Run> {
    let responder = Responder::start(broker, prefetch)?;
    let run = call(broker, concurrency, time, with);
    responder.stop();
    run
}

fn call(broker: &Broker, concurrency: usize, time: Duration, with: &AmqpProperties) -> Result<Run> {
    let mut connection = broker.connect()?;
    let channel = connection.open_channel(None)?;
    let consumer = channel.basic_consume(REPLY_TO, ConsumerOptions { no_ack: true, ..Default::default() })?;
    let body = vec![b'x'; PAYLOAD];
    let mut started = vec![Instant::now(); concurrency];
    let begun = Instant::now();
    for (slot, at) in started.iter_mut().enumerate() {
        *at = Instant::now();
        send(&channel, &body, slot, with)?;
    }
    let (mut run, mut under_way) = (Run::default(), concurrency);
    while under_way > 0 {
        let ConsumerMessage::Delivery(reply) = consumer.receiver().recv_timeout(Duration::from_secs(5))? else {
            return Err("the broker ended the consumer of replies".into());
        };
        let slot: usize = reply.properties.correlation_id().as_deref().unwrap_or_default().parse()?;
        run.micros.push(started[slot].elapsed().as_secs_f64() * 1e6);
        if begun.elapsed() < time {
            started[slot] = Instant::now();
            send(&channel, &body, slot, with)?;
        } else {
            under_way -= 1;
        }
    }
    run.rate = run.micros.len() as f64 / begun.elapsed().as_secs_f64();
    // Dropping a consumer races with the broker's answer to its end: the connection goes first.
    connection.close()?;
    Ok(run)
}

fn send(channel: &Channel, body: &[u8], slot: usize, with: &AmqpProperties) -> Result<()> {
    let properties = with.clone().with_correlation_id(slot.to_string()).with_reply_to(REPLY_TO.into());
    let publish = Publish { body, routing_key: BARE_CALLS.into(), mandatory: true, immediate: false, properties };
    Ok(channel.basic_publish("", publish)?)
}
