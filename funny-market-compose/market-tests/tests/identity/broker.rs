//! The broker, for somebody who has its password: messages straight into a service's queue, and a look at its dead letters.

use crate::{message::Message, people::people};
use amiquip::{AmqpProperties, AmqpValue, Channel, Connection, Publish, QueueDeclareOptions};
use market_tests::wait_until;
use serde_json::Value;
use std::{
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

const TIMEOUT: Duration = Duration::from_secs(20);

pub struct Broker {
    channel: Channel,
    _connection: Connection,
}

/// Why a message became a dead letter.
#[derive(Debug)]
pub struct DeadLetter {
    pub code: String,
    pub cause: String,
}

/// One connection for all rows, used by one at a time.
fn broker() -> MutexGuard<'static, Broker> {
    static BROKER: LazyLock<Mutex<Broker>> = LazyLock::new(|| {
        let mut connection = Connection::insecure_open(&people().market.address("bus")).unwrap();
        let channel = connection.open_channel(None).unwrap();
        Mutex::new(Broker { channel, _connection: connection })
    });
    BROKER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Puts a message into a queue.
pub fn send(queue: &str, message: &Message) {
    let publish = Publish::with_properties(message.body.as_bytes(), queue, message.properties());
    broker().channel.basic_publish("", publish).unwrap();
}

/// Waits until a service has made a message a dead letter, and throws it away.
pub fn dead_letter(service: &str, id: &str) -> DeadLetter {
    let mut found = None;
    wait_until(&format!("{id} is a dead message of {service}"), TIMEOUT, || {
        found = broker().take(&format!("fm.{service}.parking"), id);
        found.is_some()
    });
    found.unwrap()
}

/// Makes a call and waits for the reply: the answer, or the fault.
pub fn ask(service: &str, message: &Message) -> Result<Value, Value> {
    let options = QueueDeclareOptions { exclusive: true, auto_delete: true, ..QueueDeclareOptions::default() };
    let queue = broker().channel.queue_declare("", options).unwrap().name().to_owned();
    let properties = message.properties().with_reply_to(queue.clone()).with_correlation_id(message.id.clone());
    broker()
        .channel
        .basic_publish("", Publish::with_properties(message.body.as_bytes(), format!("fm.{service}.calls"), properties))
        .unwrap();
    let mut reply = None;
    wait_until("there is a reply", TIMEOUT, || {
        reply = broker().channel.basic_get(queue.as_str(), true).unwrap();
        reply.is_some()
    });
    let reply = reply.unwrap().delivery;
    let body = serde_json::from_slice(&reply.body).unwrap();
    if text(&reply.properties, "fm-outcome") == "fault" { Err(body) } else { Ok(body) }
}

impl Broker {
    fn take(&self, queue: &str, id: &str) -> Option<DeadLetter> {
        let mut others = Vec::new();
        let mut found = None;
        while let Some(get) = self.channel.basic_get(queue, false).unwrap() {
            let delivery = get.delivery;
            if found.is_none() && delivery.properties.message_id().as_deref() == Some(id) {
                found = Some(DeadLetter {
                    code: text(&delivery.properties, "fm-parked-code"),
                    cause: text(&delivery.properties, "fm-parked-cause"),
                });
                delivery.ack(&self.channel).unwrap();
            } else {
                others.push(delivery);
            }
        }
        others.into_iter().for_each(|delivery| delivery.nack(&self.channel, true).unwrap());
        found
    }
}

fn text(properties: &AmqpProperties, header: &str) -> String {
    match properties.headers().as_ref().and_then(|headers| headers.get(header)) {
        Some(AmqpValue::LongString(text)) => text.clone(),
        _ => String::new(),
    }
}
