//! The broker, and bare connections to it.

use crate::Result;
use amiquip::{Connection, ConnectionOptions, ConnectionTuning, FieldTable, QueueDeclareOptions};
use fm_sdk_testing::servers::RabbitMqServer;
use std::net::TcpStream;

/// The quorum queue that takes the published events, of both sides.
const KEPT: &str = "bench.kept";
/// The queue of bare calls: classic and transient, as the SDK's are.
pub(super) const BARE_CALLS: &str = "bench.bare-calls";

pub(super) struct Broker {
    server: RabbitMqServer,
}

impl Broker {
    pub fn start() -> Result<Self> {
        Ok(Broker { server: RabbitMqServer::start()? })
    }

    pub fn url(&self) -> String {
        self.server.url()
    }

    /// A bare connection, with the one setting without which amiquip's calls take 40 ms.
    pub fn connect(&self) -> Result<Connection> {
        let url = self.url();
        let address = url.rsplit('@').next().unwrap_or_default();
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        let stream = mio::net::TcpStream::from_stream(stream)?;
        Ok(Connection::insecure_open_stream(
            stream,
            ConnectionOptions::<amiquip::Auth>::default(),
            ConnectionTuning::default().mem_channel_bound(512),
        )?)
    }

    /// Declares what is measured on. The exchange is the SDK's own: its first publish has declared it.
    pub fn declare(&self) -> Result<()> {
        let mut connection = self.connect()?;
        let channel = connection.open_channel(None)?;
        let mut arguments = FieldTable::new();
        arguments.insert("x-queue-type".into(), amiquip::AmqpValue::LongString("quorum".into()));
        channel.queue_declare(KEPT, QueueDeclareOptions { durable: true, arguments, ..Default::default() })?;
        channel.queue_bind(KEPT, "fm.events", super::sdk::EVENT, FieldTable::new())?;
        channel.queue_declare(BARE_CALLS, QueueDeclareOptions::default())?;
        Ok(connection.close()?)
    }

    pub fn purge(&self) -> Result<()> {
        let mut connection = self.connect()?;
        connection.open_channel(None)?.queue_purge(KEPT)?;
        Ok(connection.close()?)
    }
}
