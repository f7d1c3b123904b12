//! Slows down who guesses passwords, makes accounts by the dozen or writes to everybody, and locks nobody out: what strangers do costs strangers only. Kept in
//! the process: each instance counts for itself.

mod gauge;

pub use gauge::Limit;

use fm_sdk::{Error, Kind, Result};
use gauge::Gauge;
use std::net::IpAddr;

/// How many attempts are let through.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Wrong passwords for one account from one device that has signed in to it, or from somebody who is signed in.
    pub failures_of_device: Limit,
    /// Wrong passwords of strangers from one network, whatever the account.
    pub failures_of_network: Limit,
    /// Wrong passwords of strangers for one account from one network.
    pub failures_of_network_per_account: Limit,
    /// Wrong passwords of strangers for one account, from wherever; beyond, the account is under attack.
    pub failures_of_account: Limit,
    /// Wrong passwords of strangers for one account under attack, from one site.
    pub failures_under_attack: Limit,
    /// New accounts from one network.
    pub sign_ups_of_network: Limit,
    /// Messages that one user writes.
    pub messages_of_user: Limit,
    /// Conversations that one user begins.
    pub conversations_of_user: Limit,
    /// Mails that one network asks for, to whatever address.
    pub mails_of_network: Limit,
    /// Mails that are asked for to one address.
    pub mails_to_address: Limit,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            failures_of_device: Limit { burst: 10, every_ms: 30_000 },
            failures_of_network: Limit::per_minute(30),
            failures_of_network_per_account: Limit { burst: 10, every_ms: 30_000 },
            // As many as NIST SP 800-63B-4, section 3.2.2, allows in a row.
            failures_of_account: Limit { burst: 100, every_ms: 60_000 },
            failures_under_attack: Limit { burst: 3, every_ms: 600_000 },
            sign_ups_of_network: Limit::per_minute(60),
            messages_of_user: Limit { burst: 20, every_ms: 6_000 },
            conversations_of_user: Limit { burst: 10, every_ms: 60_000 },
            mails_of_network: Limit { burst: 20, every_ms: 60_000 },
            mails_to_address: Limit { burst: 3, every_ms: 600_000 },
        }
    }
}

/// Who tries a password.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Guesser<'a> {
    /// A device that has signed in to the account before, by the hash of its token.
    Device(&'a str),
    /// Somebody who is signed in to the account.
    SignedIn,
    /// Anybody else.
    Stranger(IpAddr),
}

pub(crate) struct Throttle {
    device: Gauge,
    network: Gauge,
    network_per_account: Gauge,
    account: Gauge,
    under_attack: Gauge,
    sign_ups: Gauge,
    messages: Gauge,
    conversations: Gauge,
    mails_of_network: Gauge,
    mails_to_address: Gauge,
}

/// An attempt with a password: it counts as a failure until it is forgiven, so that a hundred at once are not all let through.
#[must_use = "forgive it when the password was right"]
pub(crate) struct Attempt<'a>(Vec<(&'a Gauge, String)>);

impl Throttle {
    pub fn new(limits: Limits) -> Self {
        Throttle {
            device: Gauge::new(limits.failures_of_device),
            network: Gauge::new(limits.failures_of_network),
            network_per_account: Gauge::new(limits.failures_of_network_per_account),
            account: Gauge::new(limits.failures_of_account),
            under_attack: Gauge::new(limits.failures_under_attack),
            sign_ups: Gauge::new(limits.sign_ups_of_network),
            messages: Gauge::new(limits.messages_of_user),
            conversations: Gauge::new(limits.conversations_of_user),
            mails_of_network: Gauge::new(limits.mails_of_network),
            mails_to_address: Gauge::new(limits.mails_to_address),
        }
    }

    /// Lets somebody try a password of an account. What a refused attempt took is given back.
    ///
    /// # Errors
    /// `Throttled`, code `throttled`.
    pub fn attempt(&self, account: &str, guesser: Guesser<'_>, now_ms: i64) -> Result<Attempt<'_>> {
        let mut attempt = Attempt(Vec::new());
        match self.count(&mut attempt, account, guesser, now_ms) {
            Ok(()) => Ok(attempt),
            Err(wait_ms) => {
                attempt.forgive();
                Err(throttled(wait_ms))
            }
        }
    }

    fn count<'a>(&'a self, attempt: &mut Attempt<'a>, account: &str, guesser: Guesser<'_>, now_ms: i64) -> std::result::Result<(), i64> {
        let from = match guesser {
            Guesser::Device(token) => return attempt.take(&self.device, format!("{account} {token}"), now_ms),
            Guesser::SignedIn => return attempt.take(&self.device, account.into(), now_ms),
            Guesser::Stranger(from) => from,
        };
        attempt.take(&self.network, network(from), now_ms)?;
        attempt.take(&self.network_per_account, format!("{account} {}", network(from)), now_ms)?;
        // Never the last word: whoever comes from elsewhere than the attackers has attempts of their own.
        attempt
            .take(&self.account, account.into(), now_ms)
            .or_else(|_| attempt.take(&self.under_attack, format!("{account} {}", site(from)), now_ms))
    }

    /// Lets somebody make an account.
    ///
    /// # Errors
    /// `Throttled`, code `throttled`.
    pub fn sign_up(&self, from: IpAddr, now_ms: i64) -> Result<()> {
        self.sign_ups.take(&network(from), now_ms).map_err(throttled)
    }

    /// Lets somebody ask for a mail to an address, whether an account has it or not.
    ///
    /// # Errors
    /// `Throttled`, code `throttled`.
    pub fn mail(&self, from: IpAddr, address: &str, now_ms: i64) -> Result<()> {
        let network = network(from);
        self.mails_of_network.take(&network, now_ms).map_err(throttled)?;
        self.mails_to_address.take(address, now_ms).map_err(|wait_ms| {
            self.mails_of_network.give_back(&network);
            throttled(wait_ms)
        })
    }

    /// Lets a user write a message; `first` if it begins a conversation. What a refused one took is given back.
    ///
    /// # Errors
    /// `Throttled`, code `throttled`.
    pub fn message(&self, user: &str, first: bool, now_ms: i64) -> Result<()> {
        self.messages.take(user, now_ms).map_err(throttled)?;
        if first && let Err(wait_ms) = self.conversations.take(user, now_ms) {
            self.messages.give_back(user);
            return Err(throttled(wait_ms));
        }
        Ok(())
    }
}

impl<'a> Attempt<'a> {
    fn take(&mut self, gauge: &'a Gauge, key: String, now_ms: i64) -> std::result::Result<(), i64> {
        gauge.take(&key, now_ms)?;
        self.0.push((gauge, key));
        Ok(())
    }

    /// It was no failure.
    pub fn forgive(self) {
        for (gauge, key) in self.0 {
            gauge.give_back(&key);
        }
    }
}

/// One customer of a provider: an IPv4 address, or a /64 of IPv6 (RFC 6177, section 2).
fn network(from: IpAddr) -> String {
    prefix(from, 4)
}

/// One site: an IPv4 address, or a /48 of IPv6, the most that a provider gives to one (RFC 6177, section 2).
fn site(from: IpAddr) -> String {
    prefix(from, 3)
}

fn prefix(from: IpAddr, segments: usize) -> String {
    match from.to_canonical() {
        IpAddr::V4(a) => a.to_string(),
        IpAddr::V6(a) => format!("{:x?}", &a.segments()[..segments]),
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

    fn from(n: u16) -> Guesser<'static> {
        let [high, low] = n.to_be_bytes();
        Guesser::Stranger(Ipv4Addr::new(10, 0, high, low).into())
    }
    fn wait(attempt: Result<Attempt<'_>>) -> Option<u64> {
        attempt.map(drop).map_err(|e| e.retry_after_secs().unwrap()).err()
    }

    #[test]
    fn attempts_that_were_right_do_not_count() {
        let throttle = Throttle::new(Limits::default());
        for guesser in [Guesser::Stranger(HOME), Guesser::Device("d"), Guesser::SignedIn] {
            for _ in 0..1000 {
                throttle.attempt("ann", guesser, 0).unwrap().forgive();
            }
        }
    }

    #[test]
    fn a_network_is_throttled_for_one_account_and_for_all_accounts() {
        let throttle = Throttle::new(Limits::default());
        for _ in 0..10 {
            let _ = throttle.attempt("ann", Guesser::Stranger(HOME), 0).unwrap();
        }
        assert_eq!(wait(throttle.attempt("ann", Guesser::Stranger(HOME), 0)), Some(31));
        for n in 0..20 {
            let _ = throttle.attempt(&format!("u{n}"), Guesser::Stranger(HOME), 0).unwrap();
        }
        assert_eq!(wait(throttle.attempt("ben", Guesser::Stranger(HOME), 0)), Some(3));
        throttle.attempt("ben", from(1), 0).unwrap().forgive();
    }

    #[test]
    fn guesses_from_anywhere_neither_keep_out_a_known_device_nor_another_network() {
        let throttle = Throttle::new(Limits::default());
        let (mut let_through, mut refused) = (0, 0);
        for n in 0..1000 {
            for _ in 0..20 {
                match throttle.attempt("ann", from(n), 0) {
                    Ok(_) => let_through += 1,
                    Err(_) => refused += 1,
                }
            }
        }
        // 10 networks use up what the account has for strangers; the others get what there is under attack.
        assert_eq!((let_through, refused), (100 + 990 * 3, 20_000 - 100 - 990 * 3));
        for guesser in [Guesser::Device("laptop"), Guesser::SignedIn] {
            for _ in 0..10 {
                let _ = throttle.attempt("ann", guesser, 0).unwrap();
            }
            assert_eq!(wait(throttle.attempt("ann", guesser, 0)), Some(31), "but no device may guess for ever");
        }
        let _ = throttle.attempt("ann", Guesser::Device("telephone"), 0).unwrap();
        for _ in 0..3 {
            let _ = throttle.attempt("ann", from(5000), 0).unwrap();
        }
        assert_eq!(wait(throttle.attempt("ann", from(5000), 0)), Some(601));
        let _ = throttle.attempt("ben", from(5000), 0).unwrap();
    }

    #[test]
    fn a_known_device_is_not_kept_out_by_its_neighbours() {
        let throttle = Throttle::new(Limits::default());
        for n in 0..100 {
            let _ = throttle.attempt(&format!("u{n}"), Guesser::Stranger(HOME), 0).map(drop);
        }
        assert!(throttle.attempt("ann", Guesser::Stranger(HOME), 0).is_err());
        let _ = throttle.attempt("ann", Guesser::Device("laptop"), 0).unwrap();
    }

    #[test]
    fn an_attempt_that_is_refused_takes_nothing() {
        let throttle = Throttle::new(Limits::default());
        for _ in 0..1000 {
            let _ = throttle.attempt("ann", Guesser::Stranger(HOME), 0).map(drop);
        }
        let _ = throttle.attempt("ben", Guesser::Stranger(HOME), 0).unwrap();
        let _ = throttle.attempt("ann", Guesser::Stranger(HOME), 30_000).unwrap();
    }

    #[test]
    fn an_account_under_attack_counts_sites_and_not_their_networks() {
        let throttle = Throttle::new(Limits::default());
        let network = |n: u16| Guesser::Stranger(std::net::Ipv6Addr::new(0x2001, 0xdb8, 1, n, 0, 0, 0, 1).into());
        let let_through = (0..10_000).filter(|&n| throttle.attempt("ann", network(n), 0).is_ok()).count();
        assert_eq!(let_through, 100 + 3);
    }

    #[test]
    fn a_providers_customer_is_one_network_and_one_site() {
        let one = |text: &str| network(text.parse().unwrap());
        assert_eq!(one("2001:db8:1:2:3::4"), one("2001:db8:1:2:ffff::"));
        assert_ne!(one("2001:db8:1:2::"), one("2001:db8:1:3::"));
        assert_eq!(one("::ffff:10.0.0.1"), one("10.0.0.1"));
        let one = |text: &str| site(text.parse().unwrap());
        assert_eq!(one("2001:db8:1:2::"), one("2001:db8:1:3::"));
        assert_ne!(one("2001:db8:1::"), one("2001:db8:2::"));
        assert_ne!(one("10.0.0.1"), one("10.0.0.2"));
    }
}
