//! Slows down who guesses passwords or makes accounts by the dozen. Kept in the process: each instance counts for itself.

mod gauge;

pub use gauge::Limit;

use fm_sdk::{Error, Kind, Result};
use gauge::Gauge;
use std::net::IpAddr;

/// How many attempts are let through.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Wrong passwords for one account, whoever tries.
    pub failures_of_account: Limit,
    /// Wrong passwords from one address, whatever the account.
    pub failures_of_address: Limit,
    /// New accounts from one address.
    pub sign_ups_of_address: Limit,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            failures_of_account: Limit { burst: 10, every_ms: 30_000 },
            failures_of_address: Limit::per_minute(30),
            sign_ups_of_address: Limit::per_minute(60),
        }
    }
}

pub(crate) struct Throttle {
    account: Gauge,
    address: Gauge,
    sign_ups: Gauge,
}

/// An attempt with a password: it counts as a failure until it is forgiven, so that a hundred at once are not all let through.
#[must_use = "forgive it when the password was right"]
pub(crate) struct Attempt<'a> {
    throttle: &'a Throttle,
    account: String,
    address: String,
}

impl Throttle {
    pub fn new(limits: Limits) -> Self {
        Throttle {
            account: Gauge::new(limits.failures_of_account),
            address: Gauge::new(limits.failures_of_address),
            sign_ups: Gauge::new(limits.sign_ups_of_address),
        }
    }

    /// Lets somebody try a password.
    ///
    /// # Errors
    /// `Throttled`, code `throttled`.
    pub fn attempt(&self, account: &str, from: IpAddr, now_ms: i64) -> Result<Attempt<'_>> {
        let attempt = Attempt { throttle: self, account: account.into(), address: network(from) };
        self.address.take(&attempt.address, now_ms).map_err(throttled)?;
        if let Err(wait) = self.account.take(&attempt.account, now_ms) {
            self.address.give_back(&attempt.address);
            return Err(throttled(wait));
        }
        Ok(attempt)
    }

    /// Lets somebody make an account.
    ///
    /// # Errors
    /// `Throttled`, code `throttled`.
    pub fn sign_up(&self, from: IpAddr, now_ms: i64) -> Result<()> {
        self.sign_ups.take(&network(from), now_ms).map_err(throttled)
    }
}

impl Attempt<'_> {
    /// It was no failure.
    pub fn forgive(self) {
        self.throttle.account.give_back(&self.account);
        self.throttle.address.give_back(&self.address);
    }
}

/// One customer of a provider has a whole /64 of IPv6 addresses (RFC 6177).
fn network(from: IpAddr) -> String {
    match from.to_canonical() {
        IpAddr::V4(a) => a.to_string(),
        IpAddr::V6(a) => format!("{:x?}", &a.segments()[..4]),
    }
}

fn throttled(wait_ms: i64) -> Error {
    let seconds = wait_ms.div_euclid(1000).max(0).unsigned_abs() + 1;
    Error::new(Kind::Throttled, "throttled", format!("too many attempts, try again in {seconds} s")).retry_after(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const HOME: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    #[test]
    fn attempts_that_were_right_do_not_count() {
        let throttle = Throttle::new(Limits::default());
        for _ in 0..1000 {
            throttle.attempt("ann", HOME, 0).unwrap().forgive();
        }
    }

    #[test]
    fn an_account_is_throttled_from_all_addresses_and_an_address_for_all_accounts() {
        let throttle = Throttle::new(Limits::default());
        let from = |n: u8| IpAddr::V4(Ipv4Addr::new(10, 0, 0, n));
        for n in 0..10 {
            let _ = throttle.attempt("ann", from(n), 0).unwrap();
        }
        let e = throttle.attempt("ann", from(99), 0).map(drop).unwrap_err();
        assert_eq!((e.code(), e.retry_after_secs()), ("throttled", Some(31)));
        for n in 0..30 {
            let _ = throttle.attempt(&format!("u{n}"), HOME, 0).unwrap();
        }
        assert!(throttle.attempt("ben", HOME, 0).is_err());
        throttle.attempt("ben", from(1), 0).unwrap().forgive();
        throttle.attempt("ann", from(99), 31_000).unwrap().forgive();
    }

    #[test]
    fn a_providers_customer_is_one_address() {
        let one = |text: &str| network(text.parse().unwrap());
        assert_eq!(one("2001:db8:1:2:3::4"), one("2001:db8:1:2:ffff::"));
        assert_ne!(one("2001:db8:1:2::"), one("2001:db8:1:3::"));
        assert_eq!(one("::ffff:10.0.0.1"), one("10.0.0.1"));
    }
}
