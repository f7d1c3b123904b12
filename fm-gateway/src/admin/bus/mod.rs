//! The message broker as operators see it: queues, and the dead letters of services. Nothing is connected until somebody asks.

mod dead_letters;
mod queues;

pub use {
    dead_letters::{DeadLetter, DeadLetterContent},
    queues::Queue,
};

use fm_sdk::{
    ConnectionState, Error, Kind, Result,
    backend::{RabbitMq, Transport},
    config::{BusUrl, TlsFiles},
    identity::TokenPolicy,
};
use std::{sync::Arc, time::Duration};
use tokio::sync::{Mutex, OnceCell};

/// How long the broker may take to answer at all.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The broker that services use.
pub struct Bus {
    url: BusUrl,
    tls: TlsFiles,
    token_policy: TokenPolicy,
    connection: OnceCell<Arc<RabbitMq>>,
    /// Bounds the threads that read queues to one.
    reading: Arc<Mutex<()>>,
}

impl Bus {
    /// Takes where it is, the files for TLS, and how tokens of messages are verified.
    pub fn new(url: BusUrl, tls: TlsFiles, token_policy: TokenPolicy) -> Bus {
        Bus { url, tls, token_policy, connection: OnceCell::new(), reading: Arc::default() }
    }

    /// The addresses of the broker's nodes.
    ///
    /// # Errors
    /// `Invalid`, code `bus-memory`, if there is no broker.
    fn urls(&self) -> Result<Vec<String>> {
        match &self.url {
            BusUrl::Memory => Err(Error::new(Kind::Invalid, "bus-memory", "with FM_BUS=memory each service has a bus of its own")),
            BusUrl::Amqp(urls) => Ok(urls.iter().map(ToString::to_string).collect()),
        }
    }

    /// The connection to the broker; opened by the first request that needs one.
    ///
    /// # Errors
    /// `Invalid`, code `bus-memory`, or if a file for TLS cannot be used; `Unavailable`, code `bus-unreachable`.
    async fn connection(&self) -> Result<&Arc<RabbitMq>> {
        let urls = self.urls()?;
        let open = async || RabbitMq::connect_with(&urls.join(","), &self.tls).map(Arc::new);
        let connection = self.connection.get_or_try_init(open).await?;
        let mut state = connection.connection();
        let up = tokio::time::timeout(CONNECT_TIMEOUT, state.wait_for(|state| *state == ConnectionState::Up)).await;
        if matches!(up, Ok(Ok(_))) {
            return Ok(connection);
        }
        let why = match &*connection.connection().borrow() {
            ConnectionState::Down(why) => why.clone(),
            ConnectionState::Up => "no answer".into(),
        };
        Err(unreachable(&why))
    }

    /// Closes the connection, if there is one.
    pub async fn close(&self) {
        if let Some(connection) = self.connection.get() {
            connection.close().await;
        }
    }
}

fn unreachable(why: &str) -> Error {
    Error::new(Kind::Unavailable, "bus-unreachable", format!("the message broker is unreachable: {why}"))
}
