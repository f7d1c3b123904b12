use super::{
    connection::{address::Address, state::BrokerState},
    metrics::Metrics,
    options::Options,
    topology,
};
use amiquip::Channel;
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// What the connections and workers of one transport have in common.
pub(super) struct Shared {
    pub addresses: Vec<Address>,
    pub options: Options,
    pub state: BrokerState,
    pub metrics: Metrics,
    /// The waits that need a delay queue.
    waits: Mutex<BTreeSet<Duration>>,
    /// Two readers at once would hide messages from each other.
    pub dead_letter_readers: Arc<tokio::sync::Mutex<()>>,
}

impl Shared {
    pub fn new(addresses: Vec<Address>, options: Options) -> Self {
        Shared {
            addresses,
            options,
            state: BrokerState::new(),
            metrics: Metrics::default(),
            waits: Mutex::default(),
            dead_letter_readers: Arc::default(),
        }
    }
    pub fn waits(&self) -> BTreeSet<Duration> {
        self.waits.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
    pub fn add_waits(&self, waits: impl Iterator<Item = Duration>) {
        self.waits.lock().unwrap_or_else(PoisonError::into_inner).extend(waits);
    }
    /// Declares what publishers and consumers need, on each new connection: the broker may have lost it.
    pub fn declare_common(&self, channel: &Channel) -> amiquip::Result<()> {
        topology::declare_events(channel, self.options.queues)?;
        self.waits().into_iter().try_for_each(|wait| topology::declare_delay(channel, self.options.queues, wait))
    }
}
