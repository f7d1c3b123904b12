//! The broker as one meets it who has its password and no manners.

use amiquip::{AmqpProperties, AmqpValue, Channel, Connection, FieldTable, Publish, QueueDeclareOptions};
use market_tests::{Market, wait_until};
use serde_json::Value;
use std::{cell::RefCell, time::Duration};

/// A connection of its own.
pub struct Broker {
    connection: Option<Connection>,
    channel: Channel,
}

/// A message as it lies in a queue.
#[derive(Clone, Debug)]
pub struct Raw {
    pub properties: AmqpProperties,
    pub body: Vec<u8>,
}

impl Broker {
    pub fn of(market: &Market) -> Self {
        let mut connection = Connection::insecure_open(&market.address("bus")).unwrap();
        let channel = connection.open_channel(None).unwrap();
        Broker { connection: Some(connection), channel }
    }

    /// Puts a message in front of all who listen to the events of this name.
    pub fn publish(&self, event: &str, message: &Raw) {
        let publish = Publish::with_properties(&message.body, event, message.properties.clone());
        self.channel.basic_publish("fm.events", publish).unwrap();
    }

    /// Starts to overhear an event.
    pub fn overhear(&self, event: &str) -> Ear<'_> {
        let options = QueueDeclareOptions { exclusive: true, ..QueueDeclareOptions::default() };
        let queue = self.channel.queue_declare("", options).unwrap().name().to_owned();
        self.channel.queue_bind(&queue, "fm.events", event, FieldTable::new()).unwrap();
        Ear { broker: self, queue }
    }

    /// Takes the next message of a queue as a process does that dies over it, again and again until the broker gives it no more.
    pub fn die_over_each_message_of(&self, queue: &str) -> usize {
        let deaths = RefCell::new(0);
        let dies = || match self.channel.basic_get(queue, false).unwrap() {
            Some(get) => {
                get.delivery.nack(&self.channel, true).unwrap();
                *deaths.borrow_mut() += 1;
                true
            }
            None => false,
        };
        wait_until("there is a message to die over", Duration::from_secs(20), dies);
        wait_until("the broker has given up", Duration::from_secs(20), || !dies());
        deaths.into_inner()
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            let _ = connection.close();
        }
    }
}

/// Copies of an event, from when it was made.
pub struct Ear<'b> {
    broker: &'b Broker,
    queue: String,
}

impl Ear<'_> {
    /// Waits for one whose body has this text in it.
    pub fn hear(&self, text: &str) -> Raw {
        let mut heard = None;
        wait_until("the event is heard", Duration::from_secs(20), || {
            while let Some(get) = self.broker.channel.basic_get(self.queue.as_str(), true).unwrap() {
                if String::from_utf8_lossy(&get.delivery.body).contains(text) {
                    heard = Some(Raw { properties: get.delivery.properties, body: get.delivery.body });
                }
            }
            heard.is_some()
        });
        heard.unwrap()
    }
}

impl Raw {
    /// Reads what a document shows: `message_id`, `type`, `app_id`, `headers` and the `body`.
    pub fn from_json(shown: &Value) -> Self {
        let mut properties = AmqpProperties::default();
        let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned();
        let mut headers = FieldTable::new();
        for (name, value) in shown["headers"].as_object().into_iter().flatten() {
            headers.insert(name.clone(), AmqpValue::LongString(text(value)));
        }
        properties = properties.with_message_id(text(&shown["message_id"])).with_type_(text(&shown["type"]));
        properties = properties.with_app_id(text(&shown["app_id"])).with_headers(headers);
        Raw { properties, body: shown["body"].to_string().into_bytes() }
    }

    /// The same, with a header of its own choice.
    pub fn with_header(self, name: &str, value: &str) -> Self {
        let mut headers = self.properties.headers().clone().unwrap_or_default();
        headers.insert(name.to_owned(), AmqpValue::LongString(value.to_owned()));
        Raw { properties: self.properties.with_headers(headers), ..self }
    }

    pub fn with_id(self, id: &str) -> Self {
        Raw { properties: self.properties.with_message_id(id.to_owned()), ..self }
    }

    pub fn with_body(self, body: &str) -> Self {
        Raw { body: body.as_bytes().to_vec(), ..self }
    }
}
