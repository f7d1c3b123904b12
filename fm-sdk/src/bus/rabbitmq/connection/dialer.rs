use super::{
    address::Address,
    link::{self, Link},
};
use crate::Backoff;
use std::time::{Duration, Instant};

/// A session shorter than this counts as a failed attempt, so that a broker that throws us out at once is not hammered.
const STABLE_AFTER: Duration = Duration::from_secs(1);
const FIRST_WAIT: Duration = Duration::from_millis(25);
/// Not more: a broker that comes back is found within two seconds.
const MAX_WAIT: Duration = Duration::from_secs(1);

/// Tries the addresses in turn, with growing waits between them.
pub(in super::super) struct Dialer {
    addresses: Vec<Address>,
    at: usize,
    name: String,
    backoff: Backoff,
    opened: Option<Instant>,
}

impl Dialer {
    pub fn new(addresses: Vec<Address>, name: String) -> Self {
        Dialer { addresses, at: 0, name, backoff: Backoff::new(FIRST_WAIT, MAX_WAIT), opened: None }
    }
    /// Tries one address, the next one after a failure. Blocks for at most some seconds. `ended` is called when the connection is given up.
    pub fn dial(&mut self, ended: &(impl Fn() + Clone + Send + Sync + 'static)) -> Result<Link, String> {
        let result = link::open(&self.addresses[self.at], &self.name, ended);
        match &result {
            Ok(_) => self.opened = Some(Instant::now()),
            Err(_) => self.at = (self.at + 1) % self.addresses.len(),
        }
        result
    }
    /// How long to wait before the next attempt; nothing after a session that had lasted.
    pub fn pause(&mut self) -> Duration {
        if self.opened.take().is_some_and(|at| at.elapsed() > STABLE_AFTER) {
            self.backoff.reset();
            return Duration::ZERO;
        }
        self.backoff.next_wait()
    }
    /// The address in use.
    pub fn address(&self) -> String {
        self.addresses[self.at].to_string()
    }
}
