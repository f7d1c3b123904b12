//! The bus on RabbitMQ 3.10 or newer.
//!
//! ```text
//! event     fm.events (topic) --its name--> fm.<service>.events, one per consuming service; nobody listens: fm.unrouted
//!           the same way once more: fm.events --all--> fm.events.backup (topic) --its name--> fm.<service>.events
//! command   "" --> fm.<service>.commands, mandatory        call  "" --> fm.<service>.calls, mandatory, expires at its deadline
//! retry     fm.delay.<wait> (fanout), routing key = the queue to come back to        dead letter  fm.<service>.parking
//! ```
//! Two connections, each with a supervisor thread that opens it again whenever it is lost: one publishes, makes calls and answers them, one
//! takes events and commands, so that a broker that slows publishers down does not keep acknowledgements from it. Messages pass neither
//! thread: a worker owns the channel that it consumes by, and is woken by the connection's stream; see `consume`.

mod codec;
mod connection;
mod consume;
mod dead_letters;
mod metrics;
mod one_off;
mod options;
mod publish;
mod queues;
mod sessions;
mod shared;
mod topology;
mod transport;

pub use crate::bus::transport::TransportMetrics;
pub(crate) use codec::headers_schema;
pub use options::{Options, QueueKind};
pub use transport::RabbitMq;

/// What things are called on the broker.
pub(crate) mod names {
    pub(crate) use super::topology::{EVENTS, EVENTS_BACKUP, dead_letters, delay, queue};
}

use shared::Shared;
