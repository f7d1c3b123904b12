use super::super::{codec, topology};
use crate::{Envelope, Error, Kind, MessageKind, Result, bus::transport::Audience, message};
use amiquip::{AmqpProperties, Channel, Publish};

/// Larger bodies do not belong on a bus; files go through the file store.
const MAX_BODY_BYTES: usize = 16 << 20;

/// A message with its route.
#[derive(Clone, Debug)]
pub(in super::super) struct Outgoing {
    pub exchange: String,
    pub key: String,
    /// Comes back if no queue takes it.
    pub mandatory: bool,
    pub properties: AmqpProperties,
    pub body: Vec<u8>,
}

impl Outgoing {
    /// Routes an event or a command.
    pub fn published(m: Envelope) -> Result<Self> {
        let (exchange, key, mandatory) = match m.kind {
            // Mandatory: it comes back only if the queue of unrouted events is not there either.
            MessageKind::Event => (topology::EVENTS.to_owned(), m.name.clone(), true),
            MessageKind::Command => (String::new(), topology::queue(message::owner(&m.name), Audience::Command), true),
            MessageKind::Call => return Err(Error::new(Kind::Invalid, "call-published", "a call is requested, not published")),
        };
        Self::checked(exchange, key, mandatory, m, codec::properties)
    }
    /// Routes a call.
    pub fn call(m: Envelope, correlation: u64, deadline_ms: i64) -> Result<Self> {
        let queue = topology::queue(message::owner(&m.name), Audience::Call);
        Self::checked(String::new(), queue, true, m, |m| codec::call(m, correlation, deadline_ms))
    }
    /// Straight into a queue.
    pub fn to_queue(queue: String, m: Envelope) -> Result<Self> {
        Self::checked(String::new(), queue, true, m, codec::properties)
    }
    /// Into an exchange that is ours.
    pub fn through(exchange: String, key: String, m: Envelope) -> Result<Self> {
        // Mandatory: an exchange whose queue is gone would swallow it.
        Self::checked(exchange, key, true, m, codec::properties)
    }
    fn checked(
        exchange: String,
        key: String,
        mandatory: bool,
        m: Envelope,
        properties: impl FnOnce(&Envelope) -> AmqpProperties,
    ) -> Result<Self> {
        // AMQP 0-9-1, 4.2.5.3: a short string has at most 255 bytes; and all properties must fit into one frame.
        let long = [&exchange, &key, &m.id, &m.name, &m.source, &m.instance].iter().any(|s| s.len() > 255);
        let headers = [m.token.as_deref(), m.trace.as_deref(), m.subject.as_ref().map(|s| s.document.as_str())];
        if long || headers.iter().flatten().map(|s| s.len()).sum::<usize>() > 65_536 {
            return Err(Error::new(Kind::Invalid, "message-unsendable", "an id, a name or a header of the message is too long"));
        }
        if m.body.len() > MAX_BODY_BYTES {
            return Err(Error::new(Kind::TooLarge, "message-too-large", "the message has more than 16 MiB"));
        }
        Ok(Outgoing { exchange, key, mandatory, properties: properties(&m), body: m.body.into_bytes() })
    }
    /// How many places of a window it takes: one, and one more per 16 KiB.
    pub fn weight(&self) -> u32 {
        u32::try_from(1 + self.body.len() / (16 << 10)).unwrap_or(u32::MAX)
    }
    pub fn id(&self) -> &str {
        self.properties.message_id().as_deref().unwrap_or_default()
    }
    /// Sends it and keeps it, to be sent again.
    pub fn send(&self, channel: &Channel) -> amiquip::Result<()> {
        self.publish(channel, self.key.clone(), self.properties.clone())
    }
    /// Sends it for the only time.
    pub fn send_once(mut self, channel: &Channel) -> amiquip::Result<()> {
        let (key, properties) = (std::mem::take(&mut self.key), std::mem::take(&mut self.properties));
        self.publish(channel, key, properties)
    }
    fn publish(&self, channel: &Channel, routing_key: String, properties: AmqpProperties) -> amiquip::Result<()> {
        let publish = Publish { body: &self.body, routing_key, mandatory: self.mandatory, immediate: false, properties };
        channel.basic_publish(self.exchange.as_str(), publish)
    }
}
