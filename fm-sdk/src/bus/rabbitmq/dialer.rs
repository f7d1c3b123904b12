use super::{
    address::Address,
    backoff::Backoff,
    stream::{self, Link},
};
use std::time::{Duration, Instant};

/// A session shorter than this counts as a failed attempt, so that a broker that throws us out at once is not hammered.
const STABLE: Duration = Duration::from_secs(1);

/// Tries the addresses in turn, with growing waits between them.
pub(super) struct Dialer {
    addresses: Vec<Address>,
    at: usize,
    name: String,
    backoff: Backoff,
    opened: Option<Instant>,
}

impl Dialer {
    pub fn new(addresses: Vec<Address>, name: String) -> Self {
        Dialer { addresses, at: 0, name, backoff: Backoff::default(), opened: None }
    }
    /// Tries one address, the next one after a failure. Blocks for at most some seconds.
    pub fn dial(&mut self) -> Result<Link, String> {
        let result = stream::open(&self.addresses[self.at], &self.name);
        match &result {
            Ok(_) => self.opened = Some(Instant::now()),
            Err(_) => self.at = (self.at + 1) % self.addresses.len(),
        }
        result
    }
    /// How long to wait before the next attempt; nothing after a session that had lasted.
    pub fn pause(&mut self) -> Duration {
        if self.opened.take().is_some_and(|at| at.elapsed() > STABLE) {
            self.backoff.reset();
            return Duration::ZERO;
        }
        self.backoff.next()
    }
    /// The address in use.
    pub fn address(&self) -> String {
        self.addresses[self.at].to_string()
    }
}
