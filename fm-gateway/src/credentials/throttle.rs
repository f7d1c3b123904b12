//! Slows down who tries passwords. Nobody is locked out: a delay ends after half a minute, and counts only for the address that failed.

use fm_sdk::{Error, Kind, Result};
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Failures without a delay, of one user from one address.
const FREE: u32 = 5;
/// Failures without a delay, of all users from one address.
const FREE_OF_ADDRESS: u32 = 30;
const MAX_DELAY: i64 = 30_000;
/// Failures are forgotten after this time.
const MEMORY: Duration = Duration::from_secs(900);
const MAX_ENTRIES: usize = 10_000;

/// Counts failures per address, and per address and user.
#[derive(Default)]
pub struct Throttle(Mutex<HashMap<(IpAddr, Option<String>), Failures>>);

struct Failures {
    count: u32,
    last: i64,
}

impl Throttle {
    /// Counts an attempt as failed until [`Throttle::succeeded`] says otherwise, so that many at once count too.
    ///
    /// # Errors
    /// `Throttled`, code `sign-in-throttled`, if it comes too early; it does not count then.
    pub fn attempt(&self, address: IpAddr, user: &str, now: i64) -> Result<()> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= MAX_ENTRIES {
            entries.retain(|_, f| now - f.last < MEMORY.as_millis() as i64);
        }
        if entries.len() >= MAX_ENTRIES {
            let oldest = entries.iter().min_by_key(|(_, f)| f.last).map(|(key, _)| key.clone());
            oldest.and_then(|key| entries.remove(&key));
        }
        let keys = keys(address, user);
        let wait = keys.iter().filter_map(|(key, free)| entries.get(key).map(|f| f.wait(*free, now))).max().unwrap_or_default();
        if wait > 0 {
            let refusal = Error::new(Kind::Throttled, "sign-in-throttled", "too many attempts, try again later");
            return Err(refusal.retry_after((wait as u64).div_ceil(1000)));
        }
        for (key, _) in keys {
            let failures = entries.entry(key).or_insert(Failures { count: 0, last: now });
            if now - failures.last >= MEMORY.as_millis() as i64 {
                failures.count = 0;
            }
            failures.count += 1;
            failures.last = now;
        }
        Ok(())
    }

    /// The attempt was right: forgets the user's failures from this address, and takes this one from the address's.
    pub fn succeeded(&self, address: IpAddr, user: &str) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let [(own, _), (all, _)] = keys(address, user);
        entries.remove(&own);
        if let Some(failures) = entries.get_mut(&all) {
            failures.count = failures.count.saturating_sub(1);
        }
    }
}

impl Failures {
    /// One second after the last free failure, and twice as long after each further one.
    fn wait(&self, free: u32, now: i64) -> i64 {
        if self.count < free {
            return 0;
        }
        let delay = 1000_i64.checked_shl(self.count - free).filter(|d| *d > 0).unwrap_or(MAX_DELAY).min(MAX_DELAY);
        self.last + delay - now
    }
}

fn keys(address: IpAddr, user: &str) -> [((IpAddr, Option<String>), u32); 2] {
    // One household has a whole /64 of IPv6 addresses.
    let network = match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> 64 << 64).into()),
        v4 => v4,
    };
    let user = user.chars().take(64).collect();
    [((network, Some(user)), FREE), ((network, None), FREE_OF_ADDRESS)]
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: &str = "ann";

    fn address(n: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, n])
    }

    #[test]
    fn attempts_are_delayed_and_never_for_longer_than_half_a_minute() {
        let throttle = Throttle::default();
        for _ in 0..FREE {
            throttle.attempt(address(1), ANN, 0).unwrap();
        }
        let refused = throttle.attempt(address(1), ANN, 0).unwrap_err();
        assert_eq!((refused.code(), refused.retry_after_secs()), ("sign-in-throttled", Some(1)));
        throttle.attempt(address(1), ANN, 1000).unwrap();
        let mut now = 1000;
        for _ in 0..60 {
            now += MAX_DELAY;
            throttle.attempt(address(1), ANN, now).unwrap();
        }
        assert_eq!(throttle.attempt(address(1), ANN, now).unwrap_err().retry_after_secs(), Some(30));
    }

    #[test]
    fn others_are_not_delayed() {
        let throttle = Throttle::default();
        for _ in 0..FREE {
            throttle.attempt(address(1), ANN, 0).unwrap();
        }
        throttle.attempt(address(2), ANN, 0).unwrap();
        throttle.attempt(address(1), "bob", 0).unwrap();
    }

    #[test]
    fn one_address_cannot_try_every_user() {
        let throttle = Throttle::default();
        for n in 0..FREE_OF_ADDRESS {
            throttle.attempt(address(1), &n.to_string(), 0).unwrap();
        }
        assert!(throttle.attempt(address(1), ANN, 0).is_err());
    }

    #[test]
    fn a_right_password_resets_the_count() {
        let throttle = Throttle::default();
        for _ in 0..FREE_OF_ADDRESS * 2 {
            throttle.attempt(address(1), ANN, 0).unwrap();
            throttle.succeeded(address(1), ANN);
        }
    }
}
