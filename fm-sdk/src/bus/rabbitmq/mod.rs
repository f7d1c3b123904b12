//! The bus on RabbitMQ 3.10 or newer.
//!
//! ```text
//! event     fm.events (topic) --its name--> fm.<service>.events, one per consuming service; nobody listens: fm.unrouted
//!           the same way once more: fm.events --all--> fm.events.backup (topic) --its name--> fm.<service>.events
//! command   "" --> fm.<service>.commands, mandatory        call  "" --> fm.<service>.calls, mandatory, expires at its deadline
//! retry     fm.delay.<wait> (fanout), routing key = the queue to come back to        set aside  fm.<service>.parking
//! ```
//! Two connections, so that a broker that slows publishers down does not keep acknowledgements from it. Each has a thread of its own that
//! connects for ever; nothing here blocks the caller's executor.

mod address;
mod backoff;
mod caller;
mod clean;
mod codec;
mod consumer;
mod dialer;
mod fuse;
mod health;
mod intake;
mod options;
mod outbox;
mod outgoing;
mod parking;
mod publisher;
mod sender;
mod settling;
mod socket;
mod stream;
mod supervisor;
mod topology;
mod transport;
mod verification;

pub use crate::bus::transport::Counters;
pub use options::{Options, QueueKind};
pub use transport::RabbitMq;

use address::Address;
use amiquip::Channel;
use health::{Health, Tally};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

/// What the threads and tasks of one transport have in common.
struct Shared {
    addresses: Vec<Address>,
    options: Options,
    health: Health,
    tally: Tally,
    /// The waits that need a delay queue.
    waits: Mutex<BTreeSet<Duration>>,
    /// Two readers at once would hide messages from each other.
    parking: Arc<tokio::sync::Mutex<()>>,
}

impl Shared {
    fn waits(&self) -> BTreeSet<Duration> {
        self.waits.lock().unwrap_or_else(|e| e.into_inner()).clone()
    }
    /// Declares what publishers and consumers need, on each new connection: the broker may have lost it.
    fn declare_common(&self, channel: &Channel) -> amiquip::Result<()> {
        topology::declare_events(channel, self.options.queues)?;
        self.waits().into_iter().try_for_each(|wait| topology::declare_delay(channel, self.options.queues, wait))
    }
}
